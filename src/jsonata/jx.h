/* jx.h -- what an expression computes with: values that live until the evaluation ends.
 *
 * A ps_jx is 16 bytes and is passed by value. The input is borrowed as it is; strings are slices,
 * of the input, of literals or of the run's arena; lists, records and functions are made in the
 * arena, which is freed at once. Nothing is counted and nothing is freed one by one. Failure is a
 * jump to the run's start (ps_jx_throw): code between never holds what has to be freed, or hands it
 * to the run first (ps_jx_keep).
 *
 * Numbers are doubles, as in the reference. One that comes from the input keeps its value until it
 * is computed with, so that what is only handed on leaves as it came. */
#ifndef PS_JSONATA_JX_H
#define PS_JSONATA_JX_H

#include "jsonata/ast.h"

#include <setjmp.h>

typedef enum ps_jx_kind {
    PS_JX_UNDEFINED,
    PS_JX_NULL,
    PS_JX_BOOL,
    PS_JX_NUMBER,
    PS_JX_STRING,
    PS_JX_ARRAY,
    PS_JX_OBJECT,
    PS_JX_FUNCTION, /* lambda, built-in, partial, host's, or a regex: see function->kind */
} ps_jx_kind;

typedef struct ps_jx_list ps_jx_list;
typedef struct ps_jx_record ps_jx_record;
typedef struct ps_jx_function ps_jx_function;
typedef struct ps_jx_run ps_jx_run;

typedef struct ps_jx {
    uint8_t kind;  /* ps_jx_kind */
    bool borrowed; /* NUMBER, STRING, ARRAY, OBJECT: `value` holds it */
    uint32_t len;  /* STRING that is not borrowed */
    union {
        bool b;
        double n;
        const char *p;
        const ps_value *value;
        ps_jx_list *list;
        ps_jx_record *record;
        ps_jx_function *function;
    };
} ps_jx;

/* The flags of an array that the reference keeps as properties of the JavaScript array. */
typedef enum ps_jx_list_flag {
    PS_JX_SEQUENCE = 1, /* made by a path, a filter, a function: one element stands for itself */
    PS_JX_KEEP_SINGLETON = 2, /* ... but not this one: x[] */
    PS_JX_CONS = 4,           /* from an array constructor */
    PS_JX_TUPLES = 8,         /* its elements are a tuple stream's (path.c) */
    PS_JX_OUTER_WRAPPER = 16, /* put around an array that is the whole input */
} ps_jx_list_flag;

struct ps_jx_list {
    ps_jx *p;
    size_t count, capacity;
    unsigned flags;          /* of ps_jx_list_flag */
    ps_value *made;          /* what ps_jx_result made of it, so that shared parts stay shared */
    struct ps_jx_tail *tail; /* of what $append made: fn_array.c; NULL */
};

typedef struct ps_jx_member {
    ps_str key;
    ps_value *shared_key; /* the key as a value where there is one, else NULL */
    ps_jx value;
} ps_jx_member;

struct ps_jx_record {
    ps_jx_member *p; /* in the order of insertion */
    size_t count, capacity;
    uint32_t *index; /* hash table over p once there are more than a few; NULL */
    size_t mask;
    ps_value *made;
};

static const ps_jx PS_JX_NOTHING = {.kind = PS_JX_UNDEFINED};

/* -- the run (run.c) ------------------------------------------------------------------------- */

typedef struct ps_jx_keepsake ps_jx_keepsake;

/* The calls and operators that are at work, innermost first: what the reference's catch clauses add
 * to an error on its way out. */
typedef struct ps_jx_trace ps_jx_trace;
typedef struct ps_jx_frame ps_jx_frame;

