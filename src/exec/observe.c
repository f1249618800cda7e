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

/* The stages, to be changed: whoever keeps the old ones keeps them as they were. */
static ps_value *changeable(ps_exec *x)
{
    if (!ps_value_unshared(x->stages)) {
        ps_value_set_take(&x->stages, ps_object_copy(x->stages));
    }
    return x->stages;
}

void ps_observe(ps_exec *x, const char *stage, const ps_value *v)
{
    if (x->stages && v) {
        ps_object_put_take(changeable(x), ps_str_from(stage), ps_value_ref(v));
    }
}

void ps_observe_each(ps_exec *x, const char *stage, const ps_value *v)
{
    if (!x->stages || !v) {
        return;
    }
    ps_value *stages = changeable(x);
    ps_value *list = ps_value_ref(ps_object_get(stages, ps_str_from(stage)));
    /* Taken out while it grows: then it is unshared, and an element costs no copy of all. */
    ps_object_remove(stages, ps_str_from(stage));
    if (!list) {
        list = ps_array(4);
    } else if (!ps_value_unshared(list)) {
        ps_value_set_take(&list, ps_array_copy(list));
    }
    ps_array_add_take(list, ps_value_ref(v));
    ps_object_put_take(stages, ps_str_from(stage), list);
}

void ps_observe_enter(ps_exec *x, const ps_frame *f)
{
    if (x->stages) {
        ps_value_set_take(&x->stages, ps_object(8));
        ps_observe(x, "input", f->input);
        ps_observe(x, "variables", f->scope.variables);
    }
}
