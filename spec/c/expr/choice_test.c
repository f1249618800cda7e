/* choice_test.c -- choice rules beyond spec/cases/expr/choice.jsonl: Lua predicates, long lists. */
#include "expr/choice.h"

#include "expr/evaluate.h"

static void tell_rule(world *w, const ps_choices *c)
{
    size_t rule = ps_choices_eval(c, w->input, &w->env);
    if (rule == PS_CHOICE_FAULT) {
        tell_fault(w);
    } else if (rule == PS_CHOICE_NONE) {
        ps_buf_add(&w->result, PS_STR("none"));
    } else {
        ps_buf_addf(&w->result, "%zu", rule);
    }
}

static void check_predicate(const char *answers, const char *want)
{
    world w;
    ps_error err = {0};
    ps_value *rules =
        parse("[{\"Condition\":\"lua:is_vip\"},{\"Variable\":\"$\",\"IsNull\":false}]");
    ps_choices *c = ps_choices_new(rules, NULL, NULL, &err);
    world_open(&w, "{\"a\":1}");
    w.calls.answers = parse(answers);
    tell_rule(&w, c);
    CHECK_STR(ps_buf_str(&w.result), want);
    ps_choices_free(c);
    ps_value_unref(rules);
    world_close(&w);
}

static void predicates_are_asked_with_the_input(void)
{
    check_predicate("[]", "call: lua:is_vip {\"a\":1}");
    check_predicate("[true]", "0");
    check_predicate("[false]", "1");
    check_predicate("[1]", "States.Runtime: The condition 'lua:is_vip' must return true or false");
}

/* Long lists are looked up in tables; each rule is found, and the first of equal ones wins. */
static void long_lists_find_every_rule(void)
{
    enum { COUNT = 500 };
    world w;
    ps_error err = {0};
    ps_value *rules = ps_array(COUNT);
    for (int i = 0; i < COUNT; i++) {
        ps_value *rule = ps_object(2);
        ps_object_put_take(rule, PS_STR("Variable"), ps_string(PS_STR("$.k")));
        if (i % 2) {
            ps_object_put_take(rule, PS_STR("NumericEquals"), ps_int(i / 2 * 2));
        } else {
            ps_object_put_take(rule, PS_STR("StringEquals"), ps_stringf("k%d", i / 4));
        }
        ps_array_add_take(rules, rule);
    }
    ps_choices *c = ps_choices_new(rules, NULL, NULL, &err);
    world_open(&w, "{}");
    for (int i = 0; i < COUNT; i++) {
        ps_value *input = ps_object(1);
        ps_object_put_take(input, PS_STR("k"), i % 2 ? ps_int(i - 1) : ps_stringf("k%d", i / 4));
        size_t want = (size_t)(i % 2 ? i : i / 4 * 4);
        CHECK(ps_choices_eval(c, input, &w.env) == want);
        ps_value_unref(input);
    }
    ps_choices_free(c);
    ps_value_unref(rules);
    world_close(&w);
}

static void comparators_have_names(void)
{
    CHECK(ps_choice_comparator(PS_STR("TimestampGreaterThanEqualsPath")));
    CHECK(!ps_choice_comparator(PS_STR("StringMatchesPath")));
    CHECK(!ps_choice_comparator(PS_STR("And")));
}

int main(void)
{
    predicates_are_asked_with_the_input();
    long_lists_find_every_rule();
    comparators_have_names();
    return check_report();
}
