/* choice_run.c -- finds runs of rules on one variable and leads to the few that may match.
 *
 * A rule's guard is the test that is evaluated first: the rule itself, or the first child of an
 * And, down to a test. Where it is an equality with a literal, the rule can be skipped for any
 * other value: nothing else of it would have been evaluated. The rules of the table are evaluated
 * whole, so a false lead costs time and changes nothing. */
#include "base/hash.h"
#include "base/mem.h"
#include "expr/choice_internal.h"

/* Shorter runs are evaluated one by one. */
#define SHORTEST_RUN 4

static const ps_rule *guard_of(const ps_rule *r)
{
    while (r->kind == PS_RULE_AND) {
        r = &r->children[0];
    }
    bool equality = r->kind == PS_RULE_TEST && !r->comparator->by_path &&
                    r->comparator->orders == PS_ORDER_EQUAL &&
                    r->comparator->kind != PS_TEST_TIMESTAMP;
    return equality ? r : NULL;
}

/* Equal values have equal hashes; numbers by their nearest double, with one zero. */
static uint64_t hash_value(const ps_value *v)
{
    switch (ps_value_kind(v)) {
    case PS_STRING:
        return ps_hash_table(ps_value_str(v));
    case PS_BOOL:
        return ps_value_bool(v) ? 1 : 2;
    case PS_INT:
    case PS_DOUBLE:
    case PS_DECIMAL: {
        double d = ps_value_double(v) + 0.0;
        return ps_hash_table((ps_str){(const char *)&d, sizeof d});
    }
    default:
        return 0;
    }
}

static void build_table(ps_run *run, const ps_rule *rules)
{
    size_t size = 8;
    while (size < 2 * run->count) {
        size *= 2;
    }
    run->mask = size - 1;
    run->heads = ps_alloc_zeroed(size, sizeof *run->heads);
    run->next = ps_alloc_zeroed(run->count, sizeof *run->next);
    for (size_t i = run->count; i-- > 0;) {
        uint64_t slot = hash_value(guard_of(&rules[run->first + i])->literal) & run->mask;
        run->next[i] = run->heads[slot];
        run->heads[slot] = (uint32_t)(i + 1);
    }
}

void ps_runs_build(ps_choices *c)
{
    size_t capacity = 0;
    for (size_t i = 0; i < c->count;) {
        const ps_rule *guard = guard_of(&c->rules[i]);
        size_t end = i + 1;
        while (guard && end < c->count && end - i < UINT32_MAX) {
            const ps_rule *other = guard_of(&c->rules[end]);
            if (!other || other->variable != guard->variable) {
                break;
            }
            end++;
        }
        if (guard && end - i >= SHORTEST_RUN) {
            if (c->run_count == capacity) {
                capacity = ps_grow(capacity, c->run_count + 1);
                c->runs = ps_realloc(c->runs, capacity, sizeof *c->runs);
            }
            ps_run *run = &c->runs[c->run_count++];
            *run = (ps_run){.first = i, .count = end - i, .variable = guard->variable};
            build_table(run, c->rules);
        }
        i = end;
    }
}

void ps_runs_free(ps_choices *c)
{
    for (size_t i = 0; i < c->run_count; i++) {
        ps_free(c->runs[i].heads);
        ps_free(c->runs[i].next);
    }
    ps_free(c->runs);
}

size_t ps_run_first(const ps_run *run, const ps_value *v)
{
    uint32_t head = run->heads[hash_value(v) & run->mask];
    return head ? head - 1 : run->count;
}

size_t ps_run_next(const ps_run *run, size_t rule)
{
    uint32_t next = run->next[rule];
    return next ? next - 1 : run->count;
}
