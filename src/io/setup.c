/* setup.c -- tells libcurl about a request. Handles are used again: every option that one request
 * sets, every other one sets, too. */
#include "io/layout.h"

#define SET(option, value) (void)curl_easy_setopt(easy, (option), (value))

void ps_setup_handle(CURL *easy, ps_engine *e)
{
    SET(CURLOPT_SHARE, e->share);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_NOPROGRESS, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
    /* A cancelled transfer does not wait for the resolver's thread. */
    SET(CURLOPT_QUICK_EXIT, 1L);
#endif
    SET(CURLOPT_HEADERFUNCTION, ps_stream_header);
    SET(CURLOPT_WRITEFUNCTION, ps_stream_write);
    SET(CURLOPT_READFUNCTION, ps_stream_read);
    SET(CURLOPT_SEEKFUNCTION, ps_stream_seek);
    SET(CURLOPT_OPENSOCKETFUNCTION, ps_stream_open);
    SET(CURLOPT_CLOSESOCKETFUNCTION, ps_watch_close);
    SET(CURLOPT_CLOSESOCKETDATA, e);
}

static void set_body(const ps_transfer *t, CURL *easy)
{
    if (strcmp(t->method, "HEAD") == 0) {
        SET(CURLOPT_CUSTOMREQUEST, NULL);
        SET(CURLOPT_NOBODY, 1L);
        return;
    }
    SET(CURLOPT_HTTPGET, 1L);
    if (t->streams_body) {
        SET(CURLOPT_UPLOAD, 1L);
        SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)(t->length < 0 ? -1 : t->length));
        SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)PS_STREAM_READ);
    } else if (t->has_body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, t->body.p ? t->body.p : "");
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.len);
    }
    SET(CURLOPT_CUSTOMREQUEST, t->method);
}

void ps_setup_request(ps_transfer *t, const char *default_ca)
{
    CURL *easy = t->easy;
    t->words[0] = '\0';
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_READDATA, t);
    SET(CURLOPT_SEEKDATA, t);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_ERRORBUFFER, t->words);
    SET(CURLOPT_URL, t->url);
    SET(CURLOPT_HTTPHEADER, t->headers);
    set_body(t, easy);

    SET(CURLOPT_TIMEOUT_MS, (long)t->timeout_ms);
    /* libcurl takes 0 for its own default of five minutes. */
    SET(CURLOPT_CONNECTTIMEOUT_MS,
        (long)(t->connect_timeout_ms ? t->connect_timeout_ms : t->timeout_ms));
    SET(CURLOPT_BUFFERSIZE, t->streams_reply ? (long)PS_STREAM_READ : (long)CURL_MAX_WRITE_SIZE);

    SET(CURLOPT_PROXY, t->proxy ? t->proxy : "");
    /* A filter leaves the proxy alone, and could not tell a host that does without it. */
    SET(CURLOPT_NOPROXY, t->no_proxy && !t->deny_private ? t->no_proxy : "");
    SET(CURLOPT_SSL_VERIFYPEER, t->verify ? 1L : 0L);
    SET(CURLOPT_SSL_VERIFYHOST, t->verify ? 2L : 0L);
    SET(CURLOPT_CAINFO, t->ca_bundle ? t->ca_bundle : default_ca);
    /* With a folder set, too, libcurl reads the whole bundle anew for each connection. */
    SET(CURLOPT_CAPATH, NULL);

    /* Nor may it meet a connection that somebody else has opened past the proxy. */
    SET(CURLOPT_FRESH_CONNECT, t->deny_private && t->proxy ? 1L : 0L);
    SET(CURLOPT_PREREQFUNCTION, t->deny_private ? ps_stream_before : NULL);
    SET(CURLOPT_PREREQDATA, t);
    /* A stream goes by HTTP/1.1, whose back-pressure is the socket's own. */
    bool shares = t->http2 && !t->streams_body && !t->streams_reply;
    SET(CURLOPT_HTTP_VERSION, shares ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
}
