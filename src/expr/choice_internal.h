/* choice_internal.h -- what the files of the choice rules share: comparators and compiled rules. */
#ifndef PS_EXPR_CHOICE_INTERNAL_H
#define PS_EXPR_CHOICE_INTERNAL_H

#include "expr/choice.h"
#include "expr/choice_pattern.h"

/* -- comparators (choice_compare.c) ---------------------------------------------------------- */

typedef enum ps_test_kind {
    PS_TEST_STRING,
    PS_TEST_MATCHES, /* StringMatches */
    PS_TEST_NUMERIC,
    PS_TEST_BOOLEAN,
    PS_TEST_TIMESTAMP,
    PS_TEST_IS_NULL,
    PS_TEST_IS_PRESENT,
    PS_TEST_IS_NUMERIC,
    PS_TEST_IS_STRING,
    PS_TEST_IS_BOOLEAN,
    PS_TEST_IS_TIMESTAMP,
} ps_test_kind;

/* The orders that make a comparison true: a set of bits. */
typedef enum ps_test_order {
    PS_ORDER_LESS = 1,
    PS_ORDER_EQUAL = 2,
    PS_ORDER_GREATER = 4,
} ps_test_order;

typedef struct ps_comparator {
    ps_str name;
    ps_test_kind kind;
    unsigned orders; /* of ps_test_order; 0 for the Is... tests and StringMatches */
    bool by_path;    /* ...Path: the field holds a path to what is compared with */
} ps_comparator;

/* The comparator of that name, or NULL. */
const ps_comparator *ps_comparator_find(ps_str name);

/* A value read once, so that comparing it often costs little. */
typedef struct ps_instant {
    int64_t ms;
    int32_t nanos;
} ps_instant;
bool ps_instant_read(const ps_value *v, ps_instant *out);

/* Whether `v` compares to `operand` as `c` wants it; false where the types do not fit. Not for
 * StringMatches, whose patterns are compiled.
 *
 * instant  what `operand` is as an instant, for timestamp comparators whose operand is a literal;
 *          else NULL */
bool ps_comparator_holds(const ps_comparator *c, const ps_value *v, const ps_value *operand,
                         const ps_instant *instant);

/* -- compiled rules (choice_compile.c) ------------------------------------------------------- */

typedef enum ps_rule_kind {
    PS_RULE_TEST,
    PS_RULE_AND,
    PS_RULE_OR,
    PS_RULE_NOT, /* one child */
    PS_RULE_LUA, /* Condition: "lua:name" */
} ps_rule_kind;

/* A rule. Paths are numbered by their text, so that each is read once an evaluation. */
typedef struct ps_rule {
    ps_rule_kind kind;
    const ps_comparator *comparator;
    size_t variable;     /* number of a path */
    size_t operand;      /* number of a path, where the comparator is by_path */
    ps_value *literal;   /* what is compared with, or the name of the Lua function */
    ps_instant instant;  /* of a timestamp literal */
    ps_pattern *pattern; /* of StringMatches; NULL where the literal has an open escape */
    struct ps_rule *children;
    size_t count;
} ps_rule;

/* A run of rules that can match only if one variable equals a literal, each its own: their first
 * test by evaluation order. A table leads from the variable's value to the rules worth trying. */
typedef struct ps_run ps_run;

struct ps_choices {
    ps_rule *rules;
    size_t count;
    ps_path **paths;
    size_t path_count;
    ps_run *runs; /* in order of `first`; not overlapping */
    size_t run_count;
};

/* -- runs (choice_run.c) --------------------------------------------------------------------- */

struct ps_run {
    size_t first; /* its rules are first .. first + count - 1 */
    size_t count;
    size_t variable; /* number of the path they all test first */
    uint32_t
        *heads; /* by hash: 1 + the smallest rule (relative to `first`), 0 where there is none */
    uint32_t *next; /* by rule: 1 + the next rule of the same hash */
    size_t mask;    /* heads - 1 */
};

/* Finds the runs of `c`, whose rules are compiled. */
void ps_runs_build(ps_choices *c);
void ps_runs_free(ps_choices *c);
/* The first rule of the run (relative) that may match `v`, and the one to try after `rule`;
 * run->count when there is none. */
size_t ps_run_first(const ps_run *run, const ps_value *v);
size_t ps_run_next(const ps_run *run, size_t rule);

void ps_rule_free(ps_rule *r);

#endif
