/* intrinsic_internal.h -- what the files of the intrinsic functions share: the compiled call, and
 * the table of the functions.
 *
 * Where AWS's guide and AWS's behaviour differ, the behaviour holds: failures are States.Runtime,
 * integers other than MathAdd's are truncated and not rounded, and values meet as Java objects. */
#ifndef PS_EXPR_INTRINSIC_INTERNAL_H
#define PS_EXPR_INTRINSIC_INTERNAL_H

#include "expr/intrinsic.h"
#include "expr/path.h"

/* The deepest nesting of calls in one field, as on AWS. */
#define PS_INTRINSIC_MAX_NESTING 10
/* The most bytes that a function looks at or prints: a shared value may print exponentially. */
#define PS_INTRINSIC_MAX_BYTES ((size_t)16 * 1024 * 1024)

typedef struct ps_call ps_call;

typedef enum ps_argument_kind {
    PS_ARGUMENT_LITERAL,
    PS_ARGUMENT_PATH,
    PS_ARGUMENT_CALL,
} ps_argument_kind;

typedef struct ps_argument {
    ps_argument_kind kind;
    ps_value *literal;
    ps_str
        raw; /* a string literal as written between its quotes: States.Format reads its escapes */
    ps_path *path;
    ps_call *call;
} ps_argument;

/* One evaluation: passed down to the functions. */
typedef struct ps_evaluation {
    const ps_intrinsic *whole; /* causes name the whole expression, not the inner call */
    const ps_value *input;
    ps_env *env;
} ps_evaluation;

/* `arguments` are borrowed; their count and kinds fit the function's signature. A new reference, or
 * NULL after ps_intrinsic_refuse. */
typedef ps_value *ps_intrinsic_run(ps_evaluation *e, const ps_call *c, ps_value *const *arguments);

/* The kinds of arguments in a signature: a array, o object, s string, n number, * anything. Where
 * there are more arguments than letters, the last letter holds for the rest. */
typedef struct ps_intrinsic_function {
    ps_str name;
    size_t least;
    size_t most;
    const char *signature;
    ps_intrinsic_run *run;
} ps_intrinsic_function;

struct ps_call {
    const ps_intrinsic_function *function; /* NULL: a Lua function's */
    ps_str name;                           /* in the text of the whole */
    ps_argument *arguments;
    size_t count;
};

struct ps_intrinsic {
    ps_value *text;
    ps_call *call;
};

/* intrinsic_parse.c: the call that `text`, which must outlive it, stands for; NULL with `err`. */
ps_call *ps_intrinsic_parse(ps_str text, ps_error *err);
void ps_call_free(ps_call *c);

/* intrinsic_table.c: the function of that name, or NULL. */
const ps_intrinsic_function *ps_intrinsic_find(ps_str name);
/* Whether `v` is what the letter of a signature asks for. */
bool ps_intrinsic_fits(char letter, const ps_value *v);
/* The letter for argument `i`. */
char ps_intrinsic_letter(const ps_intrinsic_function *f, size_t i);
/* "an array", "a string" ... */
const char *ps_intrinsic_letter_words(char letter);

/* intrinsic.c: fails the evaluation: "The function '...' had the following error: Invalid arguments
 * in States.X: ..."; returns NULL. */
ps_value *ps_intrinsic_refuse(ps_evaluation *e, const ps_call *c, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* intrinsic_format.c, _array.c, _unique.c, _text.c, _split.c, _math.c */
ps_intrinsic_run ps_intrinsic_format;
ps_intrinsic_run ps_intrinsic_array;
ps_intrinsic_run ps_intrinsic_array_contains;
ps_intrinsic_run ps_intrinsic_array_get_item;
ps_intrinsic_run ps_intrinsic_array_length;
ps_intrinsic_run ps_intrinsic_array_partition;
ps_intrinsic_run ps_intrinsic_array_range;
ps_intrinsic_run ps_intrinsic_array_unique;
ps_intrinsic_run ps_intrinsic_base64_decode;
ps_intrinsic_run ps_intrinsic_base64_encode;
ps_intrinsic_run ps_intrinsic_hash;
ps_intrinsic_run ps_intrinsic_json_merge;
ps_intrinsic_run ps_intrinsic_json_to_string;
ps_intrinsic_run ps_intrinsic_math_add;
ps_intrinsic_run ps_intrinsic_math_random;
ps_intrinsic_run ps_intrinsic_string_split;
ps_intrinsic_run ps_intrinsic_string_to_json;
ps_intrinsic_run ps_intrinsic_uuid;

/* intrinsic_math.c: a number cut off towards zero, as the functions take sizes and indices; false
 * where it is beyond 2^53. */
bool ps_intrinsic_truncate(const ps_value *v, int64_t *n);

#endif
