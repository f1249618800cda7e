/* stream.c -- libcurl's callbacks: headers and bytes as they come and go, and where to. */
#include "io/address.h"
#include "io/layout.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static bool is_blank(const char *p, size_t len)
{
    return len == 0 || p[0] == '\r' || p[0] == '\n';
}

/* A new status line starts over: what came before was informational. */
size_t ps_stream_header(char *p, size_t size, size_t count, void *transfer)
{
    ps_transfer *t = transfer;
    size_t len = size * count;
    t->heard_ms = ps_io_now_ms();
    if (len > 5 && memcmp(p, "HTTP/", 5) == 0) {
        ps_buf_clear(&t->head);
        t->head_ended = false;
        return len;
    }
    if (is_blank(p, len)) {
        t->head_ended = true;
        return len;
    }
    if (len > PS_MAX_HEADERS - t->head.len) {
        t->verdict = PS_IO_LIMIT;
        return 0;
    }
    ps_buf_add(&t->head, (ps_str){p, len});
    return len;
}

/* Who asked for a stream gets the thing itself as one; a refusal is told whole, like any other. */
static void begin_reply(ps_transfer *t)
{
    long status = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->reply_begun = true;
    if (status < 200 || status > 299) {
        pthread_mutex_lock(&t->port->lock);
        t->sinks_reply = false;
        pthread_mutex_unlock(&t->port->lock);
        t->max_body = PS_MAX_REFUSAL;
    }
}

/* A wake-up for each piece that comes costs more than the pieces do: a few wait for more. The
 * caller holds the port's lock. */
static bool post_bytes(ps_transfer *t)
{
    ps_engine *e = t->engine;
    if (t->in.len < PS_STREAM_WINDOW / 2 && t->port->is_threaded && !t->is_ready &&
        (!e->held || e->held == t)) {
        e->held_turns = e->held ? e->held_turns : 0;
        e->held = t;
        return false;
    }
    e->held = e->held == t ? NULL : e->held;
    return ps_port_post(t);
}

size_t ps_stream_write(char *p, size_t size, size_t count, void *transfer)
{
    ps_transfer *t = transfer;
    size_t len = size * count;
    t->heard_ms = ps_io_now_ms();
    if (atomic_load(&t->port->is_closed)) {
        t->verdict = PS_IO_CANCELLED;
        return 0;
    }
    if (t->streams_reply && !t->reply_begun) {
        begin_reply(t);
    }
    if (t->max_body && len > t->max_body - t->received) {
        t->verdict = PS_IO_LIMIT;
        return 0;
    }
    if (!t->sinks_reply) {
        t->received += len;
        ps_buf_add(&t->in, (ps_str){p, len});
        return len;
    }
    pthread_mutex_lock(&t->port->lock);
    bool takes = t->in.len == 0 || len <= PS_STREAM_WINDOW - t->in.len;
    bool signal = false;
    if (takes) {
        ps_buf_add(&t->in, (ps_str){p, len});
        t->received += len;
        signal = post_bytes(t);
    } else {
        t->is_in_paused = true;
        signal = ps_port_post(t);
    }
    pthread_mutex_unlock(&t->port->lock);
    if (signal) {
        ps_port_signal(t->port);
    }
    return takes ? len : CURL_WRITEFUNC_PAUSE;
}

size_t ps_stream_read(char *p, size_t size, size_t count, void *transfer)
{
    ps_transfer *t = transfer;
    size_t room = size * count;
    t->heard_ms = ps_io_now_ms();
    pthread_mutex_lock(&t->port->lock);
    size_t left = t->out.len - t->out_at;
    size_t len = left < room ? left : room;
    bool signal = false;
    if (len) {
        memcpy(p, t->out.p + t->out_at, len);
        t->out_at += len;
    }
    if (left - len < PS_STREAM_WINDOW / 2 && !t->out_ended) {
        t->is_wanted = true;
        signal = ps_port_post(t);
    }
    bool pauses = len == 0 && !t->out_ended;
    t->is_out_paused = t->is_out_paused || pauses;
    pthread_mutex_unlock(&t->port->lock);
    if (signal) {
        ps_port_signal(t->port);
    }
    t->body_begun = t->body_begun || len > 0;
    return pauses ? CURL_READFUNC_PAUSE : len;
}

/* libcurl sends again what a connection that had been idle did not take; a body that has been read
 * is gone. */
int ps_stream_seek(void *transfer, curl_off_t at, int origin)
{
    const ps_transfer *t = transfer;
    return at == 0 && origin == SEEK_SET && !t->body_begun ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

/* -- where to ------------------------------------------------------------------------------- */

static bool may_reach(const ps_transfer *t, const ps_address *a)
{
    return !ps_address_is_private(a) || ps_address_is_allowed(a, t->port_number, t->host, t->allow);
}

static bool address_of(const struct sockaddr *from, ps_address *a)
{
    /* Copied: libcurl's own structure promises no alignment. */
    if (from->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof v4);
        memcpy(a->bytes, &v4.sin_addr, 4);
        a->len = 4;
        return true;
    }
    if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, from, sizeof v6);
        memcpy(a->bytes, &v6.sin6_addr, 16);
        a->len = 16;
        return true;
    }
    return false;
}

/* Whether the proxy is the peer, which the operator has named; the host's address is then the
 * proxy's business, but for hosts that are addresses. */
curl_socket_t ps_stream_open(void *transfer, curlsocktype purpose, struct curl_sockaddr *address)
{
    ps_transfer *t = transfer;
    ps_address a;
    (void)purpose;
    if (t->deny_private && !t->proxy && (!address_of(&address->addr, &a) || !may_reach(t, &a))) {
        t->verdict = PS_IO_DENIED;
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd >= 0) {
        ps_watch_open(t->engine, fd);
    }
    return fd;
}

/* A connection that another request has opened, without a filter, is looked at here. */
int ps_stream_before(void *transfer, char *remote, char *local, int remote_port, int local_port)
{
    ps_transfer *t = transfer;
    ps_address a;
    (void)local, (void)remote_port, (void)local_port;
    ps_str peer = t->proxy ? t->host : ps_str_from(remote ? remote : "");
    bool is_address = ps_address_parse(peer, &a);
    if (is_address ? may_reach(t, &a) : t->proxy != NULL) {
        return CURL_PREREQFUNC_OK;
    }
    t->verdict = PS_IO_DENIED;
    return CURL_PREREQFUNC_ABORT;
}
