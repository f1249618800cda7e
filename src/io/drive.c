/* drive.c -- the transfers under way: begun, driven, ended. */
#include "io/layout.h"

#include <stdint.h>
#include <time.h>

/* Nothing needs the engine that often by itself. */
enum { LONGEST_WAIT_MS = 60000 };

int64_t ps_io_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* -- transfers under way -------------------------------------------------------------------- */

static CURL *take_handle(ps_engine *e)
{
    if (e->spare_count) {
        return e->spare[--e->spare_count];
    }
    CURL *easy = curl_easy_init();
    if (easy) {
        ps_setup_handle(easy, e);
    }
    return easy;
}

void ps_engine_give(ps_engine *e, CURL *easy)
{
    if (e->spare_count < sizeof e->spare / sizeof e->spare[0]) {
        e->spare[e->spare_count++] = easy;
    } else {
        curl_easy_cleanup(easy);
    }
}

void ps_engine_tell_held(ps_engine *e)
{
    ps_transfer *t = e->held;
    if (!t) {
        return;
    }
    e->held = NULL;
    pthread_mutex_lock(&t->port->lock);
    bool signal = t->in.len > 0 && ps_port_post(t);
    pthread_mutex_unlock(&t->port->lock);
    if (signal) {
        ps_port_signal(t->port);
    }
}

/* Takes a transfer out; its end has been filled in, or `fault` says it. */
static void end(ps_engine *e, ps_transfer *t, ps_io_fault fault)
{
    t->is_over = true;
    if (t->easy) {
        curl_multi_remove_handle(e->multi, t->easy);
        ps_engine_give(e, t->easy);
        t->easy = NULL;
        *(t->prev ? &t->prev->next : &e->active) = t->next;
        if (t->next) {
            t->next->prev = t->prev;
        }
        e->active_count--;
    }
    /* Only now: while it is taken out, libcurl may still hand over a last piece. */
    e->held = e->held == t ? NULL : e->held;
    ps_transfer_finish(t, fault);
    ps_transfer_unref(t);
}

static void start(ps_engine *e, ps_transfer *t)
{
    t->engine = e;
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

void ps_engine_do(ps_engine *e, ps_transfer *t, unsigned asked)
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

/* -- driving -------------------------------------------------------------------------------- */

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

int ps_engine_pause_ms(const ps_engine *e, int64_t at_most)
{
    int64_t next_ms = e->timer_ms < e->idle_check_ms ? e->timer_ms : e->idle_check_ms;
    if (next_ms != INT64_MAX) {
        int64_t left = next_ms - ps_io_now_ms();
        at_most = left < at_most ? left : at_most;
    }
    return at_most < 0 ? 0 : at_most > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : (int)at_most;
}

void ps_engine_end(ps_engine *e, const ps_port *p, bool closed_only)
{
    for (ps_transfer *t = e->active, *next; t; t = next) {
        next = t->next;
        if ((!p || t->port == p) && (!closed_only || atomic_load(&t->port->is_closed))) {
            end(e, t, PS_IO_CANCELLED);
        }
    }
}
