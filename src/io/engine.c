/* engine.c -- one multi handle and the transfers under way in it, with a thread or without. */
#include "base/mem.h"
#include "io/layout.h"

#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Connections: kept when idle, to one host, and in all. More transfers than that wait their turn.
 */
enum { IDLE_CONNECTIONS = 256, HOST_CONNECTIONS = 512, ALL_CONNECTIONS = 2048 };

/* Nothing needs the engine that often by itself. */
enum { LONGEST_WAIT_MS = 60000 };

int64_t ps_io_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void lock(ps_engine *e)
{
    if (e->is_threaded) {
        pthread_mutex_lock(&e->lock);
    }
}

static void unlock(ps_engine *e)
{
    if (e->is_threaded) {
        pthread_mutex_unlock(&e->lock);
    }
}

/* -- transfers under way -------------------------------------------------------------------------
 */

static CURL *take_handle(ps_engine *e)
{
    if (e->spare_count) {
        return e->spare[--e->spare_count];
    }
    CURL *easy = curl_easy_init();
    if (easy) {
        ps_setup_handle(easy, e->share);
    }
    return easy;
}

static void give_handle(ps_engine *e, CURL *easy)
{
    if (e->spare_count < sizeof e->spare / sizeof e->spare[0]) {
        e->spare[e->spare_count++] = easy;
    } else {
        curl_easy_cleanup(easy);
    }
}

/* Takes a transfer out; its end has been filled in, or `fault` says it. */
static void end(ps_engine *e, ps_transfer *t, ps_io_fault fault)
{
    t->is_over = true;
    if (t->easy) {
        curl_multi_remove_handle(e->multi, t->easy);
        give_handle(e, t->easy);
        t->easy = NULL;
        *(t->prev ? &t->prev->next : &e->active) = t->next;
        if (t->next) {
            t->next->prev = t->prev;
        }
        e->active_count--;
    }
    ps_transfer_finish(t, fault);
    ps_transfer_unref(t);
}

static void start(ps_engine *e, ps_transfer *t)
{
    t->easy = take_handle(e);
    if (!t->easy) {
        end(e, t, PS_IO_IO);
        return;
    }
    t->heard_ms = ps_io_now_ms();
    t->next = e->active;
    if (e->active) {
        e->active->prev = t;
    }
    e->active = t;
    e->active_count++;
    ps_setup_request(t, e->default_ca);
    if (curl_multi_add_handle(e->multi, t->easy) != CURLM_OK) {
        end(e, t, PS_IO_IO);
    } else if (t->idle_timeout_ms && t->heard_ms + t->idle_timeout_ms < e->idle_check_ms) {
        e->idle_check_ms = t->heard_ms + t->idle_timeout_ms;
    }
}

static void do_asked(ps_engine *e, ps_transfer *t, unsigned asked)
{
    if (t->is_over) {
        return;
    }
    if (asked & PS_ASK_CANCEL) {
        end(e, t, PS_IO_CANCELLED);
        return;
    }
    if (asked & PS_ASK_START) {
        start(e, t);
    } else if (t->easy) {
        t->heard_ms = ps_io_now_ms();
        (void)curl_easy_pause(t->easy, CURLPAUSE_CONT);
    }
}

static const char *version_text(long version)
{
    switch (version) {
    case CURL_HTTP_VERSION_1_0:
        return "1.0";
    case CURL_HTTP_VERSION_2_0:
        return "2";
    case CURL_HTTP_VERSION_3:
        return "3";
    default:
        return "1.1";
    }
}

static void collect(ps_engine *e)
{
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(e->multi, &left))) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        char *private = NULL;
        CURLcode code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        ps_transfer *t = (ps_transfer *)(void *)private;
        /* libcurl lets a reply pass that ends among its headers. */
        if (code == CURLE_OK && !t->head_ended) {
            code = CURLE_PARTIAL_FILE;
        }
        if (code == CURLE_OK) {
            long version = 0;
            (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
            (void)curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
            t->version = version_text(version);
        } else {
            ps_io_fault_explain(t, code);
        }
        end(e, t, PS_IO_NONE);
    }
}

/* Ends what has been still for too long; whose owner has paused it is not still. */
static void check_idle(ps_engine *e)
{
    int64_t now_ms = ps_io_now_ms();
    if (now_ms < e->idle_check_ms) {
        return;
    }
    e->idle_check_ms = INT64_MAX;
    for (ps_transfer *t = e->active, *next; t; t = next) {
        next = t->next;
        if (!t->idle_timeout_ms) {
            continue;
        }
        pthread_mutex_lock(&t->port->lock);
        bool is_paused = t->is_in_paused || t->is_out_paused;
        pthread_mutex_unlock(&t->port->lock);
        if (is_paused) {
            t->heard_ms = now_ms;
        }
        if (now_ms - t->heard_ms >= t->idle_timeout_ms) {
            end(e, t, PS_IO_TIMEOUT);
        } else if (t->heard_ms + t->idle_timeout_ms < e->idle_check_ms) {
            e->idle_check_ms = t->heard_ms + t->idle_timeout_ms;
        }
    }
}

