/* protocol_cbor.c -- smithy-rpc-v2-cbor. */
#include "aws/cbor.h"
#include "aws/protocol_layout.h"
#include "base/utf8.h"

#include <math.h>

/* -- shape -> CBOR ------------------------------------------------------------------------------
 */

static void put_value(ps_buf *out, const ps_shape *shape, const ps_value *v);

static void put_structure(ps_buf *out, const ps_shape *shape, const ps_value *v)
{
    size_t count = 0;
    for (size_t i = 0; i < shape->member_count; i++) {
        const ps_value *value = ps_object_get(v, shape->members[i].name);
        count += value && ps_value_kind(value) != PS_NULL;
    }
    ps_cbor_put_head(out, PS_CBOR_MAP, count);
    for (size_t i = 0; i < shape->member_count; i++) {
        const ps_member *m = &shape->members[i];
        const ps_value *value = ps_object_get(v, m->name);
        if (value && ps_value_kind(value) != PS_NULL) {
            ps_cbor_put_string(out, PS_CBOR_TEXT, m->wire_name);
            put_value(out, m->shape, value);
        }
    }
}

static void put_container(ps_buf *out, const ps_shape *shape, const ps_value *v)
{
    bool list = shape->kind == PS_SHAPE_LIST;
    size_t count = ps_value_count(v);
    ps_cbor_put_head(out, list ? PS_CBOR_ARRAY : PS_CBOR_MAP, count);
    for (size_t i = 0; i < count; i++) {
        if (!list) {
            ps_cbor_put_string(out, PS_CBOR_TEXT, ps_value_str(ps_object_key_at(v, i)));
        }
        put_value(out, shape->members[list ? 0 : 1].shape,
                  list ? ps_array_at(v, i) : ps_object_value_at(v, i));
    }
}

static double double_of(const ps_value *v)
{
    if (ps_value_kind(v) != PS_STRING) {
        return ps_value_double(v);
    }
    return ps_str_equal(ps_value_str(v), PS_STR("Infinity"))    ? (double)INFINITY
           : ps_str_equal(ps_value_str(v), PS_STR("-Infinity")) ? -(double)INFINITY
                                                                : (double)NAN;
}

static void put_number(ps_buf *out, const ps_shape *shape, const ps_value *v)
{
    int64_t n;
    if (shape->kind == PS_SHAPE_FLOAT) {
        ps_cbor_put_float(out, (float)double_of(v));
    } else if (shape->kind != PS_SHAPE_DOUBLE && ps_value_is_number(v) && ps_value_int(v, &n)) {
        ps_cbor_put_int(out, n);
    } else {
        ps_cbor_put_double(out, double_of(v));
    }
}

static void put_time(ps_buf *out, const ps_value *v)
{
    ps_buf text = {0};
    int64_t n;
    ps_time_write(v, PS_TIME_UNIX, &text);
    ps_value *seconds = ps_number(ps_buf_str(&text));
    ps_cbor_put_head(out, PS_CBOR_TAG, 1);
    if (ps_value_int(seconds, &n)) {
        ps_cbor_put_int(out, n);
    } else {
        ps_cbor_put_double(out, ps_value_double(seconds));
    }
    ps_value_unref(seconds);
    ps_buf_free(&text);
}

/* A document is JSON whatever the model says of it. */
static void put_document(ps_buf *out, const ps_value *v)
{
    int64_t n;
    size_t count;
    switch (ps_value_kind(v)) {
    case PS_NULL:
        ps_cbor_put_null(out);
        return;
    case PS_BOOL:
        ps_cbor_put_bool(out, ps_value_bool(v));
        return;
    case PS_STRING:
        ps_cbor_put_string(out, PS_CBOR_TEXT, ps_value_str(v));
        return;
    case PS_ARRAY:
        count = ps_value_count(v);
        ps_cbor_put_head(out, PS_CBOR_ARRAY, count);
        for (size_t i = 0; i < count; i++) {
            put_document(out, ps_array_at(v, i));
        }
        return;
    case PS_OBJECT:
        count = ps_value_count(v);
        ps_cbor_put_head(out, PS_CBOR_MAP, count);
        for (size_t i = 0; i < count; i++) {
            ps_cbor_put_string(out, PS_CBOR_TEXT, ps_value_str(ps_object_key_at(v, i)));
            put_document(out, ps_object_value_at(v, i));
        }
        return;
    default:
        if (ps_value_kind(v) == PS_INT && ps_value_int(v, &n)) {
            ps_cbor_put_int(out, n);
        } else {
            ps_cbor_put_double(out, ps_value_double(v));
        }
    }
}

