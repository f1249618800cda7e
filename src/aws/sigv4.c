/* sigv4.c -- the stages of a signature, in headers and in the query. */
#include "aws/sigv4.h"

#include "aws/sigv4_asymmetric.h"
#include "aws/sigv4_canonical.h"
#include "base/hash.h"
#include "base/mem.h"

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define UNSIGNED "UNSIGNED-PAYLOAD"

enum { STAMP_LEN = 16, DAY_LEN = 8, LONGEST_PRESIGNED = 604800 };

void ps_signature_free(ps_signature *s)
{
    ps_buf_free(&s->canonical_request);
    ps_buf_free(&s->string_to_sign);
    *s = (ps_signature){0};
}

void ps_signing_cache_wipe(ps_signing_cache *c)
{
    ps_wipe(c, sizeof *c);
}

/* -- text
 * ------------------------------------------------------------------------------------------ */

static void put_digits(char *to, int64_t n, size_t width)
{
    for (size_t i = width; i-- > 0; n /= 10) {
        to[i] = (char)('0' + n % 10);
    }
}

/* "20150830T123600Z" of a time that is not negative and before the year 10000. */
static void put_stamp(char to[STAMP_LEN], int64_t now_ms)
{
    int64_t seconds = now_ms / 1000, days = seconds / 86400, rest = seconds % 86400;
    /* The Gregorian calendar counted from 0000-03-01, so that a leap day ends its year. */
    int64_t since = days + 719468, era = since / 146097, of_era = since % 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * of_year + 2) / 153;
    put_digits(to + 6, of_year - (153 * month + 2) / 5 + 1, 2);
    month = month < 10 ? month + 3 : month - 9;
    put_digits(to, year_of_era + era * 400 + (month <= 2), 4);
    put_digits(to + 4, month, 2);
    to[8] = 'T';
    put_digits(to + 9, rest / 3600, 2);
    put_digits(to + 11, rest / 60 % 60, 2);
    put_digits(to + 13, rest % 60, 2);
    to[15] = 'Z';
}

static void put_hex(char to[65], const uint8_t digest[32])
{
    ps_hash_hex(digest, 32, to);
    to[64] = '\0';
}

static void hash_hex(char to[65], ps_str bytes)
{
    uint8_t digest[32];
    ps_hash_sha256(bytes, digest);
    put_hex(to, digest);
}

/* -- checks
 * ---------------------------------------------------------------------------------------- */

static ps_str algorithm(const ps_signing *how)
{
    return how->asymmetric ? PS_STR(PS_SIGV4A) : PS_STR("AWS4-HMAC-SHA256");
}

/* What stands in the scope and the Authorization header must not end a line or a field. */
static bool is_plain(ps_str s, bool commas)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= 0x20 || c >= 0x7F || c == '/' || (c == ',' && !commas)) {
            return false;
        }
    }
    return s.len > 0;
}

static ps_status check_query(ps_str query, ps_error *err)
{
    static const ps_str taken[] = {
        {"X-Amz-Algorithm=", 16},      {"X-Amz-Credential=", 17},    {"X-Amz-Date=", 11},
        {"X-Amz-Expires=", 14},        {"X-Amz-SignedHeaders=", 20}, {"X-Amz-Signature=", 16},
        {"X-Amz-Security-Token=", 21}, {"X-Amz-Region-Set=", 17},
    };
    for (size_t at = 0; at < query.len;) {
        ps_str rest = {query.p + at, query.len - at};
        for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
            if (ps_str_starts(rest, taken[i])) {
                return ps_fail(err, PS_EINPUT, at, "the URL has a parameter %.*s of its own",
                               (int)taken[i].len - 1, taken[i].p);
            }
        }
        const char *next = memchr(rest.p, '&', rest.len);
        at = next ? (size_t)(next - query.p) + 1 : query.len;
    }
    return PS_OK;
}

