/* fault.c -- what went wrong, for programs and for people. */
#include "io/layout.h"

#include <errno.h>
#include <stdio.h>

const char *ps_io_fault_name(ps_io_fault fault)
{
    static const char *const names[] = {[PS_IO_NONE] = "",
#define ROW(id, name) [PS_IO_##id] = (name),
                                        PS_IO_FAULTS(ROW)
#undef ROW
    };
    return names[fault];
}

static const struct {
    CURLcode code;
    ps_io_fault fault;
} rows[] = {
    {CURLE_UNSUPPORTED_PROTOCOL, PS_IO_RESET}, /* HTTP/0.9: garbage */
    {CURLE_URL_MALFORMAT, PS_IO_INPUT},
    {CURLE_COULDNT_RESOLVE_PROXY, PS_IO_DNS},
    {CURLE_COULDNT_RESOLVE_HOST, PS_IO_DNS},
    {CURLE_COULDNT_CONNECT, PS_IO_CONNECT},
    {CURLE_PROXY, PS_IO_CONNECT},
    {CURLE_WEIRD_SERVER_REPLY, PS_IO_RESET},
    {CURLE_HTTP2, PS_IO_RESET},
    {CURLE_HTTP2_STREAM, PS_IO_RESET},
    {CURLE_PARTIAL_FILE, PS_IO_RESET},
    {CURLE_GOT_NOTHING, PS_IO_RESET},
    {CURLE_SEND_ERROR, PS_IO_RESET},
    {CURLE_RECV_ERROR, PS_IO_RESET},
    {CURLE_SEND_FAIL_REWIND, PS_IO_RESET},
    {CURLE_OPERATION_TIMEDOUT, PS_IO_TIMEOUT},
    {CURLE_FILESIZE_EXCEEDED, PS_IO_LIMIT},
    {CURLE_SSL_CONNECT_ERROR, PS_IO_TLS},
    {CURLE_SSL_CERTPROBLEM, PS_IO_TLS},
    {CURLE_SSL_CIPHER, PS_IO_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, PS_IO_TLS},
    {CURLE_USE_SSL_FAILED, PS_IO_TLS},
    {CURLE_SSL_ENGINE_INITFAILED, PS_IO_TLS},
    {CURLE_SSL_CACERT_BADFILE, PS_IO_TLS},
    {CURLE_SSL_SHUTDOWN_FAILED, PS_IO_TLS},
    {CURLE_SSL_CRL_BADFILE, PS_IO_TLS},
    {CURLE_SSL_ISSUER_ERROR, PS_IO_TLS},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, PS_IO_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, PS_IO_TLS},
};

/* `detail` never comes from the request: libcurl's own words may quote a URL. */
static void say(ps_transfer *t, ps_io_fault fault, const char *what, const char *detail)
{
    t->fault = fault;
    int host_len = t->host.len > 100 ? 100 : (int)t->host.len;
    (void)snprintf(t->text, sizeof t->text, "%.*s:%u: %s%s%s", host_len, t->host.p, t->port_number,
                   what, detail[0] ? ": " : "", detail);
}

void ps_io_fault_words(ps_transfer *t, ps_io_fault fault)
{
    char number[64] = "";
    const char *what = "the transfer failed";
    switch (fault) {
    case PS_IO_DENIED:
        what = "the address is private or special, and this request may go to public ones only";
        break;
    case PS_IO_CANCELLED:
        what = "cancelled";
        break;
    case PS_IO_LIMIT:
        what = "the reply's headers are too large";
        if (t->head.len < PS_MAX_HEADERS / 2 || t->received) {
            what = "the reply is too large";
            (void)snprintf(number, sizeof number, "more than %llu bytes",
                           (unsigned long long)t->max_body);
        }
        break;
    case PS_IO_TIMEOUT:
        what = "nothing moved for too long";
        (void)snprintf(number, sizeof number, "%lld ms", (long long)t->idle_timeout_ms);
        break;
    case PS_IO_HOST:
        what = "the port was opened by another process, or is closed";
        break;
    default:
        break;
    }
    say(t, fault, what, number);
}

static void explain_timeout(ps_transfer *t)
{
    char number[64];
    curl_off_t connected_us = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    if (connected_us > 0) {
        (void)snprintf(number, sizeof number, "%lld ms", (long long)t->timeout_ms);
        say(t, PS_IO_TIMEOUT, "no whole reply in time", number);
        return;
    }
    int64_t limit_ms = t->connect_timeout_ms;
    if (limit_ms == 0 || (t->timeout_ms && t->timeout_ms < limit_ms)) {
        limit_ms = t->timeout_ms;
    }
    (void)snprintf(number, sizeof number, "%lld ms", (long long)limit_ms);
    say(t, PS_IO_TIMEOUT, "no connection in time", number);
}

void ps_io_fault_explain(ps_transfer *t, CURLcode code)
{
    ps_io_fault fault = PS_IO_IO;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == code) {
            fault = rows[i].fault;
        }
    }
    long os_error = 0, proxy_status = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_error);
    (void)curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if (t->verdict != PS_IO_NONE) {
        ps_io_fault_words(t, t->verdict);
    } else if (fault == PS_IO_TIMEOUT) {
        explain_timeout(t);
    } else if (fault == PS_IO_RESET && proxy_status >= 300) {
        char number[32];
        (void)snprintf(number, sizeof number, "status %ld", proxy_status);
        say(t, PS_IO_CONNECT, "the proxy refuses the connection", number);
    } else if (code == CURLE_SSL_CONNECT_ERROR && (os_error == ECONNRESET || os_error == EPIPE)) {
        say(t, PS_IO_RESET, "the connection ended during the TLS handshake", "");
    } else if (fault == PS_IO_TLS) {
        /* These name certificates and files, not the request. */
        say(t, fault, t->words[0] ? t->words : curl_easy_strerror(code), "");
    } else if (code == CURLE_PARTIAL_FILE) {
        say(t, fault, "the connection ended before the reply was whole", "");
    } else if (fault == PS_IO_CONNECT && os_error) {
        char words[80];
        if (strerror_r((int)os_error, words, sizeof words) != 0) {
            words[0] = '\0';
        }
        say(t, fault, "cannot connect", words);
    } else {
        say(t, fault,
            code == CURLE_UNSUPPORTED_PROTOCOL ? "what came is not HTTP/1 or HTTP/2"
                                               : curl_easy_strerror(code),
            "");
    }
}