struct ps_jx_run {
    const ps_jsonata *expression;
    const ps_jsonata_env *env;
    ps_jsonata_bounds bounds;
    jmp_buf *fault; /* where a fault lands: run.c */
    ps_jsonata_error *err;
    const struct ps_jx_pending *pending; /* the fault that is being told about; NULL */
    const ps_jx_trace *trace;
    uint64_t fuel; /* left */
    size_t depth;  /* nested evaluations now */
    char *base;    /* of the stack when it began */
    size_t bytes;  /* allocated so far */
    void *chunk;   /* newest chunk of the arena */
    char *free;    /* the rest of it: `room` bytes */
    size_t room;
    ps_buf *printed;                 /* print.c: one buffer for many texts */
    ps_jx_keepsake *kept;            /* to be freed when the run ends, however it ends */
    struct ps_jx_matching *matching; /* what regex.c matches with; NULL until it does */
    struct ps_date_memory *dates;    /* the pictures that date_picture.c read last; NULL */
    ps_jx_frame *frame;              /* of the call that is being made: $eval's */
    ps_jx_frame *globals;            /* names that only $eval'd text has */
    ps_jx *slots;                    /* values of the expression's globals */
    ps_jx_frame *spare_frames[3];
    ps_jx_function *spare_thunks;
    struct ps_jx_segment *stack;
};

/* `size` bytes of the arena, aligned to 8, uninitialised; throws U1001 beyond the bounds. */
void *ps_jx_alloc(ps_jx_run *run, size_t size);
/* Calls free(p) when the run ends. */
void ps_jx_keep(ps_jx_run *run, void (*free)(void *p), void *p);
/* A value made during the run: it is unreferenced when the run ends; returns it borrowed. */
const ps_value *ps_jx_keep_value(ps_jx_run *run, ps_value *v);
/* A zeroed buffer that is freed when the run ends. Its bytes count for the bounds once they are
 * made a string: check ps_jx_burn(run, bytes / 64) in loops that fill it. */
ps_buf *ps_jx_scratch(ps_jx_run *run);
/* Spends fuel: one for each element looked at, one for each 64 bytes; throws U1001 when it is gone.
 */
void ps_jx_burn(ps_jx_run *run, uint64_t steps);

/* Ends the evaluation. at: byte offset (node->at). The message is that of the code, with its
 * {{token}}, {{value}}, {{index}}, {{functionName}} ... filled from the fields. */
typedef struct ps_jx_fields {
    ps_str token;
    ps_str function_name;
    ps_jx value; /* PS_JX_UNDEFINED: none */
    ps_jx value2;
    ps_jx exp;      /* D3061 */
    int64_t index;  /* < 1: none; else the ordinal of the argument */
    ps_str type;    /* "strings", "numbers" ...: {{type}} of T0412 */
    ps_str message; /* $error, $assert: instead of the code's own words */
} ps_jx_fields;
_Noreturn void ps_jx_throw(ps_jx_run *run, const char *code, size_t at, const ps_jx_fields *f);
/* The same with {{token}} or without any. */
_Noreturn void ps_jx_fail(ps_jx_run *run, const char *code, size_t at, ps_str token);
/* error.c: the template of a code's message ("The right side ... {{token}}"), NULL for none; and
 * filling in, also for the parser. */
const char *ps_jx_message(const char *code);
void ps_jx_error_set(ps_jsonata_error *err, ps_str expression, const char *code, size_t at,
                     ps_value *fields_take);

/* -- values (jx.c) --------------------------------------------------------------------------- */

ps_jx ps_jx_bool(bool b);
ps_jx ps_jx_number(double n);
/* A slice of something that outlives the evaluation or lies in the arena; not copied. */
ps_jx ps_jx_slice(ps_str s);
/* A copy in the arena. */
ps_jx ps_jx_string(ps_jx_run *run, ps_str s);
/* `v` borrowed for as long as the run lasts; NULL gives undefined. */
ps_jx ps_jx_borrow(const ps_value *v);

static inline bool ps_jx_is(ps_jx v, ps_jx_kind kind)
{
    return v.kind == kind;
}
double ps_jx_double(ps_jx number);
ps_str ps_jx_str(ps_jx string);

