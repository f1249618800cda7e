/* protocol.h -- AWS's wire protocols: parameters -> request, reply -> result or error.
 *
 * Values are of the model's shapes: structures and maps are PS_OBJECTs, lists PS_ARRAYs. A blob is
 * a PS_STRING that may hold any bytes; a timestamp is given as seconds since 1970 (any number) or
 * as ISO 8601 text, and comes back as seconds (a number with milliseconds at most). NaN and the
 * infinities are the strings "NaN", "Infinity", "-Infinity". Members a reply lacks are absent; so
 * are JSON nulls, but in documents and sparse lists. */
#ifndef PS_AWS_PROTOCOL_H
#define PS_AWS_PROTOCOL_H

#include "aws/model.h"
#include "aws/request.h"
#include "value/value.h"

/* Checks parameters before anything is written: unknown or missing members, wrong types. The text
 * names the place ("Key.isbn.S: expected a string, got a number") and, for an unknown member, the
 * nearest known one.
 *
 * params  PS_OBJECT; NULL counts as {}
 *
 * Errors: PS_EINPUT */
ps_status ps_params_check(const ps_operation *op, const ps_value *params, ps_error *err);
/* The same, but what is missing is left to the service to say. */
ps_status ps_params_check_given(const ps_operation *op, const ps_value *params, ps_error *err);

typedef struct ps_write_options {
    ps_str idempotency_token; /* for members that want one and have none; empty: none is put in */
    bool streamed;            /* the streaming member's bytes come from elsewhere: it is left out */
} ps_write_options;

/* Writes method, host prefix, path, query, headers and body of a call into `req`, which is empty.
 * `params` have passed ps_params_check.
 *
 * Errors: PS_EINPUT        a member of the path or of the host prefix is empty or missing
 *         PS_EUNSUPPORTED  a stream of events as input */
ps_status ps_protocol_write(const ps_operation *op, const ps_value *params,
                            const ps_write_options *options, ps_request *req, ps_error *err);

/* What a service answered when it refused. */
typedef struct ps_refusal {
    ps_value *code;       /* PS_STRING: "ResourceNotFoundException"; "HTTP 503" where the reply
                           * names none */
    ps_value *message;    /* PS_STRING, may be empty */
    ps_value *request_id; /* PS_STRING, may be empty */
    ps_value *fields; /* PS_OBJECT: the members of the exception's shape, as the model names them */
    const ps_shape *shape; /* of the exception; NULL: not in the model */
    bool sender_fault;     /* by the protocol's word or the status */
} ps_refusal;

void ps_refusal_free(ps_refusal *r);

/* Whether the reply is a result; S3 answers some refusals with 200. */
bool ps_protocol_accepted(const ps_operation *op, const ps_reply *reply);

/* The result of an accepted reply: a new PS_OBJECT. With `streamed` the streaming member is left
 * out, and reply->body is not looked at for it.
 *
 * Errors: PS_EINPUT        the body is not what the protocol says
 *         PS_EUNSUPPORTED  XML where built without expat */
ps_value *ps_protocol_read(const ps_operation *op, const ps_reply *reply, bool streamed,
                           ps_error *err);
/* The reply of a service that refused; never fails: what cannot be read is said by status. */
void ps_protocol_refusal(const ps_operation *op, const ps_reply *reply, ps_refusal *out);

/* The request id that the headers of a reply tell (x-amzn-requestid, x-amz-request-id); empty where
 * they do not. */
ps_str ps_reply_request_id(const ps_headers *headers);

#endif
