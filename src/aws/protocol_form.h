/* protocol_form.h -- form-encoded parameters of the query and ec2 protocols, which differ in names
 * and lists only; for protocol_*.c only. */
#ifndef PS_AWS_PROTOCOL_FORM_H
#define PS_AWS_PROTOCOL_FORM_H

#include "aws/protocol_layout.h"

/* Writes method, path, Content-Type and the body "Action=..&Version=..&..".
 *
 * ec2  names begin with a capital, lists have no element names, and empty ones are not sent */
ps_status ps_form_write(const ps_operation *op, const ps_value *params, bool ec2, ps_request *req);

#endif
