/* path.c -- a path from its text: the root, what is known of it at once, reading it. */
#include "expr/path.h"

#include "base/mem.h"
#include "expr/identifier.h"
#include "expr/path_layout.h"

/* The root's own text: "$", "$$" or "$name"; the chain begins with its last byte, or, for a
 * variable, is read as if "$" stood for the name. */
static ps_status read_root(ps_path *p, ps_str text, size_t *chain_at, ps_error *err)
{
    if (!text.len || text.p[0] != '$') {
        return ps_fail(err, PS_EINPUT, 0, "JSONPath: expected '$' at the start");
    }
    if (text.len > 1 && text.p[1] == '$') {
        p->root = PS_ROOT_CONTEXT;
        *chain_at = 1;
        return PS_OK;
    }
    size_t len = ps_identifier_length((ps_str){text.p + 1, text.len - 1});
    if (len) {
        p->root = PS_ROOT_VARIABLE;
        p->variable = (ps_str){text.p + 1, len};
        /* the byte before the first step: it is never looked at but as the root */
        *chain_at = len;
        return PS_OK;
    }
    p->root = PS_ROOT_INPUT;
    *chain_at = 0;
    return PS_OK;
}

ps_path *ps_path_new(ps_str text, ps_error *err)
{
    size_t chain_at = 0;
    if (text.len > PS_MAX_PATH_BYTES) {
        ps_fail(err, PS_ELIMIT, PS_MAX_PATH_BYTES, "JSONPath: longer than %d bytes",
                PS_MAX_PATH_BYTES);
        return NULL;
    }
    ps_path *p = ps_alloc_zeroed(1, sizeof *p);
    p->text = ps_string(text);
    text = ps_value_str(p->text);
    ps_path_compiler c = {.err = err};
    if (read_root(p, text, &chain_at, err) != PS_OK) {
        goto fail;
    }
    c.base = chain_at;
    if (ps_chain_parse(&c, (ps_str){text.p + chain_at, text.len - chain_at}, &p->chain) != PS_OK) {
        goto fail;
    }
    p->allowed = !c.has_calls && !c.has_rest;
    p->slots = c.slots;
    return p;
fail:
    ps_path_free(p);
    return NULL;
}

void ps_path_free(ps_path *p)
{
    if (p) {
        ps_chain_clear(&p->chain);
        ps_value_unref(p->text);
        ps_free(p);
    }
}

ps_str ps_path_text(const ps_path *p)
{
    return ps_value_str(p->text);
}

ps_path_root ps_path_where(const ps_path *p)
{
    return p->root;
}

ps_str ps_path_variable(const ps_path *p)
{
    return p->variable;
}

bool ps_path_definite(const ps_path *p)
{
    return p->chain.definite;
}

bool ps_path_reference(const ps_path *p)
{
    if (!p->allowed) {
        return false;
    }
    for (size_t i = 0; i < p->chain.count; i++) {
        const ps_step *step = &p->chain.steps[i];
        if (step->kind != PS_STEP_NAME && !(step->kind == PS_STEP_INDEX && step->indices[0] >= 0)) {
            return false;
        }
    }
    return true;
}

bool ps_path_whole(const ps_path *p)
{
    return p->root == PS_ROOT_INPUT && p->chain.count == 0;
}

bool ps_path_allowed(const ps_path *p)
{
    return p->allowed;
}

/* -- reading ----------------------------------------------------------------------------------- */

/* The document the chain is read from; NULL where there is none. */
static const ps_value *document(const ps_path *p, const ps_value *input, ps_env *env)
{
    switch (p->root) {
    case PS_ROOT_CONTEXT:
        return env->context ? env->context(env->context_arg) : NULL;
    case PS_ROOT_VARIABLE:
        return ps_scope_get(env->scope, p->variable);
    default:
        return input;
    }
}

ps_walk ps_path_walk(const ps_path *p, const ps_value *from, ps_env *env, ps_value **out,
                     ps_value *paths)
{
    ps_path_job job = {.env = env,
                       .document = from,
                       .fuel = PS_MAX_PATH_FUEL,
                       .slots = p->slots,
                       .cache = ps_alloc_zeroed(p->slots, sizeof(ps_value *)),
                       .cached = ps_alloc_zeroed(p->slots, sizeof(bool))};
    ps_walk walked = ps_chain_read(&job, &p->chain, from, false, out, paths);
    for (size_t i = 0; i < job.slots; i++) {
        ps_value_unref(job.cache[i]);
    }
    ps_free(job.cache);
    ps_free(job.cached);
    if (walked == PS_WALK_INVALID) {
        ps_str text = ps_value_str(p->text);
        ps_env_fail(env, PS_STR("States.Runtime"),
                    "Invalid path '%.*s': a filter can not be applied to primitives", (int)text.len,
                    text.p);
    }
    return walked;
}

ps_value *ps_path_read(const ps_path *p, const ps_value *input, ps_env *env)
{
    const ps_value *from = document(p, input, env);
    ps_value *v = NULL;
    if (!from) {
        return NULL;
    }
    if (p->chain.plain) {
        return ps_value_ref(ps_chain_plain(&p->chain, from));
    }
    ps_walk walked = ps_path_walk(p, from, env, &v, NULL);
    return walked == PS_WALK_MISSING && !p->chain.definite ? ps_array(0) : v;
}

ps_value *ps_path_list(const ps_path *p, const ps_value *input, ps_env *env)
{
    ps_value *paths = ps_array(0);
    ps_value *v = NULL;
    const ps_value *from = document(p, input, env);
    if (from && ps_path_walk(p, from, env, &v, paths) != PS_WALK_ON) {
        ps_value_set_take(&paths, ps_array(0)); /* what was found before the end does not count */
    }
    ps_value_unref(v);
    return paths;
}

/* -- words ------------------------------------------------------------------------------------- */

static void print_name(ps_str name, ps_buf *out)
{
    ps_buf_add_char(out, '\'');
    for (size_t i = 0; i < name.len; i++) {
        if (name.p[i] == '\'' || name.p[i] == '\\') {
            ps_buf_add_char(out, '\\');
        }
        ps_buf_add_char(out, name.p[i]);
    }
    ps_buf_add_char(out, '\'');
}

static void print_step(const ps_step *step, ps_buf *out)
{
    ps_buf_add_char(out, '[');
    for (size_t i = 0; i < step->count; i++) {
        if (i) {
            ps_buf_add_char(out, ',');
        }
        if (step->names) {
            print_name(ps_value_str(step->names[i]), out);
        } else {
            ps_buf_addf(out, "%d", (int)step->indices[i]);
        }
    }
    ps_buf_add_char(out, ']');
}

void ps_path_print_missing(const ps_path *p, const ps_value *input, ps_env *env, ps_buf *out)
{
    const ps_value *at = document(p, input, env);
    ps_buf_add_char(out, '$');
    if (p->root == PS_ROOT_VARIABLE) {
        ps_buf_add(out, p->variable);
    }
    for (size_t i = 0; i < p->chain.count && at; i++) {
        const ps_step *step = &p->chain.steps[i];
        if (step->kind > PS_STEP_INDICES) {
            return;
        }
        print_step(step, out);
        ps_chain one = {.steps = &p->chain.steps[i], .count = 1};
        at = step->count == 1 ? ps_chain_plain(&one, at) : NULL;
    }
}
