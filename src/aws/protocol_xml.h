/* protocol_xml.h -- shapes as XML, for query, ec2 and rest-xml; for protocol_*.c only. */
#ifndef PS_AWS_PROTOCOL_XML_H
#define PS_AWS_PROTOCOL_XML_H

#include "aws/protocol_layout.h"
#include "aws/xml.h"

/* Appends a document with the root `name`; a structure's members come in the model's order, without
 * those that travel elsewhere.
 *
 * holder  the member that `v` is of; its namespace comes before the shape's */
void ps_xml_write_document(const ps_member *holder, ps_str name, const ps_value *v, ps_buf *out);

/* The value of an element, of any shape. */
ps_value *ps_xml_read_value(const ps_member *m, const ps_xml_node *node, ps_error *err);
/* The structure that the children and attributes of `node` mean: a new PS_OBJECT. Elements the
 * model does not know are left out; members that travel in headers or status are not looked for.
 *
 * Errors: PS_EINPUT  text that is no number or no instant */
ps_value *ps_xml_read_structure(const ps_shape *shape, const ps_xml_node *node, ps_error *err);
/* Adds the same members to `result`, an unshared PS_OBJECT. */
ps_status ps_xml_read_into(const ps_shape *shape, const ps_xml_node *node, ps_value *result,
                           ps_error *err);

/* The element that tells code and message of a refusal, in every spelling there is: the root
 * <Error>, <ErrorResponse><Error>, <Response><Errors><Error>. */
const ps_xml_node *ps_xml_error_node(const ps_xml_node *root);
/* Fills a refusal from an XML body; from the status alone where there is none. Gives the parsed
 * body to the caller, or NULL. */
ps_xml *ps_xml_refusal(const ps_operation *op, const ps_reply *reply, ps_refusal *out);

#endif
