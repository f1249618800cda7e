/* protocol_rest_xml.c -- REST with bodies in XML: S3, Route 53, CloudFront. */
#include "aws/protocol_s3.h"
#include "aws/protocol_xml.h"

/* -- calls --------------------------------------------------------------------------------------
 */

/* A payload's root goes by the member's locationName. One that only repeats the member's name, and
 * has no namespace of its own, was put there by the model's generator: the shape's own name holds.
 */
static ps_str payload_root(const ps_member *payload)
{
    bool chosen = payload->named &&
                  (payload->xml_namespace.len || !ps_str_equal(payload->wire_name, payload->name));
    return chosen                          ? payload->wire_name
           : payload->shape->wire_name.len ? payload->shape->wire_name
                                           : payload->shape->name;
}

static ps_str body_root(const ps_member *input)
{
    return input->shape->wire_name.len ? input->shape->wire_name
           : input->named              ? input->wire_name
                                       : input->shape->name;
}

static const ps_value *given(const ps_value *params, const ps_member *m)
{
    const ps_value *v = params ? ps_object_get(params, m->name) : NULL;
    return v && ps_value_kind(v) != PS_NULL ? v : NULL;
}

static bool has_body_member(const ps_shape *shape, const ps_value *params)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        if (shape->members[i].location == PS_LOCATION_BODY && given(params, &shape->members[i])) {
            return true;
        }
    }
    return false;
}

static void write_document(const ps_member *holder, ps_str root, const ps_value *v, ps_request *req)
{
    ps_xml_write_document(holder, root, v, &req->body);
    if (ps_headers_get(&req->headers, PS_STR("Content-Type")).p == NULL) {
        ps_headers_add(&req->headers, PS_STR("Content-Type"), PS_STR("application/xml"));
    }
}

static ps_status write_call(const ps_operation *op, const ps_value *params,
                            const ps_write_options *options, ps_request *req, ps_error *err)
{
    ps_status status = ps_rest_write(op, params, req, err);
    if (status != PS_OK || !op->input) {
        return status;
    }
    const ps_shape *shape = op->input->shape;
    if (shape->payload) {
        const ps_value *v = given(params, shape->payload);
        if (options && options->streamed && shape->payload->streaming) {
            /* the bytes come from elsewhere */
        } else if (!ps_rest_write_raw(shape->payload, params, req) && v) {
            write_document(shape->payload, payload_root(shape->payload), v, req);
        }
    } else if (has_body_member(shape, params)) {
        write_document(op->input, body_root(op->input), params, req);
    }
    ps_s3_write(op, params, req);
    return PS_OK;
}

/* -- replies ------------------------------------------------------------------------------------
 */

static ps_status read_document(const ps_operation *op, ps_str body, ps_value *result, ps_error *err)
{
    const ps_shape *shape = op->output->shape;
    ps_status status = PS_OK;
    ps_xml *x = ps_xml_parse(body, err);
    if (!x) {
        return err->code;
    }
    const ps_xml_node *root = ps_xml_root(x);
    if (shape->payload) {
        ps_value *v = ps_xml_read_value(shape->payload, root, err);
        if (v) {
            ps_object_put_take(result, shape->payload->name, v);
        } else {
            status = err->code;
        }
    } else if (!ps_s3_read_root(op, root, result)) {
        status = ps_xml_read_into(shape, root, result, err);
    }
    ps_xml_free(x);
    return status;
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
    if (status == PS_OK && shape->payload &&
        ps_rest_read_raw(shape->payload, reply, streamed, result)) {
        return result;
    }
    if (status == PS_OK && reply->body.len && wants_document(shape)) {
        status = read_document(op, reply->body, result, err);
    }
    if (status != PS_OK) {
        ps_value_unref(result);
        return NULL;
    }
    return ps_s3_decode_take(op, result);
}

static void read_refusal(const ps_operation *op, const ps_reply *reply, ps_refusal *out)
{
    ps_xml *x = ps_xml_refusal(op, reply, out);
    if (op->model->is_s3) {
        ps_s3_refusal(reply, x ? ps_xml_error_node(ps_xml_root(x)) : NULL, out);
    }
    ps_xml_free(x);
}

const ps_codec ps_codec_rest_xml = {write_call, read_reply, read_refusal};
