/* eval.h -- what the files of the evaluator share: frames, functions, and the evaluation of a node.
 *
 * A frame is the variables of one block, call or tuple; it lives in the arena and goes back to the
 * run's spare ones when it is left and nobody closed over it, so that loops written as recursion
 * take no memory. */
#ifndef PS_JSONATA_EVAL_H
#define PS_JSONATA_EVAL_H

#include "jsonata/jx.h"

/* -- functions -------------------------------------------------------------------------------- */

typedef enum ps_jx_function_kind {
    PS_JX_LAMBDA,
    PS_JX_THUNK,    /* a tail call that its caller is to make: never seen by expressions */
    PS_JX_NATIVE,   /* built-in */
    PS_JX_PARTIAL,  /* another function with some of its arguments */
    PS_JX_COMPOSED, /* first ~> second */
    PS_JX_CHANGE,   /* |...|...| */
    PS_JX_HOST,     /* the env's, by its name */
    PS_JX_REGEX,
    PS_JX_NEXT, /* the `next` of a regex's match */
} ps_jx_function_kind;

struct ps_jx_function {
    ps_jx_function_kind kind;
    size_t at; /* of its latest call by name: what errors inside it are told with */
    ps_str token;
    union {
        struct { /* LAMBDA, THUNK, CHANGE */
            const ps_node *node;
            ps_jx_frame *frame;
            ps_jx input;
        };
        struct { /* NATIVE */
            const ps_jx_native *native;
            const ps_jx_signature *signature;
        };
        struct { /* PARTIAL: unbound arguments are of the kind PS_JX_UNBOUND */
            ps_jx_function *inner;
            ps_jx *bound;
            size_t bound_count;
            size_t arity;
        };
        struct { /* COMPOSED */
            ps_jx_function *first, *second;
        };
        struct { /* REGEX, NEXT */
            const ps_jx_regex *regex;
            ps_str subject;
            size_t from;
        };
        ps_str name; /* HOST */
    };
};

enum { PS_JX_UNBOUND = 0xFF };

static inline ps_jx ps_jx_function_value(ps_jx_function *f)
{
    return (ps_jx){.kind = PS_JX_FUNCTION, .function = f};
}

/* -- faults (run.c) --------------------------------------------------------------------------- */

struct ps_jx_trace {
    const ps_jx_trace *outer;
    const ps_jx_function *function; /* being applied; NULL */
    size_t at;                      /* of the call, or of the operator */
    ps_str token;
    bool op; /* an operator whose own words win */
};

/* Does `work`; false where it threw, with run->err telling. */
bool ps_jx_try(ps_jx_run *run, void (*work)(ps_jx_run *run, void *arg), void *arg);
_Noreturn void ps_jx_out_of_fuel(ps_jx_run *run);
_Noreturn void ps_jx_too_deep(ps_jx_run *run);
_Noreturn void ps_jx_too_large(ps_jx_run *run);
void ps_jx_count_bytes(ps_jx_run *run, size_t size);
/* Makes `size` bytes at `p` longer where they are the arena's newest; false: they are not. */
bool ps_jx_extend(ps_jx_run *run, const void *p, size_t size, size_t more);

static inline void ps_jx_tick(ps_jx_run *run)
{
    if (run->fuel == 0) {
        ps_jx_out_of_fuel(run);
    }
    run->fuel--;
}

/* -- values ----------------------------------------------------------------------------------- */

/* Whether `v` is a number and not NaN; throws D1001 where it is infinite. equal.c */
bool ps_jx_is_numeric(ps_jx_run *run, ps_jx v);
/* `n` with 15 significant digits where it has a fraction, as $string prints it. print.c */
double ps_jx_round15(double n);
/* Where the value of `key` is or is to be; shared_key may be NULL. record.c */
ps_jx *ps_jx_place(ps_jx_run *run, ps_jx_record *record, ps_str key, ps_value *shared_key);
void ps_jx_remove(ps_jx_run *run, ps_jx_record *record, ps_str key);

/* -- evaluation (eval.c) ---------------------------------------------------------------------- */

ps_jx ps_jx_evaluate_root(ps_jx_run *run);

#endif
