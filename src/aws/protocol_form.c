/* protocol_form.c -- parameters as "Nested.Name.member.1=value". */
#include "aws/protocol_form.h"

typedef struct form {
    ps_buf *out;
    ps_buf name; /* of the value being written: "Filter.1.Value" */
    bool ec2;
} form;

static void put_value(form *f, const ps_member *m, const ps_value *v);

static void put_pair(form *f, ps_str name, ps_str value)
{
    if (f->out->len) {
        ps_buf_add_char(f->out, '&');
    }
    ps_percent_encode(f->out, name, PS_STR(""));
    ps_buf_add_char(f->out, '=');
    ps_percent_encode(f->out, value, PS_STR(""));
}

/* Lengthens the name by a part; the caller cuts it back to the length it had. */
static void push_part(form *f, ps_str part)
{
    if (f->name.len) {
        ps_buf_add_char(&f->name, '.');
    }
    ps_buf_add(&f->name, part);
}

static void push_number(form *f, size_t n)
{
    ps_buf_addf(&f->name, ".%zu", n);
}

static void push_member(form *f, const ps_member *m)
{
    size_t from = f->name.len + (f->name.len ? 1 : 0);
    if (f->ec2 && m->query_name.len) {
        push_part(f, m->query_name);
        return;
    }
    push_part(f, m->wire_name);
    if (f->ec2 && m->wire_name.len) {
        char *first = f->name.p + from;
        *first = *first >= 'a' && *first <= 'z' ? (char)(*first - 'a' + 'A') : *first;
    }
}

static void put_structure(form *f, const ps_shape *shape, const ps_value *v)
{
    size_t len = f->name.len;
    for (size_t i = 0; i < shape->member_count; i++) {
        const ps_member *m = &shape->members[i];
        const ps_value *value = ps_object_get(v, m->name);
        if (value && ps_value_kind(value) != PS_NULL) {
            push_member(f, m);
            put_value(f, m, value);
            f->name.len = len;
        }
    }
}

/* A flattened list whose elements have a name goes by that name instead of its own. */
static void rename_last_part(form *f, ps_str name)
{
    while (f->name.len && f->name.p[f->name.len - 1] != '.') {
        f->name.len--;
    }
    ps_buf_add(&f->name, name);
}

static void put_list(form *f, const ps_member *m, const ps_value *v)
{
    const ps_member *element = &m->shape->members[0];
    size_t number = 0;
    if (ps_value_count(v) == 0) {
        if (!f->ec2) {
            put_pair(f, ps_buf_str(&f->name), PS_STR(""));
        }
        return;
    }
    if (f->ec2) {
        /* nothing between the list's name and the numbers */
    } else if (!m->flattened && !m->shape->flattened) {
        push_part(f, element->named ? element->wire_name : PS_STR("member"));
    } else if (element->named) {
        rename_last_part(f, element->wire_name);
    }
    size_t len = f->name.len;
    for (size_t i = 0; i < ps_value_count(v); i++) {
        if (ps_value_kind(ps_array_at(v, i)) != PS_NULL) {
            push_number(f, ++number);
            put_value(f, element, ps_array_at(v, i));
            f->name.len = len;
        }
    }
}

static void put_map(form *f, const ps_member *m, const ps_value *v)
{
    const ps_member *key = &m->shape->members[0], *value = &m->shape->members[1];
    size_t number = 0;
    if (!m->flattened && !m->shape->flattened) {
        push_part(f, PS_STR("entry"));
    }
    size_t len = f->name.len;
    for (size_t i = 0; i < ps_value_count(v); i++) {
        if (ps_value_kind(ps_object_value_at(v, i)) == PS_NULL) {
            continue;
        }
        push_number(f, ++number);
        size_t entry_len = f->name.len;
        push_part(f, key->named ? key->wire_name : PS_STR("key"));
        put_pair(f, ps_buf_str(&f->name), ps_value_str(ps_object_key_at(v, i)));
        f->name.len = entry_len;
        push_part(f, value->named ? value->wire_name : PS_STR("value"));
        put_value(f, value, ps_object_value_at(v, i));
        f->name.len = len;
    }
}

static void put_value(form *f, const ps_member *m, const ps_value *v)
{
    switch (m->shape->kind) {
    case PS_SHAPE_STRUCTURE:
        put_structure(f, m->shape, v);
        return;
    case PS_SHAPE_LIST:
        put_list(f, m, v);
        return;
    case PS_SHAPE_MAP:
        put_map(f, m, v);
        return;
    default:
        break;
    }
    ps_buf text = {0};
    ps_scalar_write(m, v, PS_TIME_ISO8601, &text);
    put_pair(f, ps_buf_str(&f->name), ps_buf_str(&text));
    ps_buf_free(&text);
}

ps_status ps_form_write(const ps_operation *op, const ps_value *params, bool ec2, ps_request *req)
{
    form f = {.out = &req->body, .ec2 = ec2};
    req->method = ps_request_method(op->method);
    ps_buf_add(&req->path, PS_STR("/"));
    ps_headers_set(&req->headers, PS_STR("Content-Type"),
                   PS_STR("application/x-www-form-urlencoded; charset=utf-8"));
    put_pair(&f, PS_STR("Action"), op->name);
    put_pair(&f, PS_STR("Version"), op->model->api_version);
    if (op->input && params) {
        put_structure(&f, op->input->shape, params);
    }
    ps_buf_free(&f.name);
    return PS_OK;
}
