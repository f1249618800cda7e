/* check_walk.h -- what the files of the checker share: where the walk stands, and reporting from
 * there. */
#ifndef PS_ASL_CHECK_WALK_H
#define PS_ASL_CHECK_WALK_H

#include "asl/check.h"
#include "asl/machine.h"

/* The variables assigned in one States object. */
typedef struct ps_names {
    ps_value *assigned; /* PS_OBJECT of name -> true */
    const struct ps_names *outer;
    bool isolated; /* a Distributed Map's children: outer ones cannot be read */
} ps_names;

typedef struct ps_walk {
    const ps_check_options *options;
    ps_value *sink;   /* where findings go: `fields` or `flow` */
    ps_value *fields; /* what single fields have wrong */
    ps_value *flow;   /* what the graphs have wrong: AWS lists it after the fields */
    ps_buf where;     /* AWS's form of the place; empty: the top */
    ps_buf pointer;   /* RFC 6901 */
    ps_value *states; /* names of all states so far */
    ps_value *labels; /* of Maps */
    const ps_names *scope;
    size_t guesses;       /* names that may still be compared for "did you mean" */
    bool express;         /* the machine, or the children of the Distributed Map around */
    bool machine_jsonata; /* the machine's query language */
    bool jsonata;         /* the state's, where the walk stands in one */
} ps_walk;

typedef struct ps_mark {
    size_t where, pointer;
} ps_mark;

/* Goes to a member or element; `leave` with what it gave. */
ps_mark ps_walk_enter(ps_walk *w, ps_str name);
ps_mark ps_walk_enter_index(ps_walk *w, size_t index);
void ps_walk_leave(ps_walk *w, ps_mark mark);

#define PS_SCHEMA "SCHEMA_VALIDATION_FAILED"

typedef struct ps_finding {
    const char *code;
    bool warning;
    bool nowhere; /* AWS gives no location */
    ps_buf message, hint;
    ps_value *fix; /* PS_ARRAY or NULL */
} ps_finding;

/* Adds the finding at the place where the walk stands; frees what `f` holds. Warnings that nobody
 * wants are dropped. */
void ps_walk_add(ps_walk *w, ps_finding *f);
/* A schema error here, in printf words. */
void ps_walk_error(ps_walk *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same at the member `name`. */
void ps_walk_error_in(ps_walk *w, ps_str name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* An error or warning here with a code of its own. */
void ps_walk_fault(ps_walk *w, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ps_walk_warn(ps_walk *w, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Remedies, as operations of a JSON patch relative to where the walk stands; "" is that very place.
 */
void ps_finding_replace_take(ps_walk *w, ps_finding *f, ps_str name, ps_value *v);
void ps_finding_add_take(ps_walk *w, ps_finding *f, ps_str name, ps_value *v);
void ps_finding_rename(ps_walk *w, ps_finding *f, ps_str from, ps_str to);

/* For printf: a slice's length and bytes. */
#define PS_WORDS(s) (int)((s).len < 1000 ? (s).len : 1000), (s).p

/* Whether two names differ by a typing mistake: case, or few letters for their length. Spends one
 * of w->guesses; false when there are none left. */
bool ps_walk_near(ps_walk *w, ps_str a, ps_str b);

#endif
