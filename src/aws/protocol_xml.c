/* protocol_xml.c -- XML -> shape, and refusals told in XML. */
#include "aws/protocol_xml.h"

#include "base/mem.h"

/* -- scalars ------------------------------------------------------------------------------------
 */

/* An empty element is an empty string, blob or container, but no number, boolean or instant: such a
 * one counts as absent. */
static bool says_nothing(const ps_shape *shape, ps_str text)
{
    return shape->kind > PS_SHAPE_STRING && shape->kind != PS_SHAPE_BLOB &&
           ps_xml_trim(text).len == 0;
}

static ps_str scalar_text(const ps_shape *shape, ps_str text)
{
    return shape->kind == PS_SHAPE_STRING ? text : ps_xml_trim(text);
}

/* -- lists and maps: `into` is filled before anybody sees it ------------------------------------
 */

static ps_status add_element(const ps_member *element, const ps_xml_node *node, ps_value *into,
                             ps_error *err)
{
    if (says_nothing(element->shape, node->text)) {
        return PS_OK;
    }
    ps_value *v = ps_xml_read_value(element, node, err);
    if (!v) {
        return err->code;
    }
    ps_array_add_take(into, v);
    return PS_OK;
}

static ps_status add_entry(const ps_shape *map, const ps_xml_node *entry, ps_value *into,
                           ps_error *err)
{
    const ps_member *key = &map->members[0], *value = &map->members[1];
    const ps_xml_node *key_node = ps_xml_child(entry, key->named ? key->wire_name : PS_STR("key"));
    const ps_xml_node *value_node =
        ps_xml_child(entry, value->named ? value->wire_name : PS_STR("value"));
    if (!key_node || !value_node || says_nothing(value->shape, value_node->text)) {
        return PS_OK;
    }
    ps_value *v = ps_xml_read_value(value, value_node, err);
    if (!v) {
        return err->code;
    }
    ps_object_put_take(into, key_node->text, v);
    return PS_OK;
}

static ps_value *read_container(const ps_shape *shape, const ps_xml_node *node, ps_error *err)
{
    bool list = shape->kind == PS_SHAPE_LIST;
    ps_value *into = list ? ps_array(0) : ps_object(0);
    for (const ps_xml_node *child = node->child; child; child = child->next) {
        ps_status status = list ? add_element(&shape->members[0], child, into, err)
                                : add_entry(shape, child, into, err);
        if (status != PS_OK) {
            ps_value_unref(into);
            return NULL;
        }
    }
    return into;
}

ps_value *ps_xml_read_value(const ps_member *m, const ps_xml_node *node, ps_error *err)
{
    switch (m->shape->kind) {
    case PS_SHAPE_STRUCTURE:
        return ps_xml_read_structure(m->shape, node, err);
    case PS_SHAPE_LIST:
    case PS_SHAPE_MAP:
        return read_container(m->shape, node, err);
    default:
        return ps_scalar_read(m, scalar_text(m->shape, node->text), err);
    }
}

/* -- structures ---------------------------------------------------------------------------------
 */

static bool is_container(const ps_shape *shape)
{
    return shape->kind == PS_SHAPE_LIST || shape->kind == PS_SHAPE_MAP;
}

static bool is_flattened(const ps_member *m)
{
    return is_container(m->shape) && (m->flattened || m->shape->flattened);
}

static bool is_element(const ps_member *m)
{
    return ps_member_in_reply_body(m) && !m->attribute;
}

/* A list may have a name of its own, which holds where the structure's member has none. */
static bool list_is_called(const ps_member *m, ps_str name)
{
    return m->shape->kind == PS_SHAPE_LIST && !m->named && m->shape->wire_name.len &&
           ps_str_equal(m->shape->wire_name, name);
}

static bool element_is_called(const ps_member *m, ps_str name)
{
    return m->shape->kind == PS_SHAPE_LIST && is_flattened(m) && m->shape->members[0].named &&
           ps_str_equal(m->shape->members[0].wire_name, name);
}

/* Services name the elements of a flattened list by the structure's member, or by the list's
 * element where the model gives that a name of its own. */
static const ps_member *member_of(const ps_shape *shape, ps_str name)
{
    const ps_member *m = ps_shape_wire_member(shape, name);
    if (m && is_element(m)) {
        return m;
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        const ps_member *candidate = &shape->members[i];
        if (is_element(candidate) &&
            (ps_str_equal(candidate->wire_name, name) || element_is_called(candidate, name) ||
             list_is_called(candidate, name))) {
            return candidate;
        }
    }
    return NULL;
}

static ps_status read_child(const ps_member *m, const ps_xml_node *node, ps_value **slot,
                            ps_error *err)
{
    if (is_flattened(m)) {
        bool list = m->shape->kind == PS_SHAPE_LIST;
        if (!*slot) {
            *slot = list ? ps_array(0) : ps_object(0);
        }
        return list ? add_element(&m->shape->members[0], node, *slot, err)
                    : add_entry(m->shape, node, *slot, err);
    }
    if (*slot || says_nothing(m->shape, node->text)) {
        return PS_OK;
    }
    *slot = ps_xml_read_value(m, node, err);
    return *slot ? PS_OK : err->code;
}

