/* path_walker.h -- the state of one walk; for path_walk.c and path_scan.c. */
#ifndef PS_EXPR_PATH_WALKER_H
#define PS_EXPR_PATH_WALKER_H

#include "expr/path_layout.h"

typedef struct ps_walker {
    ps_path_job *job;
    const ps_chain *chain;
    bool strict;
    size_t found;
    ps_value *results; /* indefinite: all; definite: NULL */
    ps_value *last;
    ps_value *paths; /* normalised paths of the results, or NULL: not wanted */
    ps_buf path;     /* of the value being looked at; kept only when `paths` */
} ps_walker;

/* Applies the steps from `i` on to `at`. */
ps_walk ps_walker_walk(ps_walker *w, size_t i, const ps_value *at);
/* The same to a member or an element, its place added to the path meanwhile. */
ps_walk ps_walker_member(ps_walker *w, size_t next, ps_str name, const ps_value *v);
ps_walk ps_walker_element(ps_walker *w, size_t next, const ps_value *array, int64_t index);
void ps_walker_push_name(ps_walker *w, ps_str name);
void ps_walker_push_index(ps_walker *w, int64_t index);
/* One more frame of recursion, or a fault; undone by `job->frames--`. */
ps_walk ps_walker_enter(ps_path_job *job);

/* `..`: tries step `i` on `at` and on all arrays and objects within it, outer ones first. */
ps_walk ps_walker_scan(ps_walker *w, size_t i, const ps_value *at);

#endif
