/* layout.h -- what the files of io/ share: how a transfer, a port and an engine look inside.
 *
 * Who may touch what: a transfer's request is written before it is submitted and only read then.
 * What stands under "engine" belongs to whoever drives the engine (its thread, or in inline mode
 * the owner). What stands under "shared" is guarded by the port's lock; what an engine's owners
 * ask of it, by the engine's lock. Neither lock is held while libcurl drives a transfer, and
 * none of the two is taken under the other. */
#ifndef PS_IO_LAYOUT_H
#define PS_IO_LAYOUT_H

#include "io/io.h"
#include "wake/wake.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

#if LIBCURL_VERSION_NUM < 0x075000
#error "passo needs libcurl 7.80 or later"
#endif

/* A streamed body in either direction waits in memory up to about this many bytes. */
#define PS_STREAM_WINDOW ((size_t)1024 * 1024)
/* What one read of the socket may bring: less than the window, for libcurl copies what it cannot
 * pass on. */
#define PS_STREAM_READ (128 * 1024)
#define PS_MAX_HEADERS ((size_t)256 * 1024)
/* Of a refusal whose body would have been streamed. */
#define PS_MAX_REFUSAL ((uint64_t)8 * 1024 * 1024)

typedef struct ps_engine ps_engine;

/* What an owner asks of the engine. */
enum { PS_ASK_START = 1, PS_ASK_RESUME = 2, PS_ASK_CANCEL = 4 };

struct ps_transfer {
    atomic_size_t refs; /* the owner's, the engine's while it is under way, one in each list */
    ps_port *port;
    uint64_t id;

    /* the request; texts end with NUL and live in `memory` */
    char *memory;
    size_t secret_len; /* what of `memory` is wiped in the end: all but the body */
    const char *method, *url;
    const char *ca_bundle, *proxy, *no_proxy; /* NULL: none */
    ps_str host, allow, body;
    unsigned port_number;
    struct curl_slist *headers;
    int64_t length;
    int64_t timeout_ms, connect_timeout_ms, idle_timeout_ms;
    uint64_t max_body;
    bool has_body, streams_body, streams_reply, verify, http2, deny_private;

    /* engine */
    ps_engine *engine;
    CURL *easy;
    ps_transfer *prev, *next; /* among those under way */
    int64_t heard_ms;         /* when a byte moved last */
    uint64_t received;
    bool body_begun, head_ended, reply_begun;
    bool is_over;
    ps_io_fault verdict; /* what a callback found wrong */
    char *words;         /* CURLOPT_ERRORBUFFER */

    /* shared */
    ps_transfer *next_ready;
    bool is_ready; /* in the port's list */
    bool is_done;  /* the result below is final */
    bool is_in_paused, is_out_paused;
    bool sinks_reply; /* streams_reply, and the reply is no refusal */
    bool is_wanted;   /* more of a streamed body */
    bool out_ended;
    ps_buf head; /* the reply's header lines */
    ps_buf in;   /* the reply's body, or what of it has not been taken */
    ps_buf out;  /* what of a streamed body has not been sent */
    size_t out_at;
    long status;
    const char *version;
    ps_io_fault fault;
    char text[256];

    /* engine's lock */
    ps_transfer *next_asked;
    unsigned asked;

    /* owner */
    ps_buf taken; /* what PS_NEWS_BODY has lent */
    bool is_told; /* its end was told */
};

struct ps_port {
    atomic_size_t refs; /* the owner's, one of each transfer */
    ps_engine *engine;  /* NULL once closed */
    unsigned forks;     /* when it was opened */
    bool is_threaded;
    uint64_t last_id; /* owner */

    pthread_mutex_t lock;
    ps_transfer *first_ready, *last_ready;
    atomic_bool is_closed;

    ps_wake wake; /* how the owner is told */
};

/* A descriptor in the epoll set, by its number. */
typedef struct ps_watch {
    uint32_t wanted;    /* EPOLL*: what libcurl waits for; 0: nothing now */
    uint32_t set;       /* what the set waits for; 0: it is not in there */
    bool is_connection; /* one of ours, whose end we are told: it may stay while it is idle */
} ps_watch;

struct ps_engine {
    CURLM *multi;
    CURLSH *share;
    bool is_threaded;
    unsigned forks; /* when it was made */
    size_t ports;   /* thread mode: guarded by the lock of the process's engine */