static ps_status read_attribute(const ps_member *m, const ps_xml_node *node, ps_value **slot,
                                ps_error *err)
{
    const ps_xml_attribute *a = ps_xml_attribute_of(node, ps_xml_local_name(m->wire_name));
    if (a && !says_nothing(m->shape, a->value)) {
        *slot = ps_scalar_read(m, a->value, err);
        return *slot ? PS_OK : err->code;
    }
    return PS_OK;
}

/* A member of a union that this model does not know yet is told by name. */
static void put_unknown(ps_value *result, const ps_xml_node *node)
{
    ps_value *unknown = ps_object(1);
    ps_object_put_take(unknown, PS_STR("name"), ps_string(node->child->name));
    ps_object_put_take(result, PS_STR("SDK_UNKNOWN_MEMBER"), unknown);
}

ps_status ps_xml_read_into(const ps_shape *shape, const ps_xml_node *node, ps_value *result,
                           ps_error *err)
{
    ps_value **slots = ps_alloc_zeroed(shape->member_count, sizeof *slots);
    ps_status status = PS_OK;
    bool any = false;
    for (const ps_xml_node *child = node->child; child && status == PS_OK; child = child->next) {
        const ps_member *m = member_of(shape, child->name);
        if (m) {
            status = read_child(m, child, &slots[m - shape->members], err);
            any = true;
        }
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        const ps_member *m = &shape->members[i];
        if (m->attribute && status == PS_OK) {
            status = read_attribute(m, node, &slots[i], err);
        }
        if (slots[i]) {
            ps_object_put_take(result, m->name, slots[i]);
        }
    }
    if (status == PS_OK && shape->is_union && !any && node->child) {
        put_unknown(result, node);
    }
    ps_free(slots);
    return status;
}

ps_value *ps_xml_read_structure(const ps_shape *shape, const ps_xml_node *node, ps_error *err)
{
    ps_value *result = ps_object(0);
    if (ps_xml_read_into(shape, node, result, err) != PS_OK) {
        ps_value_unref(result);
        return NULL;
    }
    return result;
}

/* -- refusals -----------------------------------------------------------------------------------
 */

const ps_xml_node *ps_xml_error_node(const ps_xml_node *root)
{
    if (ps_str_equal(root->name, PS_STR("Error"))) {
        return root;
    }
    const ps_xml_node *error = ps_xml_child(root, PS_STR("Error"));
    return error ? error : ps_xml_child(ps_xml_child(root, PS_STR("Errors")), PS_STR("Error"));
}

/* The text of the first child there is of up to three spellings. */
static ps_str first_text(const ps_xml_node *node, ps_str a, ps_str b, ps_str c)
{
    const ps_xml_node *child = ps_xml_child(node, a);
    child = child ? child : ps_xml_child(node, b);
    child = child ? child : ps_xml_child(node, c);
    return child ? child->text : PS_STR("");
}

static ps_str request_id_of(const ps_xml_node *root, const ps_xml_node *error)
{
    ps_str id = first_text(root, PS_STR("RequestId"), PS_STR("RequestID"), PS_STR("requestId"));
    return id.len
               ? id
               : first_text(error, PS_STR("RequestId"), PS_STR("RequestID"), PS_STR("requestId"));
}

static void read_fields(const ps_xml_node *error, const ps_reply *reply, ps_refusal *out)
{
    ps_error ignored = {0};
    ps_value *fields = ps_object(0);
    ps_headers headers = {0};
    ps_headers_parse(&headers, reply->headers);
    bool whole = ps_rest_read(out->shape, reply->status, &headers, fields, &ignored) == PS_OK &&
                 ps_xml_read_into(out->shape, error, fields, &ignored) == PS_OK;
    ps_headers_free(&headers);
    if (whole) {
        ps_value_set_take(&out->fields, fields);
    } else {
        ps_value_unref(fields);
    }
}

ps_xml *ps_xml_refusal(const ps_operation *op, const ps_reply *reply, ps_refusal *out)
{
    ps_error ignored = {0};
    ps_headers headers = {0};
    ps_headers_parse(&headers, reply->headers);
    ps_str header_id = ps_reply_request_id(&headers);
    ps_xml *x = reply->body.len ? ps_xml_parse(reply->body, &ignored) : NULL;
    const ps_xml_node *error = x ? ps_xml_error_node(ps_xml_root(x)) : NULL;
    if (error) {
        ps_str id = request_id_of(ps_xml_root(x), error);
        ps_str type = first_text(error, PS_STR("Type"), PS_STR("type"), PS_STR("Type"));
        ps_refusal_set(out, op, reply->status,
                       first_text(error, PS_STR("Code"), PS_STR("code"), PS_STR("Code")),
                       first_text(error, PS_STR("Message"), PS_STR("message"), PS_STR("Message")),
                       id.len ? id : header_id);
        if (type.len) {
            out->sender_fault = ps_str_equal(type, PS_STR("Sender"));
        }
        if (out->shape) {
            read_fields(error, reply, out);
        }
    } else {
        ps_refusal_set(out, op, reply->status, PS_STR(""), PS_STR(""), header_id);
    }
    ps_headers_free(&headers);
    return x;
}