static ps_status check(const ps_request *req, const ps_keys *keys, const ps_signing *how,
                       ps_error *err)
{
    if (!is_plain(keys->id, false) || keys->secret.len == 0) {
        return ps_fail(err, PS_EINPUT, 0, "signing needs an access key id and a secret key");
    }
    if (keys->token.len && !ps_header_may_be_sent(PS_STR("x"), keys->token)) {
        return ps_fail(err, PS_EINPUT, 0, "the session token has control characters");
    }
    if (!is_plain(how->region, how->asymmetric) || !is_plain(how->service, false)) {
        return ps_fail(err, PS_EINPUT, 0, "signing needs a region and a service");
    }
    if (how->now_ms < 0 || how->now_ms >= INT64_C(253402300800000)) {
        return ps_fail(err, PS_EINPUT, 0, "a time outside the years 1970 to 9999");
    }
    for (size_t i = 0; i < req->headers.count; i++) {
        ps_str name = ps_headers_name(&req->headers, i);
        if (!ps_header_may_be_sent(name, ps_headers_value(&req->headers, i))) {
            return ps_fail(err, PS_EINPUT, i, "the header %.*s has characters that headers may not",
                           (int)(name.len < 40 ? name.len : 40), name.p);
        }
        if (!req->signed_before && (ps_header_name_equal(name, PS_STR("authorization")) ||
                                    ps_header_name_equal(name, PS_STR("x-amz-content-sha256")))) {
            return ps_fail(err, PS_EINPUT, i, "the request has a header %.*s of its own",
                           (int)name.len, name.p);
        }
    }
    return check_query(ps_buf_str(&req->query), err);
}

/* -- stages
 * ---------------------------------------------------------------------------------------- */

/* One signature under way. */
typedef struct signer {
    const ps_request *req;
    const ps_keys *keys;
    const ps_signing *how;
    char stamp[STAMP_LEN];
    char payload[65];
    ps_buf scope; /* "20150830/us-east-1/service/aws4_request" */
    ps_canonical_headers headers;
    char hex[145];
} signer;

static void signer_begin(signer *s, const ps_request *req, const ps_keys *keys,
                         const ps_signing *how)
{
    *s = (signer){.req = req, .keys = keys, .how = how};
    put_stamp(s->stamp, how->now_ms);
    ps_buf_reserve(&s->scope, how->region.len + how->service.len + 24);
    ps_buf_add(&s->scope, (ps_str){s->stamp, DAY_LEN});
    if (!how->asymmetric) {
        ps_buf_add_char(&s->scope, '/');
        ps_buf_add(&s->scope, how->region);
    }
    ps_buf_add_char(&s->scope, '/');
    ps_buf_add(&s->scope, how->service);
    ps_buf_add(&s->scope, PS_STR("/aws4_request"));
}

static void signer_free(signer *s)
{
    ps_buf_free(&s->scope);
    ps_canonical_headers_free(&s->headers);
}

static void take_payload(signer *s, ps_payload payload)
{
    if (payload == PS_PAYLOAD_UNSIGNED) {
        memcpy(s->payload, UNSIGNED, sizeof UNSIGNED);
    } else if (payload == PS_PAYLOAD_HASHED) {
        memcpy(s->payload, s->req->payload_hash, sizeof s->payload);
        s->payload[64] = '\0';
    } else if (s->req->body.len == 0) {
        memcpy(s->payload, EMPTY_HASH, sizeof EMPTY_HASH);
    } else {
        hash_hex(s->payload, ps_buf_str(&s->req->body));
    }
}

static void derive_key(const signer *s, uint8_t key[32])
{
    ps_buf first = {0};
    ps_buf_reserve(&first, 4 + s->keys->secret.len);
    ps_buf_add(&first, PS_STR("AWS4"));
    ps_buf_add(&first, s->keys->secret);
    uint8_t a[32], b[32];
    ps_hash_hmac(ps_buf_str(&first), (ps_str){s->stamp, DAY_LEN}, a);
    ps_wipe(first.p, first.len);
    ps_buf_free(&first);
    ps_hash_hmac((ps_str){(char *)a, 32}, s->how->region, b);
    ps_hash_hmac((ps_str){(char *)b, 32}, s->how->service, a);
    ps_hash_hmac((ps_str){(char *)a, 32}, PS_STR("aws4_request"), key);
    ps_wipe(a, sizeof a);
    ps_wipe(b, sizeof b);
}

