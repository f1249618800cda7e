/* shape.h -- what shape.c, shape_step.c and shape_parent.c share: the nodes of the second tree
 * while they are made. */
#ifndef PS_JSONATA_SHAPE_H
#define PS_JSONATA_SHAPE_H

#include "jsonata/parser.h"

/* One `%`: how many levels up the step is that it asks for. */
typedef struct ps_seeker {
    ps_node *parent;
    int level;
} ps_seeker;

typedef struct ps_shape_link {
    ps_seeker *seeker;
    struct ps_shape_link *next;
} ps_shape_link;

/* What the reference keeps as a node's seekingParent. The list is shared between a node and what
 * it becomes part of: that of a node that was built in is not looked at again. */
typedef struct ps_shape_links {
    ps_shape_link *first, *last;
} ps_shape_links;

/* Every node while it is shaped. */
typedef struct ps_shaped {
    ps_node node;
    ps_shape_links *seeking; /* NULL: no `%` below it */
    ps_seeker *own;          /* of a `%` */
    size_t checked;          /* of a path: as many steps have been looked at by join_steps */
    bool kept;               /* of a path: one of those got its [] later */
    struct ps_shaped *unused;
} ps_shaped;

typedef struct ps_shaper {
    ps_parser *p;
    ps_shaped *unused; /* paths that were taken into other paths */
    size_t labels;
    size_t work; /* steps and links looked at for `%` */
} ps_shaper;

static inline ps_shaped *ps_shaped_of(ps_node *n)
{
    return (ps_shaped *)n;
}

/* All of these give NULL, or false, with the error set. */

/* shape.c */
ps_node *ps_shape_any(ps_shaper *s, ps_raw *raw);
ps_node *ps_shape_new(ps_shaper *s, ps_node_kind kind, size_t at);
/* The keys and values of `raw`, on which `result` passes on what is asked for; NULL: nothing does.
 */
bool ps_shape_pairs(ps_shaper *s, const ps_raw *raw, ps_pairs *pairs, ps_node *result);

/* shape_step.c: whether `raw` only adds to the path or step on its left: those are not nested,
 * however many; and what it makes of that. */
bool ps_shape_extends(const ps_raw *raw);
ps_node *ps_shape_extend(ps_shaper *s, ps_node *left, const ps_raw *raw);
ps_node *ps_shape_path_of(ps_shaper *s, ps_node *step);

/* shape_parent.c: a `%`. */
ps_node *ps_shape_parent(ps_shaper *s);
/* `result` is made of `value`: what is asked for below the one is asked for below the other. */
bool ps_shape_pass_on(ps_shaper *s, ps_node *result, ps_node *value);
/* What is asked for in a filter: one level up is the input of the step itself. */
bool ps_shape_seek_from_filter(ps_shaper *s, ps_node *step, ps_node *predicate);
/* Every `%` in the last step of `path` looks for its step. */
bool ps_shape_resolve(ps_shaper *s, ps_node *path);
/* `path` begins with a `%`, which asks for what is around the path. */
bool ps_shape_begin(ps_shaper *s, ps_node *path);
/* The error of a `%` that asks for what `n` cannot give. */
void *ps_shape_no_parent(ps_shaper *s, const ps_node *n);

#endif
