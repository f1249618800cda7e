/* request.h -- an HTTP request and its reply as data: what protocols write, signers sign and io/
 * sends. Nothing here touches a network. */
#ifndef PS_AWS_REQUEST_H
#define PS_AWS_REQUEST_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

/* Header lines in the order they were added, in one buffer. */
typedef struct ps_header {
    size_t name, name_len; /* where in `text` */
    size_t value, value_len;
} ps_header;

typedef struct ps_headers {
    ps_buf text;
    ps_header *at;
    size_t count, capacity;
} ps_headers;

/* Appends a line; a name may come again. */
void ps_headers_add(ps_headers *h, ps_str name, ps_str value);
/* As add, but replaces the first line of that name (any case) where there is one. */
void ps_headers_set(ps_headers *h, ps_str name, ps_str value);
/* Takes every line of that name (any case) out. */
void ps_headers_remove(ps_headers *h, ps_str name);
/* Equal but for the case of ASCII letters. */
bool ps_header_name_equal(ps_str a, ps_str b);
/* Whether a line of the two may be sent: the name is a token, and the value has no control
 * characters but tabs; a line break only where a blank follows, which folds the line. Nothing else
 * keeps a value from bringing headers of its own along. */
bool ps_header_may_be_sent(ps_str name, ps_str value);
/* The first value of `name` (any case), borrowed until `h` changes; {NULL, 0} where there is none.
 */
ps_str ps_headers_get(const ps_headers *h, ps_str name);
ps_str ps_headers_name(const ps_headers *h, size_t i);
ps_str ps_headers_value(const ps_headers *h, size_t i);
void ps_headers_free(ps_headers *h);

/* More lines than any service sends: looking one up walks through all of them. */
#define PS_MAX_HEADER_LINES 1000

/* Takes header lines "Name: value\r\n..." apart (what a server sent, without its status line);
 * lines that are none are left out, and what comes behind the first PS_MAX_HEADER_LINES. */
void ps_headers_parse(ps_headers *h, ps_str lines);

typedef enum ps_payload {
    PS_PAYLOAD_BODY,     /* `body`, hashed when signed */
    PS_PAYLOAD_UNSIGNED, /* "UNSIGNED-PAYLOAD": the body is a stream, or the operation says so */
    PS_PAYLOAD_HASHED,   /* the caller knows the SHA-256 of the stream: `payload_hash`, in hex */
} ps_payload;

/* One request. Zero-initialise it: (ps_request){0}. */
typedef struct ps_request {
    ps_str method;      /* static text: "GET"; see ps_request_method */
    ps_str scheme;      /* static text: "https" */
    ps_buf host;        /* "sqs.us-east-1.amazonaws.com"; ":8080" behind it where it is not the
                         * scheme's own port */
    ps_buf host_prefix; /* of the operation ("sync-"), already put before `host` by the endpoint
                         * unless that is switched off; empty for most */
    ps_buf path;        /* as it goes over the wire: percent-encoded, begins with '/' */
    ps_buf query;       /* percent-encoded, without the '?'; empty: none */
    ps_headers headers; /* without Host */
    ps_buf body;
    ps_payload payload;
    char payload_hash[65];
    bool signed_before; /* by ps_sigv4_sign, which then may replace its own headers */
} ps_request;

void ps_request_free(ps_request *r);

/* The static text of an HTTP method; {NULL, 0} for one that is not known. */
ps_str ps_request_method(ps_str name);
/* Fills scheme, host, path and query from "https://host:8080/path?query". The port leaves when it
 * is the scheme's own, a fragment always; path and query stay byte for byte.
 *
 * Errors: PS_EINPUT  not http or https; no host; a user name, which is never quoted; control
 *                    characters */
ps_status ps_request_read_url(ps_request *r, ps_str url, ps_error *err);
/* Where a request that a protocol wrote goes. */
typedef struct ps_target {
    ps_str scheme;     /* "http" or "https" */
    ps_str host;       /* with its port where that is not the scheme's own */
    ps_str base_path;  /* put before the path; "" or "/": nothing */
    bool host_prefix;  /* the operation's own goes before `host` */
    bool drop_segment; /* the path's first segment, a bucket, is in `host` and leaves the path */
} ps_target;

/* Says it; once a request.
 *
 * Errors: PS_EINPUT  another scheme; a host with characters that hosts do not have */
ps_status ps_request_target(ps_request *r, const ps_target *to, ps_error *err);

/* Appends `bytes` percent-encoded: everything but A-Z a-z 0-9 - _ . ~ and what `keep` lists. */
void ps_percent_encode(ps_buf *out, ps_str bytes, ps_str keep);

/* What a server answered; all slices are borrowed. */
typedef struct ps_reply {
    int status;
    ps_str headers; /* lines, as ps_headers_parse takes them */
    ps_str body;
} ps_reply;

#endif
