/* choice.c -- evaluates choice rules: the first that matches. */
#include "expr/choice.h"

#include "base/mem.h"
#include "expr/choice_internal.h"
#include "expr/intrinsic_ask.h"

/* As many paths as most Choice states have: these need no memory of their own. */
#define FEW_PATHS 16

typedef enum truth { NO, YES, FAULT } truth;

/* What a path gave, once it was read. */
typedef struct reading {
    bool done;
    ps_value *v;
} reading;

typedef struct evaluation {
    const ps_choices *choices;
    const ps_value *input;
    ps_env *env;
    reading *readings; /* by number of the path */
} evaluation;

/* Borrowed; NULL where the path finds nothing, or with a fault. */
static const ps_value *read_path(evaluation *e, size_t number)
{
    reading *r = &e->readings[number];
    if (!r->done) {
        *r = (reading){true, ps_path_read(e->choices->paths[number], e->input, e->env)};
    }
    return r->v;
}

static truth missing(evaluation *e, size_t number)
{
    ps_str path = ps_path_text(e->choices->paths[number]);
    if (e->env->fault.kind == PS_FAULT_NONE) {
        ps_env_fail(e->env, PS_STR("States.Runtime"),
                    "Invalid path '%.*s': The choice state's condition path references an invalid "
                    "value.",
                    (int)path.len, path.p);
    }
    return FAULT;
}

static truth match_pattern(evaluation *e, const ps_rule *r, const ps_value *v)
{
    ps_str text = ps_value_str(r->literal);
    if (!r->pattern) {
        ps_env_fail(e->env, PS_STR("States.Runtime"),
                    "The pattern '%.*s' of StringMatches has an open escape", (int)text.len,
                    text.p);
        return FAULT;
    }
    return ps_value_kind(v) == PS_STRING && ps_pattern_matches(r->pattern, ps_value_str(v)) ? YES
                                                                                            : NO;
}

static truth evaluate_test(evaluation *e, const ps_rule *r)
{
    const ps_comparator *c = r->comparator;
    const ps_value *operand = r->literal;
    const ps_value *v = read_path(e, r->variable);
    if (!v && c->kind == PS_TEST_IS_PRESENT && e->env->fault.kind == PS_FAULT_NONE) {
        return ps_value_bool(operand) ? NO : YES;
    }
    if (!v) {
        return missing(e, r->variable);
    }
    if (c->by_path) {
        operand = read_path(e, r->operand);
        if (!operand) {
            return missing(e, r->operand);
        }
    }
    if (c->kind == PS_TEST_MATCHES) {
        return match_pattern(e, r, v);
    }
    bool literal_instant = c->kind == PS_TEST_TIMESTAMP && !c->by_path;
    return ps_comparator_holds(c, v, operand, literal_instant ? &r->instant : NULL) ? YES : NO;
}

static truth evaluate_lua(evaluation *e, const ps_rule *r)
{
    ps_str name = ps_value_str(r->literal);
    const ps_value *answer = ps_ask_take(e->env, name, ps_value_ref(e->input));
    if (!answer) {
        return FAULT;
    }
    if (ps_value_kind(answer) != PS_BOOL) {
        ps_env_fail(e->env, PS_STR("States.Runtime"),
                    "The condition '%.*s' must return true or false", (int)name.len, name.p);
        return FAULT;
    }
    return ps_value_bool(answer) ? YES : NO;
}

static truth evaluate_rule(evaluation *e, const ps_rule *r)
{
    truth t;
    switch (r->kind) {
    case PS_RULE_TEST:
        return evaluate_test(e, r);
    case PS_RULE_LUA:
        return evaluate_lua(e, r);
    case PS_RULE_NOT:
        t = evaluate_rule(e, &r->children[0]);
        return t == FAULT ? FAULT : t == YES ? NO : YES;
    default:
        /* Left to right, and no further than the first that decides. */
        t = r->kind == PS_RULE_AND ? YES : NO;
        for (size_t i = 0; i < r->count; i++) {
            truth child = evaluate_rule(e, &r->children[i]);
            if (child != t) {
                return child;
            }
        }
        return t;
    }
}

static size_t evaluate_run(evaluation *e, const ps_run *run)
{
    const ps_value *v = read_path(e, run->variable);
    if (!v) {
        missing(e, run->variable);
        return PS_CHOICE_FAULT;
    }
    for (size_t i = ps_run_first(run, v); i < run->count; i = ps_run_next(run, i)) {
        truth t = evaluate_rule(e, &e->choices->rules[run->first + i]);
        if (t != NO) {
            return t == YES ? run->first + i : PS_CHOICE_FAULT;
        }
    }
    return PS_CHOICE_NONE;
}

static size_t evaluate_choices(evaluation *e)
{
    const ps_choices *c = e->choices;
    const ps_run *run = c->runs;
    const ps_run *end = c->runs ? c->runs + c->run_count : NULL;
    size_t i = 0;
    while (i < c->count) {
        if (run != end && run->first == i) {
            size_t found = evaluate_run(e, run);
            if (found != PS_CHOICE_NONE) {
                return found;
            }
            i += run->count;
            run++;
            continue;
        }
        truth t = evaluate_rule(e, &c->rules[i]);
        if (t != NO) {
            return t == YES ? i : PS_CHOICE_FAULT;
        }
        i++;
    }
    return PS_CHOICE_NONE;
}

size_t ps_choices_eval(const ps_choices *c, const ps_value *input, ps_env *env)
{
    reading few[FEW_PATHS];
    reading *readings = few;
    if (c->path_count > FEW_PATHS) {
        readings = ps_alloc(c->path_count * sizeof *readings);
    }
    memset(readings, 0, c->path_count * sizeof *readings);
    evaluation e = {.choices = c, .input = input, .env = env, .readings = readings};
    size_t found = evaluate_choices(&e);
    for (size_t i = 0; i < c->path_count; i++) {
        ps_value_unref(readings[i].v);
    }
    if (readings != few) {
        ps_free(readings);
    }
    return found;
}
