/* template_compile.c -- definitions of templates to plans, telling every fault with its pointer. */
#include "base/mem.h"
#include "expr/template_internal.h"

typedef struct compiler {
    bool jsonata;
    ps_buf pointer;
    ps_template_report *report;
    void *report_arg;
    ps_error *first;
    bool failed;
} compiler;

static void plan_free(ps_plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        plan_free(&p->parts[i]);
    }
    ps_free(p->parts);
    ps_value_unref(p->shared);
    ps_value_unref(p->field);
    ps_value_unref(p->key);
    ps_path_free(p->path);
    ps_path_free(p->array);
    ps_intrinsic_free(p->call);
    ps_query_free(p->query);
}

/* -- one expression -----------------------------------------------------------------------------
 */

/* "$.a[3]" -> "$.a": what must be an array for a missing element to be null (see template.c). */
static ps_path *path_before_index(ps_str text)
{
    ps_error err = {0};
    size_t at = text.len;
    if (at == 0 || text.p[at - 1] != ']') {
        return NULL;
    }
    at--;
    size_t end = at;
    while (at > 0 && text.p[at - 1] >= '0' && text.p[at - 1] <= '9') {
        at--;
    }
    if (at == end || at < 2 || text.p[at - 1] != '[') {
        return NULL;
    }
    return ps_path_new((ps_str){text.p, at - 1}, &err);
}

static ps_status compile_expression(ps_plan *p, ps_str text, ps_error *err)
{
    if (ps_intrinsic_is(text)) {
        p->kind = PS_PLAN_CALL;
        p->call = ps_intrinsic_new(text, err);
        return p->call ? PS_OK : err->code;
    }
    p->kind = PS_PLAN_PATH;
    if (!ps_str_starts(text, PS_STR("$"))) {
        return ps_fail(err, PS_EINPUT, 0, "expected a JSONPath or an intrinsic function call");
    }
    p->path = ps_path_new(text, err);
    if (!p->path) {
        return err->code;
    }
    if (!ps_path_allowed(p->path)) {
        return ps_fail(err, PS_EINPUT, 0, "a JSONPath with functions is not supported");
    }
    if (ps_path_definite(p->path)) {
        p->array = path_before_index(text);
    }
    return PS_OK;
}

ps_template *ps_template_expression(ps_str text, ps_error *err)
{
    ps_template *t = ps_alloc(sizeof *t);
    *t = (ps_template){0};
    if (compile_expression(&t->plan, text, err) != PS_OK) {
        ps_template_free(t);
        return NULL;
    }
    return t;
}

/* -- whole templates ----------------------------------------------------------------------------
 */

static size_t enter_key(compiler *c, ps_str key)
{
    size_t before = c->pointer.len;
    ps_buf_add_char(&c->pointer, '/');
    for (size_t i = 0; i < key.len; i++) {
        if (key.p[i] == '~' || key.p[i] == '/') {
            ps_buf_add(&c->pointer, key.p[i] == '~' ? PS_STR("~0") : PS_STR("~1"));
        } else {
            ps_buf_add_char(&c->pointer, key.p[i]);
        }
    }
    return before;
}

static void tell(compiler *c, const ps_error *err)
{
    if (!c->failed) {
        *c->first = *err;
    }
    c->failed = true;
    if (c->report) {
        c->report(c->report_arg, ps_buf_str(&c->pointer), err);
    }
}

/* AWS's words, with the place inside of the text in `err->at`. */
static void tell_field(compiler *c, ps_str field, const ps_error *reason)
{
    ps_error err = {0};
    ps_fail(&err, reason->code, reason->at,
            "The value for the field '%.*s' must be a valid JSONPath or a valid intrinsic function "
            "call",
            (int)(field.len < 60 ? field.len : 60), field.p);
    tell(c, &err);
}

static void compile_field(compiler *c, ps_plan *p, const ps_value *key, const ps_value *v)
{
    ps_error err = {.code = PS_EINPUT};
    ps_str field = ps_value_str(key);
    p->field = ps_value_ref(key);
    p->key = ps_string((ps_str){field.p, field.len - 2});
    if (ps_value_kind(v) != PS_STRING || compile_expression(p, ps_value_str(v), &err) != PS_OK) {
        tell_field(c, field, &err);
    }
}

