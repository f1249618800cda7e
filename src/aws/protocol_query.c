/* protocol_query.c -- AWS query: parameters as a form, replies in XML. */
#include "aws/protocol_form.h"
#include "aws/protocol_xml.h"

static ps_status write_call(const ps_operation *op, const ps_value *params,
                            const ps_write_options *options, ps_request *req, ps_error *err)
{
    (void)options;
    (void)err;
    return ps_form_write(op, params, false, req);
}

/* The reply's root wraps the result and the metadata. The wrapper is named after the operation also
 * where the model does not say so; without one the members are right below the root. */
static const ps_xml_node *result_node(const ps_operation *op, const ps_xml_node *root)
{
    if (op->result_wrapper.len) {
        return ps_xml_child(root, op->result_wrapper);
    }
    ps_buf name = {0};
    ps_buf_add(&name, op->name);
    ps_buf_add(&name, PS_STR("Result"));
    const ps_xml_node *wrapper = ps_xml_child(root, ps_buf_str(&name));
    ps_buf_free(&name);
    return wrapper ? wrapper : root;
}

static ps_value *read_reply(const ps_operation *op, const ps_reply *reply, bool streamed,
                            ps_error *err)
{
    (void)streamed;
    if (!op->output || reply->body.len == 0) {
        return ps_object(0);
    }
    ps_xml *x = ps_xml_parse(reply->body, err);
    if (!x) {
        return NULL;
    }
    const ps_xml_node *start = result_node(op, ps_xml_root(x));
    ps_value *result = start ? ps_xml_read_structure(op->output->shape, start, err) : ps_object(0);
    ps_xml_free(x);
    return result;
}

static void read_refusal(const ps_operation *op, const ps_reply *reply, ps_refusal *out)
{
    ps_xml_free(ps_xml_refusal(op, reply, out));
}

const ps_codec ps_codec_query = {write_call, read_reply, read_refusal};
