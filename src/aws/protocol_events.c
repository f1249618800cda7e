/* protocol_events.c -- a stream of events as a list of results. */
#include "aws/protocol_events.h"

#include "aws/cbor.h"
#include "aws/eventstream.h"
#include "aws/protocol_xml.h"
#include "value/json.h"

const ps_member *ps_events_member(const ps_operation *op)
{
    for (size_t i = 0; op->output && i < op->output->shape->member_count; i++) {
        if (op->output->shape->members[i].event_stream) {
            return &op->output->shape->members[i];
        }
    }
    return NULL;
}

static ps_value *read_xml(const ps_shape *shape, ps_str text, ps_error *err)
{
    ps_xml *x = ps_xml_parse(text, err);
    ps_value *v = x ? ps_xml_read_structure(shape, ps_xml_root(x), err) : NULL;
    ps_xml_free(x);
    return v;
}

/* The structure a payload means. */
static ps_value *read_document(const ps_operation *op, const ps_shape *shape, ps_str payload,
                               ps_error *err)
{
    if (payload.len == 0) {
        return ps_object(0);
    }
    if (op->model->protocol == PS_PROTOCOL_REST_XML) {
        return read_xml(shape, payload, err);
    }
    ps_value *v = NULL;
    bool cbor = op->model->protocol == PS_PROTOCOL_CBOR;
    ps_value *tree =
        cbor ? ps_cbor_read(payload, err) : ps_json_parse(payload, &ps_json_payload, err);
    if (tree && ps_value_kind(tree) != PS_OBJECT) {
        ps_fail(err, PS_EINPUT, 0, "an event holds no object");
    } else if (tree) {
        v = cbor ? ps_shape_cbor_read(shape, tree, err) : ps_shape_json_read(shape, tree, err);
    }
    ps_value_unref(tree);
    return v;
}

static ps_str header_text(const ps_event_message *m, ps_str name)
{
    const ps_value *v = ps_object_get(m->headers, name);
    return v && ps_value_kind(v) == PS_STRING ? ps_value_str(v) : PS_STR("");
}

static ps_value *read_payload(const ps_operation *op, const ps_member *m, ps_str payload,
                              ps_error *err)
{
    switch (m->shape->kind) {
    case PS_SHAPE_BLOB:
        return ps_string(payload);
    case PS_SHAPE_STRING:
        return ps_text_value(payload);
    default:
        return read_document(op, m->shape, payload, err);
    }
}

/* An event: members in headers, one that is the payload, or all others in the payload's document.
 */
static ps_value *read_event(const ps_operation *op, const ps_shape *shape,
                            const ps_event_message *message, ps_error *err)
{
    const ps_member *payload = NULL;
    for (size_t i = 0; i < shape->member_count; i++) {
        payload = shape->members[i].event_payload ? &shape->members[i] : payload;
    }
    ps_value *event = NULL;
    if (payload) {
        ps_value *v = read_payload(op, payload, message->payload, err);
        if (v) {
            event = ps_object(1);
            ps_object_put_take(event, payload->name, v);
        }
    } else {
        event = read_document(op, shape, message->payload, err);
    }
    for (size_t i = 0; event && i < shape->member_count; i++) {
        const ps_member *m = &shape->members[i];
        const ps_value *v = m->event_header ? ps_object_get(message->headers, m->wire_name) : NULL;
        if (v) {
            bool text = ps_value_kind(v) == PS_STRING && m->shape->kind != PS_SHAPE_BLOB;
            ps_object_put_take(event, m->name,
                               text ? ps_text_value(ps_value_str(v)) : ps_value_ref(v));
        }
    }
    return event;
}

static ps_status fail_exception(const ps_event_message *message, ps_error *err)
{
    ps_str type = header_text(message, PS_STR(":exception-type"));
    type = type.len ? type : header_text(message, PS_STR(":error-code"));
    return ps_fail(err, PS_EINPUT, 0, "the service ended the stream of events with %.*s",
                   (int)(type.len < 40 ? type.len : 40), type.p);
}

/* Adds what a message holds to `result` (the first reply) or to `events`. */
static ps_status add_message(const ps_operation *op, const ps_shape *stream,
                             const ps_event_message *message, ps_value **result, ps_value *events,
                             ps_error *err)
{
    ps_str type = header_text(message, PS_STR(":event-type"));
    ps_str kind = header_text(message, PS_STR(":message-type"));
    if (ps_str_equal(kind, PS_STR("exception")) || ps_str_equal(kind, PS_STR("error"))) {
        return fail_exception(message, err);
    }
    if (ps_str_equal(type, PS_STR("initial-response"))) {
        ps_value *first = read_document(op, op->output->shape, message->payload, err);
        if (!first) {
            return err->code;
        }
        ps_value_set_take(result, first);
        return PS_OK;
    }
    const ps_member *m = ps_shape_member(stream, type);
    ps_value *event =
        m && m->shape->kind == PS_SHAPE_STRUCTURE ? read_event(op, m->shape, message, err) : NULL;
    if (!m || !event) {
        return m && m->shape->kind == PS_SHAPE_STRUCTURE ? err->code : PS_OK;
    }
    ps_value *named = ps_object(1);
    ps_object_put_take(named, m->name, event);
    ps_array_add_take(events, named);
    return PS_OK;
}

static ps_status read_stream(const ps_operation *op, const ps_member *stream, ps_str body,
                             ps_value **result, ps_error *err)
{
    ps_value *events = ps_array(0);
    ps_status status = PS_OK;
    for (size_t at = 0; at < body.len && status == PS_OK;) {
        ps_event_message message = {0};
        status = ps_event_message_read(body, &at, &message, err);
        if (status == PS_OK) {
            status = add_message(op, stream->shape, &message, result, events, err);
        }
        ps_event_message_free(&message);
    }
    if (status == PS_OK) {
        ps_object_put_take(*result, stream->name, events);
    } else {
        ps_value_unref(events);
    }
    return status;
}

ps_value *ps_events_read(const ps_operation *op, const ps_reply *reply, bool streamed,
                         ps_error *err)
{
    const ps_member *stream = ps_events_member(op);
    ps_value *result = ps_object(0);
    ps_status status = PS_OK;
    if (op->model->protocol == PS_PROTOCOL_REST_JSON ||
        op->model->protocol == PS_PROTOCOL_REST_XML) {
        ps_headers headers = {0};
        ps_headers_parse(&headers, reply->headers);
        status = ps_rest_read(op->output->shape, reply->status, &headers, result, err);
        ps_headers_free(&headers);
    }
    if (status == PS_OK && !streamed) {
        status = read_stream(op, stream, reply->body, &result, err);
    }
    if (status != PS_OK) {
        ps_value_set_take(&result, NULL);
    }
    return result;
}
