/* checksum.h -- the checksums that services verify bodies with. */
#ifndef PS_AWS_CHECKSUM_H
#define PS_AWS_CHECKSUM_H

#include "base/buf.h"

#include <stdint.h>

/* Appends base 64 of the body's checksum: "CRC32", "CRC32C", "SHA1", "SHA256", "MD5".
 * False: an algorithm that is not built in; nothing is appended. */
bool ps_checksum_write(ps_str algorithm, ps_str body, ps_buf *out);

/* CRC-32 as gzip has it. */
uint32_t ps_crc32(ps_str bytes);

#endif
