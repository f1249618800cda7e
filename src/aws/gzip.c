/* gzip.c -- packs with zlib. */
#include "aws/gzip.h"

#ifdef PS_WITH_ZLIB

#include <limits.h>
#include <stdint.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8 };

bool ps_gzip(ps_str bytes, ps_buf *out)
{
    z_stream z = {0};
    if (bytes.len > UINT_MAX / 2 || deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW,
                                                 MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        return false;
    }
    uLong bound = deflateBound(&z, (uLong)bytes.len);
    z.next_in = (Bytef *)(uintptr_t)bytes.p;
    z.avail_in = (uInt)bytes.len;
    z.next_out = (Bytef *)ps_buf_reserve(out, bound);
    z.avail_out = (uInt)bound;
    bool good = deflate(&z, Z_FINISH) == Z_STREAM_END;
    out->len += good ? z.total_out : 0;
    deflateEnd(&z);
    return good;
}

#else

bool ps_gzip(ps_str bytes, ps_buf *out)
{
    (void)bytes;
    (void)out;
    return false;
}

#endif
