/* sigv4_asymmetric.h -- SigV4a's key and signature; for sigv4*.c only. */
#ifndef PS_AWS_SIGV4_ASYMMETRIC_H
#define PS_AWS_SIGV4_ASYMMETRIC_H

#include "aws/sigv4.h"

#define PS_SIGV4A "AWS4-ECDSA-P256-SHA256"

/* Signs SHA-256 of `text` with the P-256 key that id and secret stand for; in hexadecimal DER,
 * another one each time. */
void ps_sigv4a_sign(const ps_keys *keys, ps_str text, char hex[145]);

#endif
