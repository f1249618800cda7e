/* jsonata.h -- JSONata (jsonata.org) as its reference implementation 2.2 answers, with the
 * functions that Step Functions adds: compiled once, evaluated many times, always within bounds. */
#ifndef PS_JSONATA_JSONATA_H
#define PS_JSONATA_JSONATA_H

#include "base/rand.h"
#include "value/value.h"

typedef struct ps_jsonata ps_jsonata;

/* What went wrong, as the reference tells it. Zero-initialise; free when done. */
typedef struct ps_jsonata_error {
    char code[6];     /* "S0201", "T2001", "D1001", "U1001" ...; "" before any error */
    size_t at;        /* byte offset in the expression: behind the token at fault */
    ps_value *fields; /* PS_OBJECT: position (UTF-16 units), token, value, value2, index,
                         functionName ..., as many as the reference gives for the code */
    ps_buf text;      /* the reference's message, its blanks filled in */
} ps_jsonata_error;
void ps_jsonata_error_free(ps_jsonata_error *e);

typedef struct ps_jsonata_bounds {
    size_t depth;  /* nested evaluations, counted as the reference's evaluate() nests, and ended in
                      any case before they have taken 4 MB of the C stack: U1001 */
    size_t bytes;  /* of the print of any one value; all of an evaluation together may take four
                      times as many of memory: U1001 */
    size_t range;  /* elements of one range: D2014, of $range: U1001 */
    uint64_t fuel; /* steps of one evaluation; about 20 ns each: U1001 */
} ps_jsonata_bounds;
/* What AWS allows (depth 100, 6,990,256 bytes, $range of 360,145; fuel for some 20 ms),
 * and what programs of our own are given where they ask for nothing else (5,000, 64 MiB, ten
 * million; fuel for about a second). */
extern const ps_jsonata_bounds ps_jsonata_aws;
extern const ps_jsonata_bounds ps_jsonata_default;

/* Compiles `text`; NULL with `err` where it does not parse. */
ps_jsonata *ps_jsonata_new(ps_str text, ps_jsonata_error *err);
void ps_jsonata_free(ps_jsonata *e);
ps_str ps_jsonata_text(const ps_jsonata *e);

/* What an expression may see. Everything is borrowed until the evaluation has ended. */
typedef struct ps_jsonata_env {
    const ps_value *input; /* `$`; NULL: undefined */
    /* The value of a variable that the expression does not bind itself; NULL: none. Asked a few
     * times a variable and evaluation at most, always for the same answer. May be NULL. */
    const ps_value *(*variable)(void *arg, ps_str name);
    /* The same of `$name.member`, where it can be told without an object that has it (NULL: there
     * is none); false: `variable` is to be asked. May be NULL. */
    bool (*member)(void *arg, ps_str name, ps_str member, const ps_value **out);
    /* Whether such a variable is a function of the host; and the call: a new reference, or NULL for
     * undefined, or NULL with words in `error` (which are the expression's error, D3137). Arguments
     * are a PS_ARRAY, undefined ones null; functions are refused before (T0410). May be NULL. */
    bool (*is_function)(void *arg, ps_str name);
    ps_value *(*call)(void *arg, ps_str name, const ps_value *arguments, ps_buf *error);
    void *arg;
    const ps_jsonata_bounds *bounds; /* NULL: ps_jsonata_default */
    ps_rand *rand;                   /* $random, $uuid, $shuffle */
    int64_t now_ms;                  /* $now, $millis: the same during one evaluation */
    bool no_eval;                    /* $eval is refused (T1006), as on AWS */
} ps_jsonata_env;

typedef enum ps_jsonata_answer {
    PS_JSONATA_VALUE,     /* *out is a new reference */
    PS_JSONATA_UNDEFINED, /* nothing */
    PS_JSONATA_FUNCTION,  /* a function, which is no JSON */
    PS_JSONATA_FAULT,     /* `err` tells */
} ps_jsonata_answer;
ps_jsonata_answer ps_jsonata_eval(const ps_jsonata *e, const ps_jsonata_env *env, ps_value **out,
                                  ps_jsonata_error *err);

/* What a compiled expression refers to, for checks: calls `visit` once for each place, in order. */
typedef enum ps_jsonata_reference {
    PS_JSONATA_VARIABLE, /* free variable `name`; `member` is the name of the step behind it ("" :
                            none, or one that is not a plain name) */
    PS_JSONATA_ROOT,  /* `$$`, or `$`, a bare name, `*`, `**` that would read the input document */
    PS_JSONATA_NEWER, /* an operator that JSONata 2.0.6, AWS's, does not have: `??` or `?:` */
} ps_jsonata_reference;
typedef void ps_jsonata_visit(void *arg, ps_jsonata_reference kind, ps_str name, ps_str member,
                              size_t at);
void ps_jsonata_references(const ps_jsonata *e, ps_jsonata_visit *visit, void *arg);

/* Whether `name` (without '$') is a built-in function. */
bool ps_jsonata_is_builtin(ps_str name);

#endif
