/* path_layout.h -- what a compiled path is made of; for the path_*.c files only.
 *
 * A path is a chain of steps behind a root. Filters and function arguments hold chains of their own
 * (`@.price`, `$.limit`). All is immutable after compilation; evaluation keeps its state in a job.
 */
#ifndef PS_EXPR_PATH_LAYOUT_H
#define PS_EXPR_PATH_LAYOUT_H

#include "expr/path.h"

/* Limits of compilation: text, steps of one chain, nesting of filters, brackets and arguments. */
#define PS_MAX_PATH_BYTES 32768
#define PS_MAX_PATH_STEPS 1000
#define PS_MAX_PATH_NESTING 32
/* Limits of one evaluation: visits of a value, results, frames of recursion. */
#define PS_MAX_PATH_FUEL 20000000
#define PS_MAX_PATH_RESULTS 1000000
#define PS_MAX_PATH_FRAMES 4000

typedef struct ps_path_filter ps_path_filter;
typedef struct ps_path_call ps_path_call;

typedef enum ps_step_kind {
    PS_STEP_NAME,     /* .a ['a'] */
    PS_STEP_NAMES,    /* ['a', 'b'] */
    PS_STEP_INDEX,    /* [0] [-1] */
    PS_STEP_INDICES,  /* [0, 2] */
    PS_STEP_SLICE,    /* [1:3] */
    PS_STEP_WILDCARD, /* * */
    PS_STEP_SCAN,     /* ..; never the last step */
    PS_STEP_FILTER,   /* [?(...)] */
    PS_STEP_CALL,     /* .length() */
} ps_step_kind;

typedef struct ps_step {
    ps_step_kind kind;
    bool upstream_definite; /* every step before this one has one result at most */
    bool has_from, has_to;  /* PS_STEP_SLICE */
    int32_t from, to;       /* PS_STEP_SLICE */
    size_t count;           /* of names or indices */
    ps_str name;            /* PS_STEP_NAME; the first of names */
    ps_value **names;       /* PS_STEP_NAME, PS_STEP_NAMES: PS_STRINGs */
    int32_t *indices;       /* PS_STEP_INDEX, PS_STEP_INDICES */
    ps_path_filter *filter;
    ps_path_call *call;
} ps_step;

typedef struct ps_chain {
    ps_step *steps;
    size_t count;
    size_t capacity;
    bool from_item; /* starts at '@', not at '$' */
    bool definite;
    bool plain; /* names and single indices only: a walk without allocation */
    bool ends_in_call;
    size_t slot; /* of the answer's place in the job's cache, for chains within filters */
} ps_chain;

struct ps_path {
    ps_value *text;
    ps_path_root root;
    ps_str variable; /* within `text` */
    ps_chain chain;
    bool allowed; /* no calls, nothing passed over at the end */
    size_t slots; /* answers to keep while a document is filtered */
};

/* -- filters -------------------------------------------------------------------------------- */

typedef enum ps_path_filter_kind {
    PS_PATH_ALL, /* && */
    PS_PATH_ANY, /* || */
    PS_PATH_NOT,
    PS_PATH_TEST, /* left operator right */
} ps_path_filter_kind;

typedef enum ps_test {
    PS_TEST_GE,
    PS_TEST_LE,
    PS_TEST_EQ,
    PS_TEST_SAME, /* === */
    PS_TEST_NE,
    PS_TEST_NOT_SAME, /* !== */
    PS_TEST_LT,
    PS_TEST_GT,
    PS_TEST_REGEX,
    PS_TEST_NIN,
    PS_TEST_IN,
    PS_TEST_CONTAINS,
    PS_TEST_ALL,
    PS_TEST_SIZE,
    PS_TEST_EXISTS,
    PS_TEST_TYPE,
    PS_TEST_MATCHES,
    PS_TEST_EMPTY,
    PS_TEST_SUBSETOF,
    PS_TEST_ANYOF,
    PS_TEST_NONEOF,
} ps_test;

typedef enum ps_operand_kind {
    PS_OPERAND_UNDEFINED, /* a path that found nothing */
    PS_OPERAND_NULL,
    PS_OPERAND_BOOL,
    PS_OPERAND_NUMBER,
    PS_OPERAND_STRING,
    PS_OPERAND_JSON,    /* array or object */
    PS_OPERAND_PATTERN, /* /re/i */
    PS_OPERAND_PATH,    /* to be read; as an element of a list: equal to nothing */
    PS_OPERAND_EXISTS,  /* a path asked for its existence only */
} ps_operand_kind;

/* A literal, a path, or what a path gave. */
typedef struct ps_operand {
    ps_operand_kind kind;
    ps_value *value;   /* BOOL, NUMBER, STRING, JSON; owned */
    ps_value *literal; /* JSON or a number written in the filter: its text; owned */
    ps_chain *chain;   /* PATH, EXISTS; owned by the filter */
    bool should_exist; /* false behind '!' */
    void *regex;       /* PATTERN: pcre2_code; owned by the filter */
} ps_operand;

struct ps_path_filter {
    ps_path_filter_kind kind;
    ps_path_filter **parts; /* ALL, ANY, NOT */
    size_t count;
    ps_test test;
    ps_operand left, right;
};

/* -- calls ---------------------------------------------------------------------------------- */

typedef enum ps_path_fn {
    PS_FN_AVG,
    PS_FN_STDDEV,
    PS_FN_SUM,
    PS_FN_MIN,
    PS_FN_MAX,
    PS_FN_CONCAT,
    PS_FN_LENGTH,
    PS_FN_APPEND,
    PS_FN_KEYS,
    PS_FN_FIRST,
    PS_FN_LAST,
    PS_FN_DISTINCT,
    PS_FN_INDEX,
} ps_path_fn;

