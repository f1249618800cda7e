/* model_of.h -- small models for the C tests of the protocols, and calls and replies in one line.
 */
#ifndef PS_SPEC_MODEL_OF_H
#define PS_SPEC_MODEL_OF_H

#include "aws/protocol.h"
#include "check.h"
#include "value/json.h"

#include <stdlib.h>

/* A model of `protocol` for the service "Weather" of 2020-01-08; shapes and operations as the
 * compact format has them, operations referring to error list 0, which `errors` holds. */
static inline ps_model *model_of(const char *service, const char *shapes, const char *errors,
                                 const char *operations)
{
    ps_buf text = {0};
    ps_error err = {0};
    ps_buf_addf(&text,
                "{\"passo\":1,\"service\":{\"version\":\"2020-01-08\",%s},\"shapes\":[%s],"
                "\"errors\":[[%s]],\"operations\":[%s],\"paginators\":{},\"waiters\":{}}",
                service, shapes, errors, operations);
    ps_model *m = ps_model_new(ps_buf_str(&text), &err);
    if (!m) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    ps_buf_free(&text);
    return m;
}

/* The request that `params` (JSON) make; the caller frees it. */
static inline ps_request request_of(const ps_model *m, const char *operation, const char *params)
{
    ps_error err = {0};
    ps_request req = {0};
    ps_write_options options = {0};
    ps_value *v = ps_json_parse(ps_str_from(params), NULL, &err);
    const ps_operation *op = ps_model_operation(m, ps_str_from(operation));
    CHECK(v != NULL && op != NULL && ps_params_check(op, v, &err) == PS_OK);
    CHECK(ps_protocol_write(op, v, &options, &req, &err) == PS_OK);
    CHECK_STR(ps_str_from(err.text), "");
    ps_value_unref(v);
    return req;
}

/* The body of that request is `want`. */
static inline void check_body(const ps_model *m, const char *operation, const char *params,
                              const char *want)
{
    ps_request req = request_of(m, operation, params);
    CHECK_STR(ps_buf_str(&req.body), want);
    ps_request_free(&req);
}

static inline ps_reply reply_of(int status, const char *headers, const char *body)
{
    return (ps_reply){status, ps_str_from(headers), ps_str_from(body)};
}

/* The reply is accepted and means `want` (JSON). */
static inline void check_result(const ps_model *m, const char *operation, ps_reply reply,
                                const char *want)
{
    ps_error err = {0};
    ps_buf print = {0};
    const ps_operation *op = ps_model_operation(m, ps_str_from(operation));
    CHECK(ps_protocol_accepted(op, &reply));
    ps_value *v = ps_protocol_read(op, &reply, false, &err);
    if (v) {
        ps_json_print(v, &print);
    } else {
        ps_buf_add(&print, ps_str_from(err.text));
    }
    CHECK_STR(ps_buf_str(&print), want);
    ps_buf_free(&print);
    ps_value_unref(v);
}

/* The reply is refused: code, message and fields (JSON). */
static inline void check_refusal(const ps_model *m, const char *operation, ps_reply reply,
                                 const char *code, const char *message, const char *fields)
{
    ps_buf print = {0};
    ps_refusal refusal = {0};
    const ps_operation *op = ps_model_operation(m, ps_str_from(operation));
    CHECK(!ps_protocol_accepted(op, &reply));
    ps_protocol_refusal(op, &reply, &refusal);
    CHECK_STR(ps_value_str(refusal.code), code);
    CHECK_STR(ps_value_str(refusal.message), message);
    ps_json_print(refusal.fields, &print);
    CHECK_STR(ps_buf_str(&print), fields);
    ps_buf_free(&print);
    ps_refusal_free(&refusal);
}

#endif