/* -- libcurl's sockets and its timer -------------------------------------------------------------
 */

/* libcurl wants to hear of a socket, or no longer. One of its resolver's may be gone from the set
 * with its last descriptor; then there is nothing to take out. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *engine, void *known)
{
    ps_engine *e = engine;
    struct epoll_event event = {.data.fd = fd};
    (void)easy, (void)known;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(e->epoll_fd, EPOLL_CTL_DEL, fd, &event);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                   (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    if (epoll_ctl(e->epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0) {
        (void)epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *engine)
{
    ps_engine *e = engine;
    (void)multi;
    e->timer_ms = timeout_ms < 0 ? INT64_MAX : ps_io_now_ms() + timeout_ms;
    return 0;
}

static void fire_timer(ps_engine *e)
{
    int running = 0;
    if (e->timer_ms != INT64_MAX && e->timer_ms <= ps_io_now_ms()) {
        e->timer_ms = INT64_MAX;
        (void)curl_multi_socket_action(e->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

void ps_engine_drive(ps_engine *e)
{
    fire_timer(e);
    collect(e);
    check_idle(e);
}

static int wait_ms(const ps_engine *e, int64_t at_most)
{
    int64_t next_ms = e->timer_ms < e->idle_check_ms ? e->timer_ms : e->idle_check_ms;
    if (next_ms != INT64_MAX) {
        int64_t left = next_ms - ps_io_now_ms();
        at_most = left < at_most ? left : at_most;
    }
    return at_most < 0 ? 0 : at_most > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : (int)at_most;
}

void ps_engine_wait(ps_engine *e, int64_t timeout_ms)
{
    enum { AT_ONCE = 64 };
    struct epoll_event events[AT_ONCE];
    int count = epoll_wait(e->epoll_fd, events, AT_ONCE, wait_ms(e, timeout_ms));
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == e->wake_fd) {
            uint64_t times;
            ssize_t got = read(e->wake_fd, &times, sizeof times);
            (void)got;
            continue;
        }
        int running = 0, what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                                (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                                (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        (void)curl_multi_socket_action(e->multi, events[i].data.fd, what, &running);
    }
}

static void wake_engine(ps_engine *e)
{
    const uint64_t one = 1;
    ssize_t sent = write(e->wake_fd, &one, sizeof one);
    (void)sent; /* full: it is awake */
}

static void end_all_of(ps_engine *e, const ps_port *p)
{
    for (ps_transfer *t = e->active, *next; t; t = next) {
        next = t->next;
        if (!p || t->port == p) {
            end(e, t, PS_IO_CANCELLED);
        }
    }
}

/* -- what owners ask
 * ------------------------------------------------------------------------------- */

void ps_engine_ask(ps_engine *e, ps_transfer *t, unsigned what)
{
    if (what & PS_ASK_START) {
        ps_transfer_ref(t); /* the engine's, given back by end() */
    }
    if (!e->is_threaded) {
        do_asked(e, t, what);
        return;
    }
    lock(e);
    bool was_empty = e->first_asked == NULL;
    bool is_listed = t->asked != 0;
    t->asked |= what;
    if (!is_listed) {
        ps_transfer_ref(t);
        t->next_asked = NULL;
        *(was_empty ? &e->first_asked : &e->last_asked->next_asked) = t;
        e->last_asked = t;
    }
    unlock(e);
    if (was_empty) {
        wake_engine(e);
    }
}

/* Does what was asked; false: the thread is to end. */
static bool do_all_asked(ps_engine *e)
{
    lock(e);
    ps_transfer *t = e->first_asked;
    bool port_closed = e->port_closed, stop = e->stop;
    e->first_asked = e->last_asked = NULL;
    e->port_closed = false;
    unlock(e);
    while (t) {
        lock(e);
        unsigned asked = t->asked;
        ps_transfer *next = t->next_asked;
        t->asked = 0;
        unlock(e);
        do_asked(e, t, asked);
        ps_transfer_unref(t);
        t = next;
    }
    if (port_closed) {
        for (ps_transfer *u = e->active, *next; u; u = next) {
            next = u->next;
            if (atomic_load(&u->port->is_closed)) {
                end(e, u, PS_IO_CANCELLED);
            }
        }
    }
    return !stop;
}

static void *run(void *engine)
{
    ps_engine *e = engine;
    while (do_all_asked(e)) {
        ps_engine_drive(e);
        ps_engine_wait(e, LONGEST_WAIT_MS);
    }
    end_all_of(e, NULL);
    return NULL;
}

/* -- the engine itself
 * ------------------------------------------------------------------------------ */

