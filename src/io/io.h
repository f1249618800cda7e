/* io.h -- HTTP transfers that block nobody: libcurl's multi interface behind submit, take, cancel.
 *
 * A *port* is one Lua state's end: transfers are submitted to it, and those that have news are
 * taken from it. An *engine* drives the transfers of its ports: a port in thread mode uses the one
 * engine of the process, whose thread is started by its first port and joined by its last one; a
 * port in inline mode has an engine of its own, driven by ps_port_step. No callback of libcurl
 * ever meets a lua_State.
 *
 * Ports and transfers are used by one thread, their owner's. After a fork those of the parent are
 * dead in the child (ps_port_is_ours): they may only be freed there. */
#ifndef PS_IO_IO_H
#define PS_IO_IO_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

typedef struct ps_port ps_port;
typedef struct ps_transfer ps_transfer;

typedef enum ps_port_mode { PS_PORT_INLINE, PS_PORT_THREAD } ps_port_mode;

/* What became of a transfer that failed: id, the name programs see. */
#define PS_IO_FAULTS(X)                                                                            \
    X(INPUT, "EINPUT")         /* what was asked makes no request */                               \
    X(DNS, "EDNS")             /* the name does not resolve */                                     \
    X(CONNECT, "ECONNECT")     /* nobody answers there, or the proxy refuses */                    \
    X(DENIED, "EDENIED")       /* an address that the request's filter forbids */                  \
    X(TLS, "ETLS")             /* certificate or handshake */                                      \
    X(RESET, "ERESET")         /* the connection ended early, or what came is no HTTP */           \
    X(TIMEOUT, "ETIMEOUT")     /* one of the request's timeouts */                                 \
    X(LIMIT, "ELIMIT")         /* the reply is larger than allowed */                              \
    X(CANCELLED, "ECANCELLED") /* by ps_transfer_cancel, or its port was closed */                 \
    X(HOST, "EHOST")           /* the port cannot be used: forked, closed */                       \
    X(IO, "EIO")               /* anything else */

typedef enum ps_io_fault {
    PS_IO_NONE,
#define ROW(id, name) PS_IO_##id,
    PS_IO_FAULTS(ROW)
#undef ROW
} ps_io_fault;

const char *ps_io_fault_name(ps_io_fault fault);

/* One HTTP exchange. Everything is copied by ps_port_submit. An optional text is absent when its
 * `p` is NULL. */
typedef struct ps_io_request {
    ps_str method;  /* "GET" */
    ps_str url;     /* http or https; sent as it is, nothing is normalised */
    ps_str headers; /* "Name: value\r\n" lines */
    ps_str body;    /* when not streamed */

    bool has_body;      /* also an empty one: "Content-Length: 0" */
    bool streams_body;  /* the body comes by ps_transfer_feed */
    int64_t length;     /* of a streamed body; negative: unknown, chunked */
    bool streams_reply; /* the reply's body goes by PS_NEWS_BODY */
    uint64_t max_body;  /* of the reply, in bytes; 0: unbounded */

    int64_t timeout_ms, connect_timeout_ms, idle_timeout_ms; /* 0: none */

    ps_str ca_bundle; /* optional: a PEM file instead of the system's */
    ps_str proxy;     /* optional: absent means none; the environment is never asked */
    ps_str no_proxy;  /* optional: hosts that do without it, separated by commas */
    bool verify;      /* the peer's certificate and name */
    bool http2;       /* over TLS, when the server offers it */

    bool deny_private; /* only addresses that the whole Internet can reach, see address.h */
    ps_str allow;      /* optional: exceptions, separated by commas */
} ps_io_request;

/* What ps_transfer_take has to tell. */
typedef enum ps_news {
    PS_NEWS_NONE,   /* wait on */
    PS_NEWS_BODY,   /* bytes of the reply: ps_result.body */
    PS_NEWS_WANTED, /* a streamed body may be fed */
    PS_NEWS_DONE,   /* the reply is whole */
    PS_NEWS_FAILED, /* fault and text */
} ps_news;

/* Borrowed from the transfer until its next call. */
typedef struct ps_result {
    long status;
    const char *version; /* "1.1", "2" */
    ps_str headers;      /* "Name: value\r\n" lines, without the status line */
    ps_str body;
    ps_io_fault fault;
    const char *text; /* names host and port; never a path, query, header or secret */
} ps_result;

/* -- ports ----------------------------------------------------------------------------------- */

/* Errors: PS_EUNSUPPORTED  the thread, or what libcurl needs, could not be had */
ps_port *ps_port_open(ps_port_mode mode, ps_error *err);
/* Cancels its transfers and lets go of the engine; the port's memory stays until its last transfer
 * is freed. Twice is fine. */
void ps_port_close(ps_port *p);
/* After ps_port_close. */
void ps_port_free(ps_port *p);
/* False in a process that was forked after it was opened, and once it is closed. */
bool ps_port_is_ours(const ps_port *p);

/* Starts a transfer.
 *
 * Errors: PS_EINPUT  no http(s) URL, or headers that are none
 *         PS_ESTALE  the port is not ours */
ps_transfer *ps_port_submit(ps_port *p, const ps_io_request *request, ps_error *err);

/* The id of a transfer that has news, 0 when none has. Each one is told once at least between its
 * news and the next ps_transfer_take. `*is_last`: no more will come of it. */
uint64_t ps_port_next(ps_port *p, bool *is_last);

/* Inline mode: drives the transfers; waits for at most `timeout_ms` when nothing has news yet, and
 * no longer than until one of `fds` is readable. Returns whether something has. */
bool ps_port_step(ps_port *p, int timeout_ms, const int *fds, size_t fd_count);
/* Inline mode: whether anything is under way, or has news. */
bool ps_port_is_busy(const ps_port *p);

/* Thread mode: a descriptor that is readable when a transfer has news (an eventfd, made on the
 * first call); -1 when it cannot be had. The owner calls ps_port_ack, then takes everything. */
int ps_port_fd(ps_port *p);
void ps_port_ack(ps_port *p);

/* Wakes the owner without news. */
void ps_port_signal(ps_port *p);

/* Thread mode, for event loops that wait for no descriptors but their own sockets: a unix socket
 * to connect to, in a folder of its own that only this user may enter. A byte comes when there is
 * news. NULL when it cannot be had. */
const char *ps_port_listen(ps_port *p, ps_error *err);
/* Takes the connection that the owner has made, and removes the socket's file; false: there is
 * none. */
bool ps_port_accept(ps_port *p);

/* -- transfers ------------------------------------------------------------------------------- */

uint64_t ps_transfer_id(const ps_transfer *t);
ps_news ps_transfer_take(ps_transfer *t, ps_result *out);
/* More of a streamed body; true: and more is wanted at once. */
bool ps_transfer_feed(ps_transfer *t, ps_str bytes);
void ps_transfer_end(ps_transfer *t);
/* Its news is then PS_NEWS_FAILED, PS_IO_CANCELLED, unless it has ended before. */
void ps_transfer_cancel(ps_transfer *t);
/* Cancels it when it is under way. */
void ps_transfer_free(ps_transfer *t);

#endif
