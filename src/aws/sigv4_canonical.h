/* sigv4_canonical.h -- the forms of path, query and headers that are signed; for sigv4*.c only. */
#ifndef PS_AWS_SIGV4_CANONICAL_H
#define PS_AWS_SIGV4_CANONICAL_H

#include "aws/sigv4.h"

void ps_canonical_path(ps_buf *out, ps_str path, const ps_signing *how);
/* The parameters sorted by name and value, their bytes percent-encoded in the one way that counts.
 */
void ps_canonical_query(ps_buf *out, ps_str query);

/* The lines that are signed, sorted. Zero-initialise it. */
typedef struct ps_canonical_headers {
    ps_buf lines; /* "name:value\n" each */
    ps_buf names; /* "host;x-amz-date" */
} ps_canonical_headers;

void ps_canonical_headers_write(ps_canonical_headers *out, const ps_request *req,
                                const ps_signing *how);
void ps_canonical_headers_free(ps_canonical_headers *h);

#endif
