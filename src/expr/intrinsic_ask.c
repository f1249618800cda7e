/* intrinsic_ask.c -- asks the driver for a Lua function's answer. */
#include "expr/intrinsic_ask.h"

const ps_value *ps_ask_take(ps_env *env, ps_str name, ps_value *arguments)
{
    ps_calls *calls = env->calls;
    size_t answered = calls && calls->answers ? ps_value_count(calls->answers) : 0;
    if (!calls) {
        ps_env_fail(env, PS_STR("States.Runtime"), "The Lua function '%.*s' cannot be called here",
                    (int)name.len, name.p);
    } else if (calls->next >= PS_MAX_CALLS) {
        ps_env_fail(env, PS_STR("States.Runtime"),
                    "An expression may call Lua functions %d times; '%.*s' was one call more",
                    PS_MAX_CALLS, (int)name.len, name.p);
    } else if (calls->next < answered) {
        ps_value_unref(arguments);
        return ps_array_at(calls->answers, calls->next++);
    } else if (env->fault.kind == PS_FAULT_NONE) {
        calls->name = name;
        ps_value_set_take(&calls->arguments, arguments);
        env->fault.kind = PS_FAULT_CALL;
        return NULL;
    }
    ps_value_unref(arguments);
    return NULL;
}
