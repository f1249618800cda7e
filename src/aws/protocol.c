/* protocol.c -- what calls have in common, whatever their protocol: idempotency tokens, the host's
 * prefix, checksums; the rest is the codec's. */
#include "aws/checksum.h"
#include "aws/gzip.h"
#include "aws/protocol_events.h"
#include "aws/protocol_layout.h"
#include "aws/protocol_s3.h"

static const ps_codec *const codecs[] = {
    [PS_PROTOCOL_JSON] = &ps_codec_json,         [PS_PROTOCOL_QUERY] = &ps_codec_query,
    [PS_PROTOCOL_EC2] = &ps_codec_ec2,           [PS_PROTOCOL_REST_JSON] = &ps_codec_rest_json,
    [PS_PROTOCOL_REST_XML] = &ps_codec_rest_xml, [PS_PROTOCOL_CBOR] = &ps_codec_cbor,
};

static const ps_value *given(const ps_value *params, const ps_member *m)
{
    const ps_value *v = params ? ps_object_get(params, m->name) : NULL;
    return v && ps_value_kind(v) != PS_NULL ? v : NULL;
}

static bool has_events(const ps_member *end)
{
    for (size_t i = 0; end && i < end->shape->member_count; i++) {
        if (end->shape->members[i].event_stream) {
            return true;
        }
    }
    return false;
}

/* -- calls --------------------------------------------------------------------------------------
 */

/* The parameters with a token where the model wants one: a new reference. */
static ps_value *with_token(const ps_operation *op, const ps_value *params, ps_str token)
{
    ps_value *copy = params ? ps_value_ref(params) : ps_object(0);
    for (size_t i = 0; op->input && token.len && i < op->input->shape->member_count; i++) {
        const ps_member *m = &op->input->shape->members[i];
        if (m->idempotency && !given(params, m)) {
            if (params && copy == params) {
                ps_value_set_take(&copy, ps_object_copy(params));
            }
            ps_object_put_take(copy, m->name, ps_string(token));
        }
    }
    return copy;
}

static bool is_host_text(ps_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '.') {
            return false;
        }
    }
    return s.len > 0;
}

static ps_status write_host_label(const ps_operation *op, ps_str label, const ps_value *params,
                                  ps_request *req, ps_error *err)
{
    const ps_member *m = op->input ? ps_shape_member(op->input->shape, label) : NULL;
    const ps_value *v = m ? given(params, m) : NULL;
    ps_str text = v && ps_value_kind(v) == PS_STRING ? ps_value_str(v) : PS_STR("");
    if (!is_host_text(text)) {
        return ps_fail(err, PS_EINPUT, 0,
                       "%.*s: must have letters, digits, '-' and '.' only, for it is a part of the "
                       "host's name",
                       label.len < 60 ? (int)label.len : 60, label.p);
    }
    ps_buf_add(&req->host_prefix, text);
    return PS_OK;
}

/* "{AccountId}.control-" */
static ps_status write_host_prefix(const ps_operation *op, const ps_value *params, ps_request *req,
                                   ps_error *err)
{
    const char *at = op->host_prefix.p, *end = at + op->host_prefix.len;
    while (at < end) {
        const char *close = *at == '{' ? memchr(at, '}', (size_t)(end - at)) : NULL;
        if (!close) {
            ps_buf_add_char(&req->host_prefix, *at++);
            continue;
        }
        ps_str label = {at + 1, (size_t)(close - at - 1)};
        if (write_host_label(op, label, params, req, err) != PS_OK) {
            return err->code;
        }
        at = close + 1;
    }
    return PS_OK;
}

/* -- checksums ----------------------------------------------------------------------------------
 */

static bool has_checksum(const ps_request *req)
{
    ps_str prefix = PS_STR("x-amz-checksum-");
    for (size_t i = 0; i < req->headers.count; i++) {
        ps_str name = ps_headers_name(&req->headers, i);
        if (name.len > prefix.len && ps_header_name_equal((ps_str){name.p, prefix.len}, prefix) &&
            !ps_header_name_equal(name, PS_STR("x-amz-checksum-algorithm")) &&
            !ps_header_name_equal(name, PS_STR("x-amz-checksum-type")) &&
            !ps_header_name_equal(name, PS_STR("x-amz-checksum-mode"))) {
            return true;
        }
    }
    return ps_headers_get(&req->headers, PS_STR("Content-MD5")).p != NULL;
}