static void engine_free(ps_engine *e)
{
    while (e->spare_count) {
        curl_easy_cleanup(e->spare[--e->spare_count]);
    }
    if (e->multi) {
        curl_multi_cleanup(e->multi);
    }
    if (e->share) {
        curl_share_cleanup(e->share);
    }
    if (e->epoll_fd >= 0) {
        close(e->epoll_fd);
    }
    if (e->wake_fd >= 0) {
        close(e->wake_fd);
    }
    ps_free(e->default_ca);
    pthread_mutex_destroy(&e->lock);
    ps_free(e);
}

static pthread_once_t libcurl_once = PTHREAD_ONCE_INIT;

static void init_libcurl(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Where the system keeps its certificates, as libcurl was built to know. */
static char *find_default_ca(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075400
    char *path = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_CAINFO, &path) == CURLE_OK && path) {
        size_t len = strlen(path) + 1;
        return memcpy(ps_alloc(len), path, len);
    }
#else
    (void)easy;
#endif
    static const char *const usual[] = {"/etc/ssl/certs/ca-certificates.crt",
                                        "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (access(usual[i], R_OK) == 0) {
            size_t len = strlen(usual[i]) + 1;
            return memcpy(ps_alloc(len), usual[i], len);
        }
    }
    return NULL;
}

static ps_engine *engine_new(bool is_threaded)
{
    pthread_once(&libcurl_once, init_libcurl);
    ps_engine *e = ps_alloc_zeroed(1, sizeof *e);
    e->is_threaded = is_threaded;
    e->pid = getpid();
    e->idle_check_ms = e->timer_ms = INT64_MAX;
    e->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    e->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event woken = {.events = EPOLLIN, .data.fd = e->wake_fd};
    pthread_mutex_init(&e->lock, NULL);
    e->multi = curl_multi_init();
    e->share = curl_share_init();
    CURL *easy = curl_easy_init();
    if (!e->multi || !e->share || !easy || e->epoll_fd < 0 || e->wake_fd < 0 ||
        epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, e->wake_fd, &woken) != 0) {
        curl_easy_cleanup(easy);
        engine_free(e);
        return NULL;
    }
    (void)curl_share_setopt(e->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    (void)curl_multi_setopt(e->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(e->multi, CURLMOPT_SOCKETDATA, e);
    (void)curl_multi_setopt(e->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    (void)curl_multi_setopt(e->multi, CURLMOPT_TIMERDATA, e);
    /* One exchange at a time on a connection, in HTTP/2 as well: libcurl 7.88 takes a busy HTTP/1
     * connection for one to share once its host has another of HTTP/2, and mixes two replies. */
    (void)curl_multi_setopt(e->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    (void)curl_multi_setopt(e->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
    (void)curl_multi_setopt(e->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS);
    (void)curl_multi_setopt(e->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)ALL_CONNECTIONS);
    e->default_ca = find_default_ca(easy);
    ps_setup_handle(easy, e->share);
    give_handle(e, easy);
    return e;
}

/* The host's signals are its own: they are never handled in this thread, nor in those that the
 * resolver starts from it. */
static bool start_thread(ps_engine *e)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&e->thread, NULL, run, e);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return failed == 0;
}

/* The one engine with a thread. A forked child finds its parent's here: it leaves that one as it
 * is, for its thread, its locks and its connections are the parent's. */
static pthread_mutex_t process_lock = PTHREAD_MUTEX_INITIALIZER;
static ps_engine *process_engine;

static ps_engine *join_process_engine(void)
{
    pthread_mutex_lock(&process_lock);
    if (!process_engine || process_engine->pid != getpid()) {
        process_engine = engine_new(true);
        if (process_engine && !start_thread(process_engine)) {
            engine_free(process_engine);
            process_engine = NULL;
        }
    }
    ps_engine *e = process_engine;
    if (e) {
        e->ports++;
    }
    pthread_mutex_unlock(&process_lock);
    return e;
}

ps_engine *ps_engine_join(ps_port_mode mode, ps_error *err)
{
    ps_engine *e = mode == PS_PORT_THREAD ? join_process_engine() : engine_new(false);
    if (!e) {
        (void)ps_fail(err, PS_EUNSUPPORTED, 0, "libcurl or the I/O thread cannot be started");
    }
    return e;
}

void ps_engine_leave(ps_engine *e, ps_port *p)
{
    if (!e->is_threaded) {
        end_all_of(e, p);
        engine_free(e);
        return;
    }
    pthread_mutex_lock(&process_lock);
    bool is_last = --e->ports == 0;
    if (is_last && process_engine == e) {
        process_engine = NULL;
    }
    lock(e);
    e->stop = is_last;
    e->port_closed = true;
    unlock(e);
    /* Still under the process's lock: until it is let go, nobody else can be the last one. */
    wake_engine(e);
    pthread_mutex_unlock(&process_lock);
    if (is_last) {
        (void)pthread_join(e->thread, NULL);
        (void)do_all_asked(e);
        engine_free(e);
    }
}