/* Arrays, made here or borrowed. `i` < count. */
size_t ps_jx_count(ps_jx array);
ps_jx ps_jx_at(ps_jx array, size_t i);
unsigned ps_jx_flags(ps_jx array);
ps_jx_list *ps_jx_list_new(ps_jx_run *run, size_t capacity, unsigned flags);
void ps_jx_add(ps_jx_run *run, ps_jx_list *list, ps_jx v);
ps_jx ps_jx_array(ps_jx_list *list);
/* What the reference makes of a finished sequence: nothing of an empty one, its element of one with
 * a single element (unless it is to be kept), else itself. */
ps_jx ps_jx_sequence(ps_jx_list *list);
/* Appends as the reference's fn.append does to a sequence: undefined nothing, arrays flattened. */
void ps_jx_append(ps_jx_run *run, ps_jx_list *list, ps_jx v);
/* An array of one element for anything that is not an array; undefined gives an empty one. */
ps_jx ps_jx_as_array(ps_jx_run *run, ps_jx v);

/* Objects, made here or borrowed. */
size_t ps_jx_member_count(ps_jx object);
ps_str ps_jx_key_at(ps_jx object, size_t i);
ps_jx ps_jx_key_value_at(ps_jx object, size_t i); /* the key as a string */
ps_jx ps_jx_value_at(ps_jx object, size_t i);
ps_jx ps_jx_get(ps_jx object, ps_str key); /* undefined when absent */
ps_jx_record *ps_jx_record_new(ps_jx_run *run, size_t capacity);
/* A key that is there keeps its place and gets the new value. The key's bytes must live on. */
void ps_jx_set(ps_jx_run *run, ps_jx_record *record, ps_str key, ps_jx v);
ps_jx ps_jx_object(ps_jx_record *record);

/* Deep equality as the reference's `=`: numbers by value, members in any order; functions by
 * identity. */
bool ps_jx_equal(ps_jx_run *run, ps_jx a, ps_jx b);
/* The effective boolean of $boolean: false for undefined, null, "", 0, [], {}, functions, and
 * arrays without a true element. */
bool ps_jx_truth(ps_jx_run *run, ps_jx v);

/* The value as JSON leaves it: a new reference. Functions inside become "" as in the reference's
 * JSON; undefined members are left out. Throws beyond the bounds. */
ps_value *ps_jx_result(ps_jx_run *run, ps_jx v);
/* $string's text of any value (numbers with 15 digits, functions ""), appended to `out`. */
void ps_jx_print(ps_jx_run *run, ps_jx v, bool pretty, ps_buf *out);
/* The text of a buffer of this run as a string value; no copy: the buffer lives as long. */
ps_jx ps_jx_text(ps_jx_run *run, ps_buf *kept);

/* -- functions (call.c) ---------------------------------------------------------------------- */

/* Where a built-in is called from. */
typedef struct ps_jx_call {
    ps_jx input; /* `$` there */
    size_t at;
    ps_str name; /* without '$' */
} ps_jx_call;

/* A built-in: `args` has room for its arity; those that were not given are undefined. Signatures
 * (missing context, single values where arrays are asked for) have been seen to before. */
typedef ps_jx ps_jx_builtin(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count);

typedef struct ps_jx_native {
    const char *name;
    const char *signature; /* the reference's: "<s-nn?:s>"; NULL: anything */
    ps_jx_builtin *fn;
    uint8_t arity; /* parameters in the reference's JavaScript (fn.length): what $map and the like
                      hand over */
} ps_jx_native;
/* The built-ins of each file, ended by a NULL name. */
extern const ps_jx_native ps_jx_string_functions[]; /* fn_string.c, fn_encode.c */
extern const ps_jx_native
    ps_jx_pattern_functions[]; /* fn_match.c: $match $contains $split $replace */
extern const ps_jx_native ps_jx_number_functions[]; /* fn_number.c */
extern const ps_jx_native
    ps_jx_picture_functions[]; /* fn_format_*.c: $formatNumber $formatInteger ... */