/* The scope, keyed with the secret: whoever reads it learns neither. */
static void digest_scope(const signer *s, uint8_t out[32])
{
    ps_hash_hmac(s->keys->secret, ps_buf_str(&s->scope), out);
}

static void signing_key(const signer *s, ps_signing_cache *cache, uint8_t key[32])
{
    if (!cache) {
        derive_key(s, key);
        return;
    }
    uint8_t scope[32];
    digest_scope(s, scope);
    if (!cache->filled || memcmp(cache->scope, scope, sizeof scope) != 0) {
        derive_key(s, cache->key);
        memcpy(cache->scope, scope, sizeof scope);
        cache->filled = true;
    }
    memcpy(key, cache->key, sizeof cache->key);
}

/* Canonical request, string to sign, signature; `query` is what is signed of the query. */
static void sign_stages(signer *s, ps_str query, ps_signing_cache *cache, ps_signature *trace)
{
    ps_buf text = {0};
    ps_buf_reserve(&text, 256 + s->req->path.len + query.len + s->headers.lines.len +
                              s->headers.names.len);
    ps_buf_add(&text, s->req->method);
    ps_buf_add_char(&text, '\n');
    ps_canonical_path(&text, ps_buf_str(&s->req->path), s->how);
    ps_buf_add_char(&text, '\n');
    ps_canonical_query(&text, query);
    ps_buf_add_char(&text, '\n');
    ps_buf_add(&text, ps_buf_str(&s->headers.lines));
    ps_buf_add_char(&text, '\n');
    ps_buf_add(&text, ps_buf_str(&s->headers.names));
    ps_buf_add_char(&text, '\n');
    ps_buf_add(&text, ps_str_from(s->payload));
    char hash[65];
    hash_hex(hash, ps_buf_str(&text));
    if (trace) {
        ps_signature_free(trace);
        trace->canonical_request = text;
        text = (ps_buf){0};
    }
    ps_buf_clear(&text);
    ps_buf_add(&text, algorithm(s->how));
    ps_buf_add_char(&text, '\n');
    ps_buf_add(&text, (ps_str){s->stamp, STAMP_LEN});
    ps_buf_add_char(&text, '\n');
    ps_buf_add(&text, ps_buf_str(&s->scope));
    ps_buf_add_char(&text, '\n');
    ps_buf_add(&text, (ps_str){hash, 64});
    if (s->how->asymmetric) {
        ps_sigv4a_sign(s->keys, ps_buf_str(&text), s->hex);
    } else {
        uint8_t key[32], digest[32];
        signing_key(s, cache, key);
        ps_hash_hmac((ps_str){(char *)key, 32}, ps_buf_str(&text), digest);
        ps_wipe(key, sizeof key);
        put_hex(s->hex, digest);
    }
    if (trace) {
        trace->string_to_sign = text;
        memcpy(trace->hex, s->hex, sizeof s->hex);
    } else {
        ps_buf_free(&text);
    }
}

/* -- in headers
 * ------------------------------------------------------------------------------------ */

static void add_authorization(ps_request *req, const signer *s)
{
    ps_buf text = {0};
    ps_buf_reserve(&text, 240 + s->keys->id.len + s->scope.len + s->headers.names.len);
    ps_buf_add(&text, algorithm(s->how));
    ps_buf_add(&text, PS_STR(" Credential="));
    ps_buf_add(&text, s->keys->id);
    ps_buf_add_char(&text, '/');
    ps_buf_add(&text, ps_buf_str(&s->scope));
    ps_buf_add(&text, PS_STR(", SignedHeaders="));
    ps_buf_add(&text, ps_buf_str(&s->headers.names));
    ps_buf_add(&text, PS_STR(", Signature="));
    ps_buf_add(&text, ps_str_from(s->hex));
    ps_headers_set(&req->headers, PS_STR("Authorization"), ps_buf_str(&text));
    ps_buf_free(&text);
}

static void set_token(ps_request *req, ps_str token)
{
    if (token.len) {
        ps_headers_set(&req->headers, PS_STR("X-Amz-Security-Token"), token);
    }
}

