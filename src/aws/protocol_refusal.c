/* protocol_refusal.c -- what all refusals have in common: code, shape, request id. */
#include "aws/protocol_layout.h"

void ps_refusal_free(ps_refusal *r)
{
    ps_value_unref(r->code);
    ps_value_unref(r->message);
    ps_value_unref(r->request_id);
    ps_value_unref(r->fields);
    *r = (ps_refusal){0};
}

/* "aws.protocoltests#FooError:http://internal.amazon.com/..." -> "FooError" */
static ps_str bare_code(ps_str code)
{
    const char *colon = code.len ? memchr(code.p, ':', code.len) : NULL;
    if (colon) {
        code.len = (size_t)(colon - code.p);
    }
    for (size_t i = code.len; i-- > 0;) {
        if (code.p[i] == '#') {
            return (ps_str){code.p + i + 1, code.len - i - 1};
        }
    }
    return code;
}

void ps_refusal_set(ps_refusal *out, const ps_operation *op, int status, ps_str code,
                    ps_str message, ps_str request_id)
{
    code = bare_code(code);
    out->shape = code.len ? ps_model_exception(op->model, code) : NULL;
    ps_value_set_take(&out->code, code.len ? ps_text_value(code) : ps_stringf("HTTP %d", status));
    ps_value_set_take(&out->message, ps_text_value(message));
    ps_value_set_take(&out->request_id, ps_text_value(request_id));
    if (!out->fields) {
        out->fields = ps_object(0);
    }
    out->sender_fault = status >= 400 && status < 500;
}

void ps_refusal_query_code(ps_refusal *out, const ps_operation *op, ps_str header)
{
    const char *semicolon = header.len ? memchr(header.p, ';', header.len) : NULL;
    size_t len = semicolon ? (size_t)(semicolon - header.p) : 0;
    if (!op->model->query_compatible || len == 0) {
        return;
    }
    ps_str code = {header.p, len}, type = {semicolon + 1, header.len - len - 1};
    ps_value_set_take(&out->code, ps_text_value(code));
    if (!out->shape) {
        out->shape = ps_model_exception(op->model, code);
    }
    out->sender_fault = ps_str_equal(type, PS_STR("Sender"));
}

ps_str ps_reply_request_id(const ps_headers *headers)
{
    static const char *const names[] = {"x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ps_str id = ps_headers_get(headers, ps_str_from(names[i]));
        if (id.len) {
            return id;
        }
    }
    return PS_STR("");
}
