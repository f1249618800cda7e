/* env.c -- the first fault is kept; variables are looked up from the inside out. */
#include "expr/env.h"

#include "base/error.h"

#include <stdio.h>

void ps_env_vfail(ps_env *env, ps_str error, const char *cause_format, va_list arguments)
{
    va_list again;
    if (env->fault.kind != PS_FAULT_NONE) {
        return;
    }
    env->fault.kind = PS_FAULT_FAILURE;
    env->fault.error = error;
    ps_buf_clear(&env->fault.cause);
    va_copy(again, arguments);
    int len = vsnprintf(NULL, 0, cause_format, arguments);
    PS_ASSERT(len >= 0);
    if (len > 0) {
        char *room = ps_buf_reserve(&env->fault.cause, (size_t)len + 1);
        vsnprintf(room, (size_t)len + 1, cause_format, again);
        env->fault.cause.len += (size_t)len;
    }
    va_end(again);
}

void ps_env_fail(ps_env *env, ps_str error, const char *cause_format, ...)
{
    va_list arguments;
    va_start(arguments, cause_format);
    ps_env_vfail(env, error, cause_format, arguments);
    va_end(arguments);
}

void ps_env_locate(ps_env *env, ps_str location)
{
    if (!env->fault.location.len) {
        ps_buf_add(&env->fault.location, location);
    }
}

void ps_env_reset(ps_env *env)
{
    env->fault.kind = PS_FAULT_NONE;
    env->fault.error = (ps_str){0};
    ps_buf_clear(&env->fault.cause);
    ps_buf_clear(&env->fault.location);
}

void ps_env_free(ps_env *env)
{
    ps_env_reset(env);
    ps_buf_free(&env->fault.cause);
    ps_buf_free(&env->fault.location);
}

const ps_value *ps_scope_get(const ps_scope *scope, ps_str name)
{
    for (; scope; scope = scope->outer) {
        const ps_value *v = scope->variables ? ps_object_get(scope->variables, name) : NULL;
        if (v) {
            return v;
        }
    }
    return NULL;
}
