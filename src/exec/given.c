/* given.c -- what an exec was given at its start, kept in memory: all that one needs to know of an
 * execution that waited for nothing, for an exec made of it does the same again. */
#include "exec/layout.h"

#include "base/mem.h"

struct ps_given {
    ps_machine *machine;
    const ps_profile *profile;
    const ps_graph *graph;
    ps_value *arn, *name, *role_arn, *machine_arn, *machine_name, *activities, *input;
    int64_t now_ms;
    uint8_t seed[32];
};

ps_given *ps_exec_given(const ps_exec *x)
{
    ps_given *g = ps_alloc(sizeof *g);
    *g = (ps_given){.machine = ps_machine_ref(x->machine),
                    .profile = x->profile,
                    .graph = x->graph,
                    .arn = ps_value_ref(x->arn),
                    .name = ps_value_ref(x->name),
                    .role_arn = ps_value_ref(x->role_arn),
                    .machine_arn = ps_value_ref(x->machine_arn),
                    .machine_name = ps_value_ref(x->machine_name),
                    .activities = ps_value_ref(x->activities),
                    .input = ps_value_ref(x->input),
                    .now_ms = x->started_ms};
    memcpy(g->seed, x->seed, sizeof g->seed);
    return g;
}

ps_exec *ps_given_exec(const ps_given *g)
{
    ps_exec_options o = {.arn = g->arn,
                         .name = g->name,
                         .role_arn = g->role_arn,
                         .machine_arn = g->machine_arn,
                         .machine_name = g->machine_name,
                         .activities = g->activities,
                         .graph = g->graph,
                         .now_ms = g->now_ms,
                         .profile = g->profile};
    memcpy(o.seed, g->seed, sizeof o.seed);
    ps_error err;
    ps_exec *x = ps_exec_new(g->machine, g->input, &o, &err);
    PS_ASSERT(x); /* it was one before */
    return x;
}

const ps_value *ps_given_arn(const ps_given *g)
{
    return g->arn;
}

void ps_given_free(ps_given *g)
{
    if (!g) {
        return;
    }
    ps_value *const owned[] = {g->arn,          g->name,       g->role_arn, g->machine_arn,
                               g->machine_name, g->activities, g->input};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        ps_value_unref(owned[i]);
    }
    ps_machine_unref(g->machine);
    ps_free(g);
}