static void put_value(ps_buf *out, const ps_shape *shape, const ps_value *v)
{
    if (ps_value_kind(v) == PS_NULL) {
        ps_cbor_put_null(out);
        return;
    }
    switch (shape->kind) {
    case PS_SHAPE_STRUCTURE:
        put_structure(out, shape, v);
        return;
    case PS_SHAPE_LIST:
    case PS_SHAPE_MAP:
        put_container(out, shape, v);
        return;
    case PS_SHAPE_STRING:
        ps_cbor_put_string(out, PS_CBOR_TEXT, ps_value_str(v));
        return;
    case PS_SHAPE_BLOB:
        ps_cbor_put_string(out, PS_CBOR_BYTES, ps_value_str(v));
        return;
    case PS_SHAPE_BOOLEAN:
        ps_cbor_put_bool(out, ps_value_bool(v));
        return;
    case PS_SHAPE_TIMESTAMP:
        put_time(out, v);
        return;
    case PS_SHAPE_DOCUMENT:
        put_document(out, v);
        return;
    default:
        put_number(out, shape, v);
    }
}

static ps_status write_call(const ps_operation *op, const ps_value *params,
                            const ps_write_options *options, ps_request *req, ps_error *err)
{
    (void)options;
    (void)err;
    req->method = PS_STR("POST");
    ps_buf_add(&req->path, PS_STR("/service/"));
    ps_percent_encode(&req->path, op->model->target_prefix, PS_STR(""));
    ps_buf_add(&req->path, PS_STR("/operation/"));
    ps_percent_encode(&req->path, op->name, PS_STR(""));
    ps_headers_add(&req->headers, PS_STR("smithy-protocol"), PS_STR("rpc-v2-cbor"));
    ps_headers_add(&req->headers, PS_STR("Accept"), PS_STR("application/cbor"));
    if (op->model->query_compatible) {
        ps_headers_add(&req->headers, PS_STR("x-amzn-query-mode"), PS_STR("true"));
    }
    if (op->input) {
        ps_headers_add(&req->headers, PS_STR("Content-Type"), PS_STR("application/cbor"));
        if (params) {
            put_structure(&req->body, op->input->shape, params);
        } else {
            ps_cbor_put_head(&req->body, PS_CBOR_MAP, 0);
        }
    }
    return PS_OK;
}

/* -- CBOR -> shape ------------------------------------------------------------------------------
 */

static ps_value *read_value(const ps_shape *shape, const ps_value *v, ps_error *err);

static ps_value *wrong(const ps_shape *shape, ps_error *err)
{
    ps_fail(err, PS_EINPUT, 0, "the reply's %.*s is of another type",
            (int)(shape->name.len < 40 ? shape->name.len : 40), shape->name.p);
    return NULL;
}

static void put_unknown(ps_value *result, const ps_value *v)
{
    for (size_t i = 0; i < ps_value_count(v); i++) {
        ps_str name = ps_value_str(ps_object_key_at(v, i));
        if (ps_value_kind(ps_object_value_at(v, i)) != PS_NULL &&
            !ps_str_equal(name, PS_STR("__type"))) {
            ps_value *unknown = ps_object(1);
            ps_object_put_take(unknown, PS_STR("name"), ps_string(name));
            ps_object_put_take(result, PS_STR("SDK_UNKNOWN_MEMBER"), unknown);
            return;
        }
    }
}

static ps_value *read_structure(const ps_shape *shape, const ps_value *v, ps_error *err)
{
    if (ps_value_kind(v) != PS_OBJECT) {
        return wrong(shape, err);
    }
    ps_value *result = ps_object(0);
    for (size_t i = 0; i < shape->member_count; i++) {
        const ps_member *m = &shape->members[i];
        const ps_value *value = ps_object_get(v, m->wire_name);
        if (value && ps_value_kind(value) != PS_NULL) {
            ps_value *member = read_value(m->shape, value, err);
            if (!member) {
                ps_value_unref(result);
                return NULL;
            }
            ps_object_put_take(result, m->name, member);
        }
    }
    if (shape->is_union && ps_value_count(result) == 0) {
        put_unknown(result, v);
    }
    return result;
}

static ps_value *read_list(const ps_shape *shape, const ps_value *v, ps_error *err)
{
    if (ps_value_kind(v) != PS_ARRAY) {
        return wrong(shape, err);
    }
    ps_value *result = ps_array(ps_value_count(v));
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *element = ps_array_at(v, i);
        ps_value *read = ps_value_kind(element) == PS_NULL
                             ? ps_null()
                             : read_value(shape->members[0].shape, element, err);
        if (!read) {
            ps_value_unref(result);
            return NULL;
        }
        ps_array_add_take(result, read);
    }
    return result;
}

