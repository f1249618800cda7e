/* protocol_s3.h -- where S3's replies differ from rest-xml; for protocol_*.c only. */
#ifndef PS_AWS_PROTOCOL_S3_H
#define PS_AWS_PROTOCOL_S3_H

#include "aws/protocol_layout.h"
#include "aws/xml.h"

/* Listings: asks for percent-encoded keys, since keys may hold characters that XML cannot; adds
 * "encoding-type=url" unless the caller chose an encoding. */
void ps_s3_write(const ps_operation *op, const ps_value *params, ps_request *req);

/* What a listing's encoding hid: decodes keys, prefixes, markers and delimiters of a result that
 * says EncodingType "url". `result` is unshared, or replaced by what is returned. */
ps_value *ps_s3_decode_take(const ps_operation *op, ps_value *result);

/* GetBucketLocation: the root itself is the member. True when `root` was that. */
bool ps_s3_read_root(const ps_operation *op, const ps_xml_node *root, ps_value *result);

/* Adds to out->fields what a caller needs to find the right place: "region" (from the header
 * x-amz-bucket-region, else <Region>) and "Endpoint". `error` may be NULL. */
void ps_s3_refusal(const ps_reply *reply, const ps_xml_node *error, ps_refusal *out);

/* Whether the body of a reply with status 200 is a refusal: CopyObject, UploadPartCopy and
 * CompleteMultipartUpload begin to answer before they know. */
bool ps_s3_hides_refusal(const ps_operation *op, ps_str body);

#endif