typedef struct ps_path_argument {
    ps_chain *chain; /* or */
    ps_value *value;
} ps_path_argument;

struct ps_path_call {
    ps_path_fn fn;
    ps_str name;
    ps_path_argument *arguments;
    size_t count;
};

/* -- compiling ------------------------------------------------------------------------------ */

typedef struct ps_path_compiler {
    ps_error *err;
    size_t nesting;
    size_t slots;
    bool has_calls;
    bool has_rest; /* a last byte was passed over */
    size_t base;   /* where the text being read starts in the whole path, for err->at */
} ps_path_compiler;

/* Reads the steps of `text`, whose first byte is the root ('$' or '@'). */
ps_status ps_chain_parse(ps_path_compiler *c, ps_str text, ps_chain *out);
void ps_chain_clear(ps_chain *chain);
/* The same into a new chain; NULL on failure. */
ps_chain *ps_chain_new(ps_path_compiler *c, ps_str text);
void ps_chain_free(ps_chain *chain);
/* Reads "[?(...)]". */
ps_path_filter *ps_path_filter_parse(ps_path_compiler *c, ps_str text);
void ps_path_filter_free(ps_path_filter *f);
/* Reads the arguments of function `name`, `*at` being just behind '('; moves `*at` past ')'.
 * NULL on failure. */
ps_path_call *ps_path_call_parse(ps_path_compiler *c, ps_str name, ps_str text, size_t *at);
void ps_path_call_free(ps_path_call *call);

/* The string a quoted text stands for: backslash escapes, \uXXXX. NULL where it is malformed. */
ps_value *ps_path_unescape(ps_str quoted);
/* JSON as filters may hold it: 'single quotes' and bare words too. NULL where it is malformed. */
ps_value *ps_path_json(ps_str text);
/* A decimal number as BigDecimal reads it (".5", "01", "5."); NULL where it is none. */
ps_value *ps_path_number(ps_str text);
/* The offset of the unescaped `c` behind `from`, or PS_NOWHERE. */
size_t ps_path_unescaped(ps_str text, size_t from, char c);
/* The offset of the bracket that closes the one at `from`; strings (and /regexes/) are skipped. */
size_t ps_path_closing(ps_str text, size_t from, char open, char close, bool skip_regex);
#define PS_NOWHERE ((size_t)-1)

/* -- evaluating ----------------------------------------------------------------------------- */

/* What becomes of a walk. MISSING and INVALID end it (the Java implementation throws there). */
typedef enum ps_walk {
    PS_WALK_ON,
    PS_WALK_MISSING, /* a step with one result at most found nothing */
    PS_WALK_INVALID, /* a step cannot be applied to such a value; within a filter: no match */
    PS_WALK_FAULT,   /* env->fault tells */
} ps_walk;

typedef struct ps_path_job {
    ps_env *env;
    const ps_value *document; /* what '$' is, also within filters */
    size_t fuel;
    size_t frames;
    ps_value **cache; /* answers of '$' chains within filters, by slot; NULL: not yet read */
    bool *cached;
    size_t slots;
} ps_path_job;

/* The whole path, from its document. */
ps_walk ps_path_walk(const ps_path *p, const ps_value *from, ps_env *env, ps_value **out,
                     ps_value *paths);
/* What `chain` reads from `item`: a new reference in `*out` (WALK_ON), else NULL there.
 * strict: a member that is not there ends the walk, also behind steps with many results. */
ps_walk ps_chain_read(ps_path_job *job, const ps_chain *chain, const ps_value *item, bool strict,
                      ps_value **out, ps_value *paths);
/* A plain chain's value, borrowed; NULL when it is not there. */
const ps_value *ps_chain_plain(const ps_chain *chain, const ps_value *item);
/* Whether `item` passes: WALK_ON and `*pass`, or a fault. */
ps_walk ps_path_filter_pass(ps_path_job *job, const ps_path_filter *f, const ps_value *item,
                            bool *pass);
/* left `test` right, both already read. */
ps_walk ps_path_filter_compare(ps_path_job *job, ps_test test, const ps_operand *left,
                               const ps_operand *right, bool *pass);
/* The part of it that looks into lists and strings. */
ps_walk ps_path_compare_lists(ps_path_job *job, ps_test test, const ps_operand *left,
                              const ps_operand *right, bool *pass);
bool ps_operand_same(const ps_operand *a, const ps_operand *b);
/* A number's text, as Java prints it. */
void ps_operand_print_number(const ps_operand *number, ps_buf *out);
/* The value of a call on `model`: a new reference. */
ps_walk ps_path_call_eval(ps_path_job *job, const ps_path_call *call, const ps_value *model,
                          ps_value **out);
/* Takes `amount` from the fuel; WALK_FAULT when there is not enough. */
ps_walk ps_path_burn(ps_path_job *job, size_t amount);
void ps_operand_clear(ps_operand *operand);

/* Regular expressions (PCRE2). Errors: PS_EINPUT, PS_EUNSUPPORTED. */
ps_status ps_path_regex_new(ps_str pattern, ps_str flags, void **out, ps_error *err);
void ps_path_regex_free(void *regex);
/* Whether all of `text` matches; WALK_FAULT beyond the match limit. */
ps_walk ps_path_regex_match(ps_path_job *job, const void *regex, ps_str text, bool *matches);

/* A number of a document, or one written in a filter, as Java's BigDecimal prints it. */
void ps_path_number_print(const ps_value *number, ps_buf *out);
void ps_path_number_print_literal(ps_str literal, ps_buf *out);

#endif