static ps_value *read_map(const ps_shape *shape, const ps_value *v, ps_error *err)
{
    if (ps_value_kind(v) != PS_OBJECT) {
        return wrong(shape, err);
    }
    ps_value *result = ps_object(ps_value_count(v));
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *value = ps_object_value_at(v, i);
        bool null = ps_value_kind(value) == PS_NULL;
        if (null && !shape->sparse) {
            continue;
        }
        ps_value *read = null ? ps_null() : read_value(shape->members[1].shape, value, err);
        if (!read) {
            ps_value_unref(result);
            return NULL;
        }
        ps_object_put_take(result, ps_value_str(ps_object_key_at(v, i)), read);
    }
    return result;
}

static ps_value *read_time(const ps_shape *shape, const ps_value *v, ps_error *err)
{
    ps_value *seconds = ps_time_read_value(v);
    return seconds ? seconds : wrong(shape, err);
}

static ps_value *read_value(const ps_shape *shape, const ps_value *v, ps_error *err)
{
    ps_kind kind = ps_value_kind(v);
    bool good = true;
    switch (shape->kind) {
    case PS_SHAPE_STRUCTURE:
        return read_structure(shape, v, err);
    case PS_SHAPE_LIST:
        return read_list(shape, v, err);
    case PS_SHAPE_MAP:
        return read_map(shape, v, err);
    case PS_SHAPE_TIMESTAMP:
        return read_time(shape, v, err);
    case PS_SHAPE_STRING: /* which may have come as bytes */
        if (kind == PS_STRING && ps_utf8_check(ps_value_str(v)) != ps_value_str(v).len) {
            return ps_text_value(ps_value_str(v));
        }
        good = kind == PS_STRING;
        break;
    case PS_SHAPE_BLOB:
        good = kind == PS_STRING;
        break;
    case PS_SHAPE_BOOLEAN:
        good = kind == PS_BOOL;
        break;
    case PS_SHAPE_INTEGER:
    case PS_SHAPE_LONG:
        good = ps_value_is_number(v);
        break;
    case PS_SHAPE_FLOAT:
    case PS_SHAPE_DOUBLE:
        good = ps_value_is_number(v) || kind == PS_STRING;
        break;
    case PS_SHAPE_DOCUMENT:
        break;
    }
    return good ? ps_value_ref(v) : wrong(shape, err);
}

ps_value *ps_shape_cbor_read(const ps_shape *shape, const ps_value *tree, ps_error *err)
{
    return read_value(shape, tree, err);
}

static ps_value *read_reply(const ps_operation *op, const ps_reply *reply, bool streamed,
                            ps_error *err)
{
    (void)streamed;
    if (!op->output || reply->body.len == 0) {
        return ps_object(0);
    }
    ps_value *body = ps_cbor_read(reply->body, err);
    ps_value *result = body ? read_structure(op->output->shape, body, err) : NULL;
    ps_value_unref(body);
    return result;
}

/* -- refusals -----------------------------------------------------------------------------------
 */

static ps_str text_of(const ps_value *body, ps_str name)
{
    const ps_value *v = body && ps_value_kind(body) == PS_OBJECT ? ps_object_get(body, name) : NULL;
    return v && ps_value_kind(v) == PS_STRING ? ps_value_str(v) : PS_STR("");
}

static void read_refusal(const ps_operation *op, const ps_reply *reply, ps_refusal *out)
{
    ps_error ignored = {0};
    ps_headers headers = {0};
    ps_headers_parse(&headers, reply->headers);
    ps_value *body = reply->body.len ? ps_cbor_read(reply->body, &ignored) : NULL;
    ps_str message = text_of(body, PS_STR("message"));
    message = message.len ? message : text_of(body, PS_STR("Message"));
    ps_refusal_set(out, op, reply->status, text_of(body, PS_STR("__type")), message,
                   ps_reply_request_id(&headers));
    ps_refusal_query_code(out, op, ps_headers_get(&headers, PS_STR("x-amzn-query-error")));
    ps_value *fields = out->shape && body ? read_structure(out->shape, body, &ignored) : NULL;
    if (fields) {
        ps_value_set_take(&out->fields, fields);
    }
    ps_value_unref(body);
    ps_headers_free(&headers);
}

const ps_codec ps_codec_cbor = {write_call, read_reply, read_refusal};
