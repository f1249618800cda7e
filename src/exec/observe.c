/* observe.c -- keeps the stages of the state entered last, when asked to. */
#include "exec/layout.h"

void ps_exec_observe(ps_exec *x)
{
    if (!x->stages) {
        x->stages = ps_object(8);
    }
}

const ps_value *ps_exec_stages(const ps_exec *x)
{
    return x->stages;
}

void ps_observe(ps_exec *x, const char *stage, const ps_value *v)
{
    if (x->stages && v) {
        if (!ps_value_unshared(x->stages)) {
            ps_value_set_take(&x->stages,
                              ps_object_copy(x->stages)); /* somebody keeps the old one */
        }
        ps_object_put_take(x->stages, ps_str_from(stage), ps_value_ref(v));
    }
}

void ps_observe_each(ps_exec *x, const char *stage, const ps_value *v)
{
    if (x->stages && v) {
        const ps_value *before = ps_object_get(x->stages, ps_str_from(stage));
        ps_value *list = before ? ps_array_copy(before) : ps_array(4);
        ps_array_add_take(list, ps_value_ref(v));
        ps_observe(x, stage, list);
        ps_value_unref(list);
    }
}

void ps_observe_enter(ps_exec *x, const ps_frame *f)
{
    if (x->stages) {
        ps_value_set_take(&x->stages, ps_object(8));
        ps_observe(x, "input", f->input);
        ps_observe(x, "variables", f->scope.variables);
    }
}
