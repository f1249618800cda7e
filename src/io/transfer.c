/* transfer.c -- a transfer as its owner has it: fed, taken from, cancelled, let go. */
#include "base/mem.h"
#include "io/layout.h"

ps_transfer *ps_transfer_ref(ps_transfer *t)
{
    atomic_fetch_add(&t->refs, 1);
    return t;
}

void ps_transfer_unref(ps_transfer *t)
{
    if (atomic_fetch_sub(&t->refs, 1) != 1) {
        return;
    }
    /* Headers and a proxy's name may carry secrets. */
    explicit_bzero(t->memory, t->secret_len);
    ps_free(t->memory);
    ps_buf_free(&t->head);
    ps_buf_free(&t->in);
    ps_buf_free(&t->out);
    ps_buf_free(&t->taken);
    ps_port_unref(t->port);
    ps_free(t);
}

/* -- the owner's calls ----------------------------------------------------------------------- */

uint64_t ps_transfer_id(const ps_transfer *t)
{
    return t->id;
}

static void ask(ps_transfer *t, unsigned what)
{
    if (ps_port_is_ours(t->port)) {
        ps_engine_ask(t->port->engine, t, what);
    }
}

static ps_news tell_end(ps_transfer *t, ps_result *out)
{
    t->is_told = true;
    out->fault = t->fault;
    out->text = t->text;
    if (t->fault != PS_IO_NONE) {
        return PS_NEWS_FAILED;
    }
    out->status = t->status;
    out->version = t->version;
    out->headers = ps_buf_str(&t->head);
    out->body = ps_buf_str(&t->in);
    return PS_NEWS_DONE;
}

ps_news ps_transfer_take(ps_transfer *t, ps_result *out)
{
    ps_port *p = t->port;
    *out = (ps_result){0};
    if (t->is_told) {
        return PS_NEWS_NONE;
    }
    if (!ps_port_is_ours(p)) {
        t->is_told = true;
        out->fault = PS_IO_HOST;
        out->text = "the transfer's port was opened by another process, or is closed";
        return PS_NEWS_FAILED;
    }
    ps_news news = PS_NEWS_NONE;
    bool resume = false;
    pthread_mutex_lock(&p->lock);
    if (t->sinks_reply && t->in.len > 0 && !(t->is_done && t->fault != PS_IO_NONE)) {
        ps_buf_clear(&t->taken);
        ps_buf full = t->in;
        t->in = t->taken;
        t->taken = full;
        out->body = ps_buf_str(&full);
        resume = t->is_in_paused;
        t->is_in_paused = false;
        news = PS_NEWS_BODY;
    } else if (t->is_done) {
        news = tell_end(t, out);
    } else if (t->is_wanted && !t->out_ended) {
        t->is_wanted = false;
        news = PS_NEWS_WANTED;
    }
    pthread_mutex_unlock(&p->lock);
    if (resume) {
        ask(t, PS_ASK_RESUME);
    }
    return news;
}

bool ps_transfer_feed(ps_transfer *t, ps_str bytes)
{
    ps_port *p = t->port;
    if (!ps_port_is_ours(p)) {
        return false;
    }
    pthread_mutex_lock(&p->lock);
    if (t->out_at == t->out.len) {
        ps_buf_clear(&t->out);
        t->out_at = 0;
    } else if (t->out_at >= PS_STREAM_WINDOW) {
        t->out.len -= t->out_at;
        memmove(t->out.p, t->out.p + t->out_at, t->out.len);
        t->out_at = 0;
    }
    bool takes = !t->is_done && !t->out_ended;
    if (takes) {
        ps_buf_add(&t->out, bytes);
    }
    bool wants = takes && t->out.len - t->out_at < PS_STREAM_WINDOW;
    bool resume = t->is_out_paused && takes && bytes.len > 0;
    t->is_out_paused = t->is_out_paused && !resume;
    pthread_mutex_unlock(&p->lock);
    if (resume) {
        ask(t, PS_ASK_RESUME);
    }
    return wants;
}

void ps_transfer_end(ps_transfer *t)
{
    ps_port *p = t->port;
    if (!ps_port_is_ours(p)) {
        return;
    }
    pthread_mutex_lock(&p->lock);
    t->out_ended = true;
    bool resume = t->is_out_paused;
    t->is_out_paused = false;
    pthread_mutex_unlock(&p->lock);
    if (resume) {
        ask(t, PS_ASK_RESUME);
    }
}

void ps_transfer_cancel(ps_transfer *t)
{
    if (!t->is_told) {
        ask(t, PS_ASK_CANCEL);
    }
}

void ps_transfer_free(ps_transfer *t)
{
    if (t) {
        ps_transfer_cancel(t);
        ps_transfer_unref(t);
    }
}

/* -- the engine's end of it ------------------------------------------------------------------ */

void ps_transfer_finish(ps_transfer *t, ps_io_fault fault)
{
    ps_port *p = t->port;
    pthread_mutex_lock(&p->lock);
    if (fault != PS_IO_NONE && t->fault == PS_IO_NONE) {
        ps_io_fault_words(t, fault);
    }
    t->is_done = true;
    bool signal = ps_port_post(t);
    pthread_mutex_unlock(&p->lock);
    if (signal) {
        ps_port_signal(p);
    }
}
