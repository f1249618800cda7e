/* protocol_query.c -- its job arrives with the next change. */
#include "aws/protocol_layout.h"

static ps_status write_call(const ps_operation *op, const ps_value *params,
                            const ps_write_options *options, ps_request *req, ps_error *err)
{
    (void)op;
    (void)params;
    (void)options;
    (void)req;
    return ps_fail(err, PS_EUNSUPPORTED, 0, "this protocol is not built yet");
}

static ps_value *read_reply(const ps_operation *op, const ps_reply *reply, bool streamed,
                            ps_error *err)
{
    (void)op;
    (void)reply;
    (void)streamed;
    ps_fail(err, PS_EUNSUPPORTED, 0, "this protocol is not built yet");
    return NULL;
}

static void read_refusal(const ps_operation *op, const ps_reply *reply, ps_refusal *out)
{
    ps_refusal_set(out, op, reply->status, PS_STR(""), PS_STR(""), PS_STR(""));
}

const ps_codec ps_codec_query = {write_call, read_reply, read_refusal};
