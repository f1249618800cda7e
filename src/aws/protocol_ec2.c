/* protocol_ec2.c -- the query protocol as EC2 speaks it. */
#include "aws/protocol_form.h"
#include "aws/protocol_xml.h"

static ps_status write_call(const ps_operation *op, const ps_value *params,
                            const ps_write_options *options, ps_request *req, ps_error *err)
{
    (void)options;
    (void)err;
    return ps_form_write(op, params, true, req);
}

static ps_value *read_reply(const ps_operation *op, const ps_reply *reply, bool streamed,
                            ps_error *err)
{
    (void)streamed;
    if (!op->output || reply->body.len == 0) {
        return ps_object(0);
    }
    ps_xml *x = ps_xml_parse(reply->body, err);
    ps_value *result = x ? ps_xml_read_structure(op->output->shape, ps_xml_root(x), err) : NULL;
    ps_xml_free(x);
    return result;
}

static void read_refusal(const ps_operation *op, const ps_reply *reply, ps_refusal *out)
{
    ps_xml_free(ps_xml_refusal(op, reply, out));
}

const ps_codec ps_codec_ec2 = {write_call, read_reply, read_refusal};