static void compile_query(compiler *c, ps_plan *p, ps_str text)
{
    ps_error err = {0};
    p->kind = PS_PLAN_QUERY;
    p->query = ps_query_new(text, &err);
    if (!p->query) {
        tell(c, &err);
    }
}

static void compile_value(compiler *c, ps_plan *p, const ps_value *v);

static void compile_members(compiler *c, ps_plan *p, const ps_value *v)
{
    p->kind = PS_PLAN_OBJECT;
    p->parts = ps_alloc_zeroed(ps_value_count(v), sizeof *p->parts);
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *key = ps_object_key_at(v, i);
        size_t before = enter_key(c, ps_value_str(key));
        ps_plan *part = &p->parts[p->count++];
        if (!c->jsonata && ps_str_ends(ps_value_str(key), PS_STR(".$"))) {
            compile_field(c, part, key, ps_object_value_at(v, i));
        } else {
            part->key = ps_value_ref(key);
            compile_value(c, part, ps_object_value_at(v, i));
        }
        c->pointer.len = before;
    }
}

static void compile_elements(compiler *c, ps_plan *p, const ps_value *v)
{
    p->kind = PS_PLAN_ARRAY;
    p->parts = ps_alloc_zeroed(ps_value_count(v), sizeof *p->parts);
    for (size_t i = 0; i < ps_value_count(v); i++) {
        size_t before = c->pointer.len;
        ps_buf_addf(&c->pointer, "/%zu", i);
        compile_value(c, &p->parts[p->count++], ps_array_at(v, i));
        c->pointer.len = before;
    }
}

/* A container none of whose parts is filled is shared as a whole. */
static void share_constant(ps_plan *p, const ps_value *v)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->parts[i].kind != PS_PLAN_SHARED) {
            return;
        }
    }
    ps_value *key = ps_value_ref(p->key);
    plan_free(p);
    *p = (ps_plan){.kind = PS_PLAN_SHARED, .shared = ps_value_ref(v), .key = key};
}

static void compile_value(compiler *c, ps_plan *p, const ps_value *v)
{
    if (ps_value_kind(v) == PS_OBJECT) {
        compile_members(c, p, v);
        share_constant(p, v);
    } else if (ps_value_kind(v) == PS_ARRAY) {
        compile_elements(c, p, v);
        share_constant(p, v);
    } else if (c->jsonata && ps_value_kind(v) == PS_STRING && ps_query_is(ps_value_str(v))) {
        compile_query(c, p, ps_value_str(v));
    } else {
        p->kind = PS_PLAN_SHARED;
        p->shared = ps_value_ref(v);
    }
}

static ps_template *compile(const ps_value *definition, bool jsonata, ps_template_report *report,
                            void *arg, ps_error *err)
{
    compiler c = {.jsonata = jsonata, .report = report, .report_arg = arg, .first = err};
    ps_template *t = ps_alloc(sizeof *t);
    *t = (ps_template){0};
    compile_value(&c, &t->plan, definition);
    ps_buf_free(&c.pointer);
    if (c.failed) {
        ps_template_free(t);
        return NULL;
    }
    return t;
}

ps_template *ps_template_new(const ps_value *definition, ps_template_report *report, void *arg,
                             ps_error *err)
{
    return compile(definition, false, report, arg, err);
}

ps_template *ps_template_query(const ps_value *definition, ps_template_report *report, void *arg,
                               ps_error *err)
{
    return compile(definition, true, report, arg, err);
}

void ps_template_free(ps_template *t)
{
    if (t) {
        plan_free(&t->plan);
        ps_free(t);
    }
}

static void visit_plan(const ps_plan *p, void (*visit)(void *arg, const ps_path *p), void *arg)
{
    if (p->kind == PS_PLAN_PATH) {
        visit(arg, p->path);
    } else if (p->kind == PS_PLAN_CALL) {
        ps_intrinsic_paths(p->call, visit, arg);
    }
    for (size_t i = 0; i < p->count; i++) {
        visit_plan(&p->parts[i], visit, arg);
    }
}

void ps_template_paths(const ps_template *t, void (*visit)(void *arg, const ps_path *p), void *arg)
{
    visit_plan(&t->plan, visit, arg);
}
