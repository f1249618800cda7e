/* gzip.h -- packs the body of a call, for operations whose model says that it may be. */
#ifndef PS_AWS_GZIP_H
#define PS_AWS_GZIP_H

#include "base/buf.h"

/* Appends `bytes` packed as RFC 1952 says, without a time, so that the same bytes give the same.
 * False: built without zlib, or beyond what it takes at once; nothing is appended. */
bool ps_gzip(ps_str bytes, ps_buf *out);

#endif
