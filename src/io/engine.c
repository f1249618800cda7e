/* engine.c -- one multi handle, with a thread or without: its life, what its owners ask of it. */
#include "base/mem.h"
#include "io/layout.h"

#include <signal.h>
#include <stdint.h>
#include <unistd.h>

/* Connections: kept when idle, to one host, and in all. More transfers than that wait their turn.
 */
enum { IDLE_CONNECTIONS = 256, HOST_CONNECTIONS = 512, ALL_CONNECTIONS = 2048 };

/* For so many turns of the engine a stream's owner may not hear of a few bytes: there is more. */
enum { HELD_TURNS = 8 };

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

/* -- what owners ask ------------------------------------------------------------------------- */

void ps_engine_ask(ps_engine *e, ps_transfer *t, unsigned what)
{
    if (what & PS_ASK_START) {
        ps_transfer_ref(t); /* the engine's, given back by end() */
    }
    if (!e->is_threaded) {
        ps_engine_do(e, t, what);
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
    bool wakes = e->is_waiting;
    e->is_waiting = false;
    unlock(e);
    if (wakes) {
        ps_engine_wake(e);
    }
}

/* Whether the thread may wait: from now on, who asks for something wakes it. */
static bool may_wait(ps_engine *e)
{
    lock(e);
    e->is_waiting = !e->first_asked && !e->port_closed && !e->stop;
    bool may = e->is_waiting;
    unlock(e);
    return may;
}

/* Does what was asked; false: the thread is to end. */
static bool do_all_asked(ps_engine *e)
{
    lock(e);
    e->is_waiting = false;
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
        ps_engine_do(e, t, asked);
        ps_transfer_unref(t);
        t = next;
    }
    if (port_closed) {
        ps_engine_end(e, NULL, true);
    }
    return !stop;
}

static void *run(void *engine)
{
    ps_engine *e = engine;
    while (do_all_asked(e)) {
        ps_engine_drive(e);
        if (e->held && e->held_turns++ < HELD_TURNS && ps_engine_wait(e, 0)) {
            continue;
        }
        ps_engine_tell_held(e);
        (void)ps_engine_wait(e, may_wait(e) ? INT64_MAX : 0);
    }
    ps_engine_end(e, NULL, false);
    return NULL;
}

/* -- the engine itself ----------------------------------------------------------------------- */

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
    ps_watch_end(e);
    ps_free(e->default_ca);
    pthread_mutex_destroy(&e->lock);
    ps_free(e);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_once(void)
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
    pthread_once(&once, init_once);
    ps_engine *e = ps_alloc_zeroed(1, sizeof *e);
    e->is_threaded = is_threaded;
    e->forks = ps_wake_forks();
    e->idle_check_ms = e->timer_ms = INT64_MAX;
    e->epoll_fd = e->wake_fd = -1;
    pthread_mutex_init(&e->lock, NULL);
    e->multi = curl_multi_init();
    e->share = curl_share_init();
    CURL *easy = curl_easy_init();
    if (!e->multi || !e->share || !easy || !ps_watch_begin(e)) {
        curl_easy_cleanup(easy);
        engine_free(e);
        return NULL;
    }
    (void)curl_share_setopt(e->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    /* One exchange at a time on a connection, in HTTP/2 as well: libcurl 7.88 takes a busy HTTP/1
     * connection for one to share once its host has another of HTTP/2, and mixes two replies. */
    (void)curl_multi_setopt(e->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    (void)curl_multi_setopt(e->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
    (void)curl_multi_setopt(e->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS);
    (void)curl_multi_setopt(e->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)ALL_CONNECTIONS);
    e->default_ca = find_default_ca(easy);
    ps_setup_handle(easy, e);
    ps_engine_give(e, easy);
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
    if (!process_engine || process_engine->forks != ps_wake_forks()) {
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
        ps_engine_end(e, p, false);
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
    ps_engine_wake(e);
    pthread_mutex_unlock(&process_lock);
    if (is_last) {
        (void)pthread_join(e->thread, NULL);
        (void)do_all_asked(e);
        engine_free(e);
    }
}