ps_status ps_sigv4_sign(ps_request *req, const ps_keys *keys, const ps_signing *how,
                        ps_signing_cache *cache, ps_signature *trace, ps_error *err)
{
    ps_status status = check(req, keys, how, err);
    if (status != PS_OK) {
        return status;
    }
    signer s;
    signer_begin(&s, req, keys, how);
    take_payload(&s, req->payload);
    if (req->signed_before) {
        ps_headers_remove(&req->headers, PS_STR("X-Amz-Security-Token"));
        ps_headers_remove(&req->headers, PS_STR("x-amz-content-sha256"));
        ps_headers_remove(&req->headers, PS_STR("X-Amz-Region-Set"));
    }
    ps_headers_set(&req->headers, PS_STR("X-Amz-Date"), (ps_str){s.stamp, STAMP_LEN});
    if (how->asymmetric) {
        ps_headers_set(&req->headers, PS_STR("X-Amz-Region-Set"), how->region);
    }
    if (!how->late_token) {
        set_token(req, keys->token);
    }
    if (how->hash_header) {
        ps_headers_set(&req->headers, PS_STR("x-amz-content-sha256"), ps_str_from(s.payload));
    }
    ps_canonical_headers_write(&s.headers, req, how);
    sign_stages(&s, ps_buf_str(&req->query), cache, trace);
    add_authorization(req, &s);
    if (how->late_token) {
        set_token(req, keys->token);
    }
    req->signed_before = true;
    signer_free(&s);
    return PS_OK;
}

/* -- in the query
 * ---------------------------------------------------------------------------------- */

static void add_parameter(ps_buf *query, ps_str name, ps_str value)
{
    if (query->len) {
        ps_buf_add_char(query, '&');
    }
    ps_buf_add(query, name);
    ps_buf_add_char(query, '=');
    ps_percent_encode(query, value, PS_STR(""));
}

static void add_parameters(ps_buf *query, const signer *s, int64_t seconds)
{
    add_parameter(query, PS_STR("X-Amz-Algorithm"), algorithm(s->how));
    ps_buf credential = {0};
    ps_buf_add(&credential, s->keys->id);
    ps_buf_add_char(&credential, '/');
    ps_buf_add(&credential, ps_buf_str(&s->scope));
    add_parameter(query, PS_STR("X-Amz-Credential"), ps_buf_str(&credential));
    ps_buf_free(&credential);
    add_parameter(query, PS_STR("X-Amz-Date"), (ps_str){s->stamp, STAMP_LEN});
    add_parameter(query, PS_STR("X-Amz-SignedHeaders"), ps_buf_str(&s->headers.names));
    ps_buf_addf(query, "&X-Amz-Expires=%d", (int)seconds);
    if (s->how->asymmetric) {
        add_parameter(query, PS_STR("X-Amz-Region-Set"), s->how->region);
    }
    if (s->keys->token.len && !s->how->late_token) {
        add_parameter(query, PS_STR("X-Amz-Security-Token"), s->keys->token);
    }
}

ps_status ps_sigv4_presign(ps_request *req, const ps_keys *keys, const ps_signing *how,
                           int64_t seconds, ps_signing_cache *cache, ps_signature *trace,
                           ps_error *err)
{
    if (seconds < 1 || seconds > LONGEST_PRESIGNED) {
        return ps_fail(err, PS_EINPUT, 0, "a signed URL is good for 1 to %d seconds",
                       LONGEST_PRESIGNED);
    }
    ps_status status = check(req, keys, how, err);
    if (status != PS_OK) {
        return status;
    }
    signer s;
    signer_begin(&s, req, keys, how);
    bool open = how->raw_path && req->payload == PS_PAYLOAD_BODY;
    take_payload(&s, open ? PS_PAYLOAD_UNSIGNED : req->payload);
    ps_canonical_headers_write(&s.headers, req, how);
    ps_buf query = {0};
    ps_buf_add(&query, ps_buf_str(&req->query));
    add_parameters(&query, &s, seconds);
    sign_stages(&s, ps_buf_str(&query), cache, trace);
    if (keys->token.len && how->late_token) {
        add_parameter(&query, PS_STR("X-Amz-Security-Token"), keys->token);
    }
    add_parameter(&query, PS_STR("X-Amz-Signature"), ps_str_from(s.hex));
    ps_buf_free(&req->query);
    req->query = query;
    signer_free(&s);
    return PS_OK;
}
