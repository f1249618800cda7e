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
        const ps_jx_regex *regex; /* REGEX */
        struct {                  /* NEXT */
            ps_jx_again *again;
            void *state;
        };
        ps_str name; /* HOST */
    };
};

enum { PS_JX_UNBOUND = 0xFF };

static inline ps_jx ps_jx_function_value(ps_jx_function *f)
{
    return (ps_jx){.kind = PS_JX_FUNCTION, .function = f};
}

/* -- frames (frame.c) ------------------------------------------------------------------------- */

typedef struct ps_jx_binding {
    ps_str name;
    ps_jx value;
} ps_jx_binding;

struct ps_jx_frame {
    ps_jx_frame *parent;
    const ps_jx_record *tuple; /* the variables of a tuple; NULL */
    ps_jx_binding *p;
    uint32_t count, capacity;
    uint8_t own_capacity; /* of `own`: which of the run's spare frames it becomes; 0: of none */
    bool captured;        /* a function may outlive it */
    ps_jx_binding own[];
};

ps_jx_frame *ps_jx_frame_new(ps_jx_run *run, ps_jx_frame *parent, size_t capacity);
/* For the next one, unless a function closed over it. */
void ps_jx_frame_release(ps_jx_run *run, ps_jx_frame *frame);
/* `frame` and all it stands in outlive their calls. */
void ps_jx_frame_capture(ps_jx_frame *frame);
void ps_jx_bind(ps_jx_run *run, ps_jx_frame *frame, ps_str name, ps_jx v);
/* The value of a variable: of the frames, the env, or a built-in; undefined. */
ps_jx ps_jx_lookup(ps_jx_run *run, const ps_jx_frame *frame, ps_str name);
/* The same where no frame can have it: `global` is node->global. */
ps_jx ps_jx_lookup_global(ps_jx_run *run, size_t global);

/* Room for `count` values until ps_jx_pop of what this returned. */
ps_jx *ps_jx_push(ps_jx_run *run, size_t count);
void ps_jx_pop(ps_jx_run *run, ps_jx *p);

/* resolve.c: a name that no frame of the expression can have. */
struct ps_jx_global {
    ps_str name;
    const ps_jx_native *native; /* NULL: not built in */
    ps_jx_signature *signature;
};
const ps_jx_native *ps_jx_native_find(ps_str name);
/* After parsing: which variables are global, which nodes are constant. `evaluated`: it is $eval's
 * text, which stands in frames that are not its own. */
void ps_jx_resolve(ps_jsonata *e, bool evaluated);

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
/* A finite number as JSON leaves it, a new value; of others the text. result.c */
ps_value *ps_jx_number_out(double n);
/* What ps_jx_print appends, as a string. print.c */
ps_jx ps_jx_printed(ps_jx_run *run, ps_jx v, bool pretty);
/* Where the value of `key` is or is to be; shared_key may be NULL. record.c */
ps_jx *ps_jx_place(ps_jx_run *run, ps_jx_record *record, ps_str key, ps_value *shared_key);
/* Makes the member undefined where there is one: ps_jx_compact forgets it then. */
void ps_jx_remove(ps_jx_run *run, ps_jx_record *record, ps_str key);
/* Forgets members that are undefined. */
void ps_jx_compact(ps_jx_run *run, ps_jx_record *record);

/* -- evaluation ------------------------------------------------------------------------------- */

ps_jx ps_jx_evaluate_root(ps_jx_run *run);
/* The reference's evaluate(): eval.c */
ps_jx ps_jx_eval(ps_jx_run *run, const ps_node *node, ps_jx input, ps_jx_frame *frame);
/* What evaluate() makes of a sequence at its end. */
ps_jx ps_jx_settle(ps_jx v, bool keep_array);
/* The field `key`, of all elements where `v` is an array. */
ps_jx ps_jx_field(ps_jx_run *run, ps_jx v, ps_str key);

/* operator.c */
ps_jx ps_jx_binary(ps_jx_run *run, const ps_node *node, ps_jx left, ps_jx right);
ps_jx ps_jx_range(ps_jx_run *run, const ps_node *node, ps_jx from, ps_jx to);
/* -1, 0, 1 of two numbers or two strings. */
int ps_jx_compare(ps_jx_run *run, ps_jx a, ps_jx b);

/* path.c, filter.c */
ps_jx ps_jx_path(ps_jx_run *run, const ps_node *path, ps_jx input, ps_jx_frame *frame);
ps_jx ps_jx_filter(ps_jx_run *run, const ps_node *predicate, ps_jx v, ps_jx_frame *frame);
/* tuple.c: the same of paths with @, # or %; the tuples themselves where the path is one's step. */
ps_jx ps_jx_tuple_path(ps_jx_run *run, const ps_node *path, size_t step, ps_jx sequence,
                       ps_jx_frame *frame);
/* A tuple's context, and a frame with its variables. */
ps_jx ps_jx_tuple_context(ps_jx tuple);
ps_jx_frame *ps_jx_tuple_frame(ps_jx_run *run, ps_jx tuple, ps_jx_frame *parent);

/* sort.c, group.c, transform.c */
ps_jx ps_jx_sort(ps_jx_run *run, const ps_node *node, ps_jx array, ps_jx_frame *frame);
ps_jx ps_jx_group(ps_jx_run *run, const ps_pairs *pairs, ps_jx v, ps_jx_frame *frame);
ps_jx ps_jx_change(ps_jx_run *run, const ps_jx_function *change, ps_jx v);
ps_jx ps_jx_clone(ps_jx_run *run, ps_jx v);

/* apply.c: `here` is the caller's entry in the trace, without which nothing is applied. `check` is
 * false for what a partial application wraps: no signature, no trace. */
ps_jx ps_jx_apply_traced(ps_jx_run *run, ps_jx_function *f, ps_jx *args, size_t count, ps_jx input,
                         size_t at, ps_jx_trace *here, bool check);
/* The arguments on the stack (ps_jx_pop) with room for `room`, as signature `s` (may be NULL) wants
 * them. */
ps_jx *ps_jx_checked(ps_jx_run *run, const ps_jx_signature *s, const ps_jx_call *call, ps_jx *args,
                     size_t *count, size_t room);

/* lambda.c: the arguments of a call, `first` (may be NULL) in front, on the stack or in the frame
 * of the lambda that is called. */
ps_jx *ps_jx_arguments(ps_jx_run *run, const ps_node *call, ps_jx input, ps_jx_frame *frame,
                       const ps_jx *first, size_t *count);
ps_jx_frame *ps_jx_lambda_arguments(ps_jx_run *run, const ps_jx_function *lambda,
                                    const ps_node *call, ps_jx input, ps_jx_frame *frame,
                                    const ps_jx *first);
/* Runs it in `frame`, which it takes. `input`: `$` where it is called. */
ps_jx ps_jx_run_lambda(ps_jx_run *run, ps_jx_function *lambda, ps_jx_frame *frame, ps_jx input,
                       ps_jx_trace *here);
ps_jx ps_jx_call_lambda(ps_jx_run *run, ps_jx_function *lambda, ps_jx *args, size_t count,
                        ps_jx input, ps_jx_trace *here, bool check);

/* call.c */
ps_jx ps_jx_invoke(ps_jx_run *run, const ps_node *call, ps_jx input, ps_jx_frame *frame,
                   const ps_jx *first);
ps_jx ps_jx_chain(ps_jx_run *run, const ps_node *apply, ps_jx input, ps_jx_frame *frame);
ps_jx ps_jx_partial(ps_jx_run *run, const ps_node *node, ps_jx input, ps_jx_frame *frame);

#endif