extern const ps_jx_native ps_jx_date_functions[];   /* fn_date.c */
extern const ps_jx_native ps_jx_array_functions[];  /* fn_array.c */
extern const ps_jx_native ps_jx_object_functions[]; /* fn_object.c */
extern const ps_jx_native ps_jx_higher_functions[]; /* fn_higher.c */
extern const ps_jx_native
    ps_jx_aws_functions[]; /* fn_aws.c: $partition $range $hash $uuid $parse */
extern const ps_jx_native ps_jx_meta_functions[]; /* call.c: $eval $error $assert $type ... */

/* Calls any PS_JX_FUNCTION (regexes too), with its signature's checks. `input` is `$` for built-ins
 * that take the context. */
ps_jx ps_jx_apply(ps_jx_run *run, ps_jx function, ps_jx *args, size_t count, ps_jx input,
                  size_t at);
/* Calls it as $map and the like do: with (value, index, whole), of which only as many are handed
 * over as it has parameters. */
ps_jx ps_jx_apply_item(ps_jx_run *run, ps_jx function, ps_jx value, size_t index, ps_jx whole);
/* The number of its parameters. */
size_t ps_jx_arity(ps_jx function);
bool ps_jx_is_regex(ps_jx v);
const ps_jx_regex *ps_jx_regex_of(ps_jx regex);
ps_jx ps_jx_regex_value(ps_jx_run *run, const ps_jx_regex *regex);

/* signature.c: checks `args` and puts in what the signature lets be missing, as the reference's
 * validate(); the new count. `room` is args' capacity. T0410, T0411, T0412.
 * Of a text that is none (S0401, S0402) `err` gets code, at and value: position and words are the
 * parser's. `at` is behind the opening bracket, which `text` begins with. */
ps_jx_signature *ps_jx_signature_new(ps_str text, size_t at, ps_jsonata_error *err);
void ps_jx_signature_free(ps_jx_signature *s);
size_t ps_jx_signature_apply(ps_jx_run *run, const ps_jx_signature *s, const ps_jx_call *call,
                             ps_jx *args, size_t count, size_t room);
/* The same without putting in anything: T0410, T0412 where an argument is of a kind that the
 * function does not know. */
void ps_jx_signature_require(ps_jx_run *run, const ps_jx_signature *s, const ps_jx_call *call,
                             const ps_jx *args, size_t count);
/* The most arguments that a call with `count` of them can end up with. */
size_t ps_jx_signature_room(const ps_jx_signature *s, size_t count);

/* regex.c: JavaScript's regular expressions on PCRE2, with limits that end a runaway match. flags:
 * "i", "m". A pattern that is none has no code in the reference: here it is S0303, and `err` gets
 * code, at, value and text. */
ps_jx_regex *ps_jx_regex_new(ps_str pattern, ps_str flags, size_t at, ps_jsonata_error *err);
void ps_jx_regex_free(ps_jx_regex *r);
typedef struct ps_jx_match {
    size_t start, end; /* bytes of the subject */
    ps_str *groups;    /* in the arena; one that took no part is {NULL, 0} */
    size_t group_count;
} ps_jx_match;
/* The first match at or after byte `from`; false: none. Throws U1001 on a match beyond its limit.
 */
bool ps_jx_regex_find(ps_jx_run *run, const ps_jx_regex *r, ps_str subject, size_t from,
                      ps_jx_match *out);
/* As it was written, without slashes and flags. */
ps_str ps_jx_regex_source(const ps_jx_regex *r);

/* match.c: what calling a regex with `args` (the text; where to begin, in UTF-16 units) gives: the
 * object {match, start, end, groups, next}, or undefined. */
ps_jx ps_jx_regex_apply(ps_jx_run *run, const ps_jx_regex *r, const ps_jx *args, size_t count);
/* call.c: a function without parameters that gives again(run, state). */
typedef ps_jx ps_jx_again(ps_jx_run *run, void *state);
ps_jx ps_jx_again_value(ps_jx_run *run, ps_jx_again *again, void *state);

#endif
