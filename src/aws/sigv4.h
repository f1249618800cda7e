/* sigv4.h -- signs an HTTP request with AWS Signature Version 4, in a header or in the query.
 *
 * Pure: no clock, no network; the time is an argument. Needs only base/hash.h.
 * Source: AWS "Create a signed AWS API request"; the published test suites. */
#ifndef PS_AWS_SIGV4_H
#define PS_AWS_SIGV4_H

#include "aws/request.h"
#include "base/error.h"

/* Borrowed; `token` is empty for long-lived keys. */
typedef struct ps_keys {
    ps_str id, secret, token;
} ps_keys;

typedef struct ps_signing {
    ps_str region;    /* "us-east-1" */
    ps_str service;   /* signing name: "dynamodb", "s3" */
    int64_t now_ms;   /* milliseconds since 1970-01-01 UTC, of the server's clock */
    bool raw_path;    /* S3: the path is signed as it is; else normalised and encoded once more */
    bool keep_dots;   /* encoded once more, but ".", ".." and "//" stay */
    bool hash_header; /* adds x-amz-content-sha256 (S3 wants it; unsigned payloads need it) */
    bool late_token;  /* X-Amz-Security-Token is added after signing (IoT) */
    bool asymmetric;  /* SigV4a: ECDSA; `region` is a set, "*" or "us-east-1,eu-west-1" */
    /* Left out of the signature, besides those that proxies and transports change (user-agent,
     * connection, ...). */
    const ps_str *unsigned_headers;
    size_t unsigned_count;
} ps_signing;

/* The stages of a signature, for specs and for who looks for a mismatch. */
typedef struct ps_signature {
    ps_buf canonical_request;
    ps_buf string_to_sign;
    char hex[145]; /* the signature, NUL-terminated: 64 digits, or DER up to 144 */
} ps_signature;

void ps_signature_free(ps_signature *s);

/* The last key derived, so that calls of one day, region and service derive it once. Zero it to
 * begin; ps_signing_cache_wipe forgets the key for good (the memory is overwritten). */
typedef struct ps_signing_cache {
    uint8_t scope[32]; /* digest of secret, day, region, service */
    uint8_t key[32];
    bool filled;
} ps_signing_cache;

void ps_signing_cache_wipe(ps_signing_cache *c);

/* Signs `req`: sets X-Amz-Date, X-Amz-Security-Token, x-amz-content-sha256 where asked, and
 * Authorization. A request signed before is signed anew: what was set then is replaced.
 *
 * req    in/out; host and path are set; headers need not be sorted; on failure it is unchanged
 * cache  may be NULL
 * trace  NULL, or gets the stages; the caller frees it
 *
 * Errors: PS_EINPUT  no access key or secret; a header that must not be sent
 *                    (ps_header_may_be_sent); an Authorization or x-amz-content-sha256 header, or
 *                    X-Amz-* parameters of a signature, that were there before */
ps_status ps_sigv4_sign(ps_request *req, const ps_keys *keys, const ps_signing *how,
                        ps_signing_cache *cache, ps_signature *trace, ps_error *err);

/* Signs in the query: adds X-Amz-* parameters to req->query; the headers there are must be sent
 * along. The body is not signed with raw_path (S3: UNSIGNED-PAYLOAD), hashed for others.
 *
 * seconds  how long the URL is good for, 1 to 604,800
 *
 * Errors: as above; PS_EINPUT  `seconds` out of range */
ps_status ps_sigv4_presign(ps_request *req, const ps_keys *keys, const ps_signing *how,
                           int64_t seconds, ps_signing_cache *cache, ps_signature *trace,
                           ps_error *err);

#endif
