/* protocol_rest_json.c -- REST with bodies in JSON. */
#include "aws/protocol_layout.h"
#include "value/json.h"

static bool has_body_member(const ps_shape *shape)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        if (shape->members[i].location == PS_LOCATION_BODY) {
            return true;
        }
    }
    return false;
}

/* A shape with members in the body is sent as "{}" when none is given. */
static void write_document(const ps_shape *shape, const ps_value *params, ps_request *req)
{
    if (shape->payload) {
        const ps_value *v = params ? ps_object_get(params, shape->payload->name) : NULL;
        if (v && ps_value_kind(v) != PS_NULL) {
            ps_shape_json_write(shape->payload->shape, v, &req->body);
        } else {
            ps_buf_add(&req->body, PS_STR("{}"));
        }
    } else if (!has_body_member(shape)) {
        return;
    } else if (params) {
        ps_json_body_write(shape, params, &req->body);
    } else {
        ps_buf_add(&req->body, PS_STR("{}"));
    }
    if (!ps_headers_get(&req->headers, PS_STR("Content-Type")).p) {
        ps_headers_add(&req->headers, PS_STR("Content-Type"), PS_STR("application/json"));
    }
}

static ps_status write_call(const ps_operation *op, const ps_value *params,
                            const ps_write_options *options, ps_request *req, ps_error *err)
{
    ps_status status = ps_rest_write(op, params, req, err);
    if (status != PS_OK || !op->input) {
        return status;
    }
    const ps_member *payload = op->input->shape->payload;
    bool elsewhere = payload && payload->streaming && options && options->streamed;
    if (!elsewhere && !(payload && ps_rest_write_raw(payload, params, req))) {
        write_document(op->input->shape, params, req);
    }
    return PS_OK;
}

static bool wants_document(const ps_shape *shape)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        if (ps_member_in_reply_body(&shape->members[i])) {
            return true;
        }
    }
    return false;
}

static ps_status read_payload(const ps_member *payload, ps_str body, ps_value *result,
                              ps_error *err)
{
    if (body.len == 0) {
        return PS_OK;
    }
    ps_value *json = ps_json_parse(body, &ps_json_payload, err);
    ps_value *v = json ? ps_shape_json_read(payload->shape, json, err) : NULL;
    ps_value_unref(json);
    if (!v) {
        return err->code;
    }
    ps_object_put_take(result, payload->name, v);
    return PS_OK;
}

static ps_value *read_reply(const ps_operation *op, const ps_reply *reply, bool streamed,
                            ps_error *err)
{
    ps_value *result = ps_object(0);
    if (!op->output) {
        return result;
    }
    const ps_shape *shape = op->output->shape;
    ps_headers headers = {0};
    ps_headers_parse(&headers, reply->headers);
    ps_status status = ps_rest_read(shape, reply->status, &headers, result, err);
    ps_headers_free(&headers);
    if (status == PS_OK && !shape->payload) {
        if (wants_document(shape)) {
            status = ps_json_body_read(shape, reply->body, result, err);
        }
    } else if (status == PS_OK && !ps_rest_read_raw(shape->payload, reply, streamed, result)) {
        status = read_payload(shape->payload, reply->body, result, err);
    }
    if (status != PS_OK) {
        ps_value_set_take(&result, NULL);
    }
    return result;
}

const ps_codec ps_codec_rest_json = {write_call, read_reply, ps_json_refusal};
