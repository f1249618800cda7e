/* protocol_layout.h -- what the protocols share; for protocol_*.c only. */
#ifndef PS_AWS_PROTOCOL_LAYOUT_H
#define PS_AWS_PROTOCOL_LAYOUT_H

#include "aws/protocol.h"

/* One protocol: how the body of a call is written and a body read. What travels in path, query and
 * headers is done for all of them by protocol_rest.c. */
typedef struct ps_codec {
    ps_status (*write)(const ps_operation *op, const ps_value *params,
                       const ps_write_options *options, ps_request *req, ps_error *err);
    ps_value *(*read)(const ps_operation *op, const ps_reply *reply, bool streamed, ps_error *err);
    void (*refusal)(const ps_operation *op, const ps_reply *reply, ps_refusal *out);
} ps_codec;

extern const ps_codec ps_codec_json, ps_codec_rest_json, ps_codec_query, ps_codec_ec2,
    ps_codec_rest_xml, ps_codec_cbor;

/* -- protocol_rest.c: path, query, headers; for rest-json and rest-xml ---------------------------
 */

/* Whether a member of a reply is in its body: path and query are places of calls only. */
static inline bool ps_member_in_reply_body(const ps_member *m)
{
    return m->location == PS_LOCATION_BODY || m->location == PS_LOCATION_URI ||
           m->location == PS_LOCATION_QUERY;
}
/* Writes method, path, query, and header members of `params`. */
ps_status ps_rest_write(const ps_operation *op, const ps_value *params, ps_request *req,
                        ps_error *err);
/* Adds the members of `shape` that travel in status and headers to `result`. */
ps_status ps_rest_read(const ps_shape *shape, int status, const ps_headers *headers,
                       ps_value *result, ps_error *err);
/* The payload member when it is a blob or a string: the body as it is. False: it is none of these.
 */
bool ps_rest_write_raw(const ps_member *payload, const ps_value *params, ps_request *req);
/* The same in a reply: sets it in `result`, which stays without it when streamed or empty. */
bool ps_rest_read_raw(const ps_member *payload, const ps_reply *reply, bool streamed,
                      ps_value *result);

/* -- protocol_json.c: JSON text of a shape
 * --------------------------------------------------------- */

void ps_shape_json_write(const ps_shape *shape, const ps_value *v, ps_buf *out);
/* The value a JSON value means by `shape`; members the model does not know are left out. */
ps_value *ps_shape_json_read(const ps_shape *shape, const ps_value *json, ps_error *err);

/* As ps_shape_json_write for the input itself: members that travel elsewhere are left out. */
void ps_json_body_write(const ps_shape *shape, const ps_value *params, ps_buf *out);
/* Members of `result` from a JSON body; an empty body has none.
 * Errors: PS_EINPUT */
ps_status ps_json_body_read(const ps_shape *shape, ps_str body, ps_value *result, ps_error *err);
/* A refusal told in JSON: json and rest-json. */
void ps_json_refusal(const ps_operation *op, const ps_reply *reply, ps_refusal *out);

/* -- protocol_cbor.c */

/* As ps_shape_json_read, of CBOR. */
ps_value *ps_shape_cbor_read(const ps_shape *shape, const ps_value *tree, ps_error *err);

/* -- protocol_time.c
 * ------------------------------------------------------------------------------- */

/* A timestamp member's value in `format` (not PS_TIME_DEFAULT). */
void ps_time_write(const ps_value *v, ps_time_format format, ps_buf *out);
/* Any of the three formats: seconds since 1970, a new number; NULL where it is none of them. */
ps_value *ps_time_read(ps_str text);
/* The same of a JSON value, number or string. */
ps_value *ps_time_read_value(const ps_value *v);
/* Whether a parameter is an instant that all formats can write; `*ms` since 1970. */
bool ps_time_given(const ps_value *v, int64_t *ms);

/* -- scalars as text (query, headers, XML)
 * --------------------------------------------------------- */

/* How a boolean, number, string, blob (base64) or timestamp is written as text. */
void ps_scalar_write(const ps_member *m, const ps_value *v, ps_time_format time_default,
                     ps_buf *out);
/* The value of text by the member's shape; NULL with `err` where it is none. */
ps_value *ps_scalar_read(const ps_member *m, ps_str text, ps_error *err);
/* A PS_STRING; bytes that are no UTF-8 become U+FFFD. */
ps_value *ps_text_value(ps_str bytes);
/* The bytes of base 64 as a PS_STRING; NULL with `err`. */
ps_value *ps_blob_read(ps_str text, ps_error *err);
/* "NaN", "Infinity", "-Infinity" */
bool ps_is_odd_float(ps_str text);

/* -- errors
 * ---------------------------------------------------------------------------------------- */

/* Fills code (its namespace and URI cut off: "aws.x#Code:http://..." is "Code"), message,
 * request_id and shape. */
void ps_refusal_set(ps_refusal *out, const ps_operation *op, int status, ps_str code,
                    ps_str message, ps_str request_id);
/* What services that once spoke the query protocol say in x-amzn-query-error, "Code;Sender": the
 * code by which programs know the error. */
void ps_refusal_query_code(ps_refusal *out, const ps_operation *op, ps_str header);

#endif