static ps_status put_checksum(ps_str algorithm, ps_request *req, ps_error *err)
{
    ps_buf name = {0}, value = {0};
    if (!ps_checksum_write(algorithm, ps_buf_str(&req->body), &value)) {
        return ps_fail(err, PS_EUNSUPPORTED, 0,
                       "the checksum %.*s is not built in: give its value, or take CRC32, CRC32C, "
                       "SHA1 or SHA256",
                       algorithm.len < 40 ? (int)algorithm.len : 40, algorithm.p);
    }
    ps_buf_add(&name, PS_STR("x-amz-checksum-"));
    for (size_t i = 0; i < algorithm.len; i++) {
        char c = algorithm.p[i];
        ps_buf_add_char(&name, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    ps_headers_set(&req->headers, ps_buf_str(&name), ps_buf_str(&value));
    ps_buf_free(&name);
    ps_buf_free(&value);
    return PS_OK;
}

/* A body that comes from elsewhere is not known here. */
static ps_status write_checksum(const ps_operation *op, const ps_value *params, bool streamed,
                                ps_request *req, ps_error *err)
{
    const ps_member *member = op->checksum_algorithm;
    const ps_value *chosen = member ? given(params, member) : NULL;
    if (streamed || (!op->checksum_required && !chosen) || has_checksum(req)) {
        return PS_OK;
    }
    if (!member) {
        ps_buf digest = {0};
        ps_checksum_write(PS_STR("MD5"), ps_buf_str(&req->body), &digest);
        ps_headers_add(&req->headers, PS_STR("Content-MD5"), ps_buf_str(&digest));
        ps_buf_free(&digest);
        return PS_OK;
    }
    if (!chosen && member->location == PS_LOCATION_HEADER) {
        ps_headers_set(&req->headers, member->wire_name, PS_STR("CRC32"));
    }
    return put_checksum(chosen ? ps_value_str(chosen) : PS_STR("CRC32"), req, err);
}

/* Smaller bodies are not worth it. A build without zlib sends them as they are. */
static void pack_body(ps_request *req)
{
    enum { WORTHWHILE = 10240 };
    ps_buf packed = {0}, encoding = {0};
    if (req->body.len >= WORTHWHILE && ps_gzip(ps_buf_str(&req->body), &packed)) {
        ps_str before = ps_headers_get(&req->headers, PS_STR("Content-Encoding"));
        ps_buf_free(&req->body);
        req->body = packed;
        ps_buf_add(&encoding, before);
        ps_buf_add(&encoding, before.len ? PS_STR(", gzip") : PS_STR("gzip"));
        ps_headers_set(&req->headers, PS_STR("Content-Encoding"), ps_buf_str(&encoding));
    } else {
        ps_buf_free(&packed);
    }
    ps_buf_free(&encoding);
}

ps_status ps_protocol_write(const ps_operation *op, const ps_value *params,
                            const ps_write_options *options, ps_request *req, ps_error *err)
{
    static const ps_write_options none;
    if (has_events(op->input)) {
        return ps_fail(err, PS_EUNSUPPORTED, 0, "%.*s: streams of events are not sent",
                       (int)op->name.len, op->name.p);
    }
    options = options ? options : &none;
    ps_value *all = with_token(op, params, options->idempotency_token);
    req->method = op->method;
    req->payload = op->unsigned_body ? PS_PAYLOAD_UNSIGNED : PS_PAYLOAD_BODY;
    ps_status status = write_host_prefix(op, all, req, err);
    if (status == PS_OK) {
        status = codecs[op->model->protocol]->write(op, all, options, req, err);
    }
    if (status == PS_OK && op->gzip && !options->streamed) {
        pack_body(req);
    }
    if (status == PS_OK) {
        status = write_checksum(op, all, options->streamed, req, err);
    }
    ps_value_unref(all);
    return status;
}

/* -- replies ------------------------------------------------------------------------------------
 */

bool ps_protocol_accepted(const ps_operation *op, const ps_reply *reply)
{
    if (reply->status < 200 || reply->status > 299) {
        return false;
    }
    return !op->model->is_s3 || !ps_s3_hides_refusal(op, reply->body);
}

ps_value *ps_protocol_read(const ps_operation *op, const ps_reply *reply, bool streamed,
                           ps_error *err)
{
    if (ps_events_member(op)) {
        return ps_events_read(op, reply, streamed, err);
    }
    return codecs[op->model->protocol]->read(op, reply, streamed, err);
}

void ps_protocol_refusal(const ps_operation *op, const ps_reply *reply, ps_refusal *out)
{
    *out = (ps_refusal){0};
    codecs[op->model->protocol]->refusal(op, reply, out);
}
