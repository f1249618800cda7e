/* choice.h -- the Choices of a Choice state, all rules compiled together.
 *
 * The 39 comparators, And/Or/Not, and "Condition": "lua:name" (a Lua predicate, asked through
 * env->calls with the input). What a rule reads is a reference path, as on AWS. Rules in a row that
 * compare one variable with literals for equality, be it as the first test of an And, become one
 * lookup; the first that matches still wins, and faults come where they came. */
#ifndef PS_EXPR_CHOICE_H
#define PS_EXPR_CHOICE_H

#include "base/error.h"
#include "expr/env.h"
#include "expr/path.h"

typedef struct ps_choices ps_choices;

/* Tells of every fault: `pointer` relative to Choices ("/0/And/1/Variable"). */
typedef void ps_choices_report(void *arg, ps_str pointer, const ps_error *err);

/* Compiles the array of rules (their Next, Assign, Comment, Output are ignored here). Faults are
 * reported (report may be NULL) and NULL is returned in the end, `err` being the first. */
ps_choices *ps_choices_new(const ps_value *rules, ps_choices_report *report, void *arg,
                           ps_error *err);
void ps_choices_free(ps_choices *c);

#define PS_CHOICE_NONE ((size_t)-1)  /* no rule matches */
#define PS_CHOICE_FAULT ((size_t)-2) /* env->fault tells */

/* The first rule that matches `input`. */
size_t ps_choices_eval(const ps_choices *c, const ps_value *input, ps_env *env);

/* Calls `visit` for every path in the rules. */
void ps_choices_paths(const ps_choices *c, void (*visit)(void *arg, const ps_path *p), void *arg);

/* The comparators by name, for checks and docs: "StringEquals" ... */
bool ps_choice_comparator(ps_str name);

#endif
