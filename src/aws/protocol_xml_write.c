/* protocol_xml_write.c -- shape -> XML. */
#include "aws/protocol_xml.h"

static void write_value(ps_xml_writer *w, const ps_member *m, ps_str name, const ps_value *v);

static void put_namespace(ps_xml_writer *w, ps_str uri, ps_str prefix)
{
    ps_buf name = {0};
    ps_buf_add(&name, PS_STR("xmlns"));
    if (prefix.len) {
        ps_buf_add_char(&name, ':');
        ps_buf_add(&name, prefix);
    }
    ps_xml_put_attribute(w, ps_buf_str(&name), uri);
    ps_buf_free(&name);
}

static void open_element(ps_xml_writer *w, const ps_member *m, ps_str name)
{
    ps_xml_open(w, name);
    if (m->xml_namespace.len) {
        put_namespace(w, m->xml_namespace, m->xml_prefix);
    } else if (m->shape->xml_namespace.len) {
        put_namespace(w, m->shape->xml_namespace, m->shape->xml_prefix);
    }
}

static void put_scalar(ps_xml_writer *w, const ps_member *m, const ps_value *v, ps_str attribute)
{
    ps_buf text = {0};
    ps_scalar_write(m, v, PS_TIME_ISO8601, &text);
    if (attribute.len) {
        ps_xml_put_attribute(w, attribute, ps_buf_str(&text));
    } else {
        ps_xml_put_text(w, ps_buf_str(&text));
    }
    ps_buf_free(&text);
}

static const ps_value *present(const ps_value *structure, const ps_member *m)
{
    const ps_value *v = ps_object_get(structure, m->name);
    return v && ps_value_kind(v) != PS_NULL ? v : NULL;
}

/* `top`: members may travel elsewhere; below the top a location means nothing. */
static void put_members(ps_xml_writer *w, const ps_shape *shape, const ps_value *v, bool top)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const ps_member *m = &shape->members[i];
        const ps_value *value = m->attribute ? present(v, m) : NULL;
        if (value) {
            put_scalar(w, m, value, m->wire_name);
        }
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        const ps_member *m = &shape->members[i];
        bool elsewhere = m->attribute || (top && m->location != PS_LOCATION_BODY);
        const ps_value *value = elsewhere ? NULL : present(v, m);
        if (value) {
            write_value(w, m, m->wire_name, value);
        }
    }
}

static void write_list(ps_xml_writer *w, const ps_member *m, ps_str name, const ps_value *v)
{
    const ps_member *element = &m->shape->members[0];
    bool flattened = m->flattened || m->shape->flattened;
    ps_str element_name = flattened ? name : element->named ? element->wire_name : PS_STR("member");
    if (!flattened) {
        open_element(w, m, name);
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *item = ps_array_at(v, i);
        if (ps_value_kind(item) != PS_NULL) {
            write_value(w, element, element_name, item);
        }
    }
    if (!flattened) {
        ps_xml_close(w, name);
    }
}

static void write_map(ps_xml_writer *w, const ps_member *m, ps_str name, const ps_value *v)
{
    const ps_member *key = &m->shape->members[0], *value = &m->shape->members[1];
    ps_str key_name = key->named ? key->wire_name : PS_STR("key");
    ps_str value_name = value->named ? value->wire_name : PS_STR("value");
    bool flattened = m->flattened || m->shape->flattened;
    ps_str entry_name = flattened ? name : PS_STR("entry");
    if (!flattened) {
        open_element(w, m, name);
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *item = ps_object_value_at(v, i);
        if (ps_value_kind(item) == PS_NULL) {
            continue;
        }
        if (flattened) {
            open_element(w, m, entry_name);
        } else {
            ps_xml_open(w, entry_name);
        }
        write_value(w, key, key_name, ps_object_key_at(v, i));
        write_value(w, value, value_name, item);
        ps_xml_close(w, entry_name);
    }
    if (!flattened) {
        ps_xml_close(w, name);
    }
}

static void write_value(ps_xml_writer *w, const ps_member *m, ps_str name, const ps_value *v)
{
    switch (m->shape->kind) {
    case PS_SHAPE_LIST:
        write_list(w, m, name, v);
        return;
    case PS_SHAPE_MAP:
        write_map(w, m, name, v);
        return;
    case PS_SHAPE_STRUCTURE:
        open_element(w, m, name);
        put_members(w, m->shape, v, false);
        break;
    default:
        open_element(w, m, name);
        put_scalar(w, m, v, PS_STR(""));
    }
    ps_xml_close(w, name);
}

void ps_xml_write_document(const ps_member *holder, ps_str name, const ps_value *v, ps_buf *out)
{
    ps_xml_writer w = {.out = out};
    if (holder->shape->kind != PS_SHAPE_STRUCTURE) {
        write_value(&w, holder, name, v);
        return;
    }
    open_element(&w, holder, name);
    put_members(&w, holder->shape, v, true);
    ps_xml_close(&w, name);
}
