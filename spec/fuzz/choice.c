/* choice.c -- fuzz: an array [rules, input] of JSON. Compiling and evaluating never crashes, and a
 * lookup finds what evaluating rule after rule finds. */
#include "expr/choice.h"
#include "value/json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first match of rules compiled one at a time: no runs, no shared reads. */
static size_t evaluate_singly(const ps_value *rules, const ps_value *input)
{
    for (size_t i = 0; i < ps_value_count(rules); i++) {
        ps_env env = {0};
        ps_error err = {0};
        ps_value *one = ps_array(1);
        ps_array_add_take(one, ps_value_ref(ps_array_at(rules, i)));
        ps_choices *c = ps_choices_new(one, NULL, NULL, &err);
        size_t found = ps_choices_eval(c, input, &env);
        ps_choices_free(c);
        ps_value_unref(one);
        ps_env_free(&env);
        if (found != PS_CHOICE_NONE) {
            return found == PS_CHOICE_FAULT ? found : i;
        }
    }
    return PS_CHOICE_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_error err = {0};
    ps_env env = {0};
    ps_value *both = ps_json_parse((ps_str){(const char *)data, size}, NULL, &err);
    if (both && ps_value_kind(both) == PS_ARRAY && ps_value_count(both) == 2) {
        ps_choices *c = ps_choices_new(ps_array_at(both, 0), NULL, NULL, &err);
        if (c) {
            size_t found = ps_choices_eval(c, ps_array_at(both, 1), &env);
            if (found != evaluate_singly(ps_array_at(both, 0), ps_array_at(both, 1))) {
                abort();
            }
            if ((found == PS_CHOICE_FAULT) != (env.fault.kind != PS_FAULT_NONE)) {
                abort();
            }
        } else if (err.code == PS_OK) {
            abort();
        }
        ps_choices_free(c);
    }
    ps_value_unref(both);
    ps_env_free(&env);
    return 0;
}
