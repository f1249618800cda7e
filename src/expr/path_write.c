/* path_write.c -- ResultPath: puts a value at a reference path of a copy. */
#include "expr/path_layout.h"
#include "value/json.h"

#define MAX_QUOTED 256

/* AWS's words; a long input is cut. */
static ps_value *refuse(const ps_path *p, const ps_value *input, ps_env *env)
{
    ps_buf text = {0};
    ps_str path = ps_value_str(p->text);
    if (ps_value_bytes(input) <= MAX_QUOTED) {
        ps_json_print(input, &text);
    } else {
        ps_buf_add(&text, PS_STR("..."));
    }
    ps_env_fail(env, PS_STR("States.ResultPathMatchFailure"),
                "Unable to apply ReferencePath %.*s to input %.*s", (int)path.len, path.p,
                (int)text.len, text.p);
    ps_buf_free(&text);
    return NULL;
}

/* `at` with `v` put behind the steps from `i` on; NULL where that cannot be. `at` is NULL where
 * nothing is yet: an object is made. Recursion is as deep as the path has steps. */
static ps_value *put(const ps_chain *chain, size_t i, const ps_value *at, const ps_value *v)
{
    if (i == chain->count) {
        return ps_value_ref(v);
    }
    const ps_step *step = &chain->steps[i];
    if (step->kind == PS_STEP_NAME) {
        if (at && ps_value_kind(at) != PS_OBJECT) {
            return NULL;
        }
        ps_value *below = put(chain, i + 1, at ? ps_object_get(at, step->name) : NULL, v);
        if (!below) {
            return NULL;
        }
        ps_value *copy = at ? ps_object_copy(at) : ps_object(1);
        ps_object_set_take(copy, ps_value_ref(step->names[0]), below);
        return copy;
    }
    size_t index = (size_t)step->indices[0];
    if (!at || ps_value_kind(at) != PS_ARRAY || index >= ps_value_count(at)) {
        return NULL;
    }
    ps_value *below = put(chain, i + 1, ps_array_at(at, index), v);
    if (!below) {
        return NULL;
    }
    ps_value *copy = ps_array_copy(at);
    ps_array_replace_take(copy, index, below);
    return copy;
}

ps_value *ps_path_write(const ps_path *p, const ps_value *input, const ps_value *v, ps_env *env)
{
    PS_ASSERT(p->root == PS_ROOT_INPUT && ps_path_reference(p));
    if (ps_value_depth(v) + p->chain.count > PS_MAX_DEPTH) {
        ps_env_fail(env, PS_STR("States.Runtime"), "The state's result is nested too deep");
        return NULL;
    }
    ps_value *written = put(&p->chain, 0, input, v);
    return written ? written : refuse(p, input, env);
}