    ps_transfer *active;
    size_t active_count;
    int epoll_fd;
    ps_watch *watches; /* by descriptor */
    size_t watch_count;
    int64_t timer_ms;      /* when libcurl wants to be called; INT64_MAX: never */
    int64_t idle_check_ms; /* when the next idle timeout may be due; INT64_MAX: never */
    ps_transfer *held;     /* a stream's bytes came, and its owner has not been told yet */
    int held_turns;
    CURL *spare[16];
    size_t spare_count;
    char *default_ca;

    pthread_t thread;
    int wake_fd; /* an eventfd in the epoll set */
    pthread_mutex_t lock;
    ps_transfer *first_asked, *last_asked;
    bool is_waiting; /* the thread is, or is about to be: it must be woken */
    bool stop;
    bool port_closed; /* some port was: its transfers are to be cancelled */
};

int64_t ps_io_now_ms(void);

/* -- engine.c: the transfers under way ------------------------------------------------------ */

/* The process's engine, started when need be, or one of its own for an inline port. */
ps_engine *ps_engine_join(ps_port_mode mode, ps_error *err);
/* For the closing port; the last one of an engine ends it. */
void ps_engine_leave(ps_engine *e, ps_port *p);
/* PS_ASK_*; at once in inline mode. */
void ps_engine_ask(ps_engine *e, ps_transfer *t, unsigned what);

/* -- drive.c: the transfers under way; for whoever drives the engine ------------------------ */

/* Does what is due, and tells the ends. */
void ps_engine_drive(ps_engine *e);
/* Until when nothing is due by itself, in milliseconds from now; at most that long. */
int ps_engine_pause_ms(const ps_engine *e, int64_t at_most);
void ps_engine_do(ps_engine *e, ps_transfer *t, unsigned asked);
/* Tells the owner of the transfer whose news was held back. */
void ps_engine_tell_held(ps_engine *e);
/* Cancels the transfers of a port (NULL: of all), perhaps only of those that are closed. */
void ps_engine_end(ps_engine *e, const ps_port *p, bool closed_only);
/* Takes a handle that nobody uses. */
void ps_engine_give(ps_engine *e, CURL *easy);

/* -- watch.c: descriptors that are waited for ------------------------------------------------ */

/* Makes the set, for this multi handle; false: it cannot be had. */
bool ps_watch_begin(ps_engine *e);
void ps_watch_end(ps_engine *e);
/* Waits for libcurl's sockets and timer, idle timeouts, wake-ups; at most that long. False: none
 * of them has come. */
bool ps_engine_wait(ps_engine *e, int64_t timeout_ms);
void ps_engine_wake(ps_engine *e);
/* A connection's socket comes, and goes: the latter is libcurl's callback. */
void ps_watch_open(ps_engine *e, curl_socket_t fd);
int ps_watch_close(void *engine, curl_socket_t fd);

/* -- transfer.c ----------------------------------------------------------------------------- */

ps_transfer *ps_transfer_new(ps_port *p, const ps_io_request *request, ps_error *err);
ps_transfer *ps_transfer_ref(ps_transfer *t);
void ps_transfer_unref(ps_transfer *t);
/* Takes the end over from the engine and tells the port. */
void ps_transfer_finish(ps_transfer *t, ps_io_fault fault);

/* -- setup.c -------------------------------------------------------------------------------- */

/* What never changes from request to request; once for each handle. */
void ps_setup_handle(CURL *easy, ps_engine *e);
/* Everything else; `default_ca` may be NULL. */
void ps_setup_request(ps_transfer *t, const char *default_ca);

/* -- stream.c: libcurl's callbacks ----------------------------------------------------------- */

size_t ps_stream_header(char *p, size_t size, size_t count, void *transfer);
size_t ps_stream_write(char *p, size_t size, size_t count, void *transfer);
size_t ps_stream_read(char *p, size_t size, size_t count, void *transfer);
int ps_stream_seek(void *transfer, curl_off_t at, int origin);
curl_socket_t ps_stream_open(void *transfer, curlsocktype purpose, struct curl_sockaddr *address);
int ps_stream_before(void *transfer, char *remote, char *local, int remote_port, int local_port);

/* -- fault.c -------------------------------------------------------------------------------- */

/* Fills t->fault and t->text for what libcurl says of it. */
void ps_io_fault_explain(ps_transfer *t, CURLcode code);
void ps_io_fault_words(ps_transfer *t, ps_io_fault fault);

/* -- port.c --------------------------------------------------------------------------------- */

/* The transfer has news; the caller holds the port's lock. The answer is whether to call
 * ps_port_signal, without the lock. */
bool ps_port_post(ps_transfer *t);
ps_port *ps_port_ref(ps_port *p);
void ps_port_unref(ps_port *p);

#endif
