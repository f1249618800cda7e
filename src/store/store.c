/* store.c -- a port as its owner sees it: statements, submitting, taking.
 */
#include "base/mem.h"
#include "store/layout.h"

#include <errno.h>
#include <poll.h>

void ps_queue_push(ps_queue *q, ps_unit *u)
{
    u->next = NULL;
    *(q->first ? &q->last->next : &q->first) = u;
    q->last = u;
}

ps_unit *ps_queue_pop(ps_queue *q)
{
    ps_unit *u = q->first;
    if (u) {
        q->first = u->next;
    }
    return u;
}

static void free_queue(ps_queue *q)
{
    ps_unit *u;
    while ((u = ps_queue_pop(q))) {
        ps_unit_free(u);
    }
}

/* -- opening and closing --------------------------------------------------------------------- */

ps_store *ps_store_open(const ps_backend *backend, const ps_store_options *options)
{
    ps_store *s = ps_alloc_zeroed(1, sizeof *s);
    size_t len = strlen(options->target) + 1;
    s->target = memcpy(ps_alloc(len), options->target, len);
    s->backend = backend;
    s->options = *options;
    s->options.target = s->target;
    s->forks = ps_wake_forks();
    pthread_mutex_init(&s->lock, NULL);
    atomic_init(&s->listens, 0);
    ps_wake_init(&s->wake);
    ps_worker_init(&s->workers[PS_LANE_WRITE], s, PS_LANE_WRITE);
    ps_worker_init(&s->workers[PS_LANE_READ], s, PS_LANE_READ);
    return s;
}

static bool is_of_this_process(const ps_store *s)
{
    return s->forks == ps_wake_forks();
}

bool ps_store_is_ours(const ps_store *s)
{
    return !s->is_closed && is_of_this_process(s);
}

void ps_store_close(ps_store *s)
{
    if (!ps_store_is_ours(s)) {
        return;
    }
    s->is_closed = true;
    pthread_mutex_lock(&s->lock);
    s->is_stopping = true;
    pthread_mutex_unlock(&s->lock);
    ps_worker_end(&s->workers[PS_LANE_WRITE]);
    ps_worker_end(&s->workers[PS_LANE_READ]);
    ps_wake_close(&s->wake);
}

static void free_statements(ps_store *s)
{
    for (size_t i = 0; i < s->statement_count; i++) {
        ps_free(s->statements[i]);
    }
    ps_free(s->statements);
}

void ps_store_free(ps_store *s)
{
    /* In a forked child a lock may be held for ever, and sessions must not be closed: it is left.
     */
    if (!s || !is_of_this_process(s)) {
        return;
    }
    ps_store_close(s);
    free_queue(&s->ready);
    free_queue(&s->late);
    free_statements(s);
    ps_wake_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    ps_free(s->broken.slots);
    ps_free(s->kept);
    ps_free(s->target);
    ps_free(s);
}

/* -- statements ------------------------------------------------------------------------------ */

/* One block: the statement, its SQL, its kinds. */
const ps_statement *ps_store_prepare(ps_store *s, ps_str sql, const char *kinds, bool wants_rows,
                                     int64_t expect)
{
    size_t arity = strlen(kinds);
    ps_statement *st = ps_alloc(sizeof *st + sql.len + arity + 2);
    char *text = (char *)(st + 1);
    memcpy(text, sql.p, sql.len);
    text[sql.len] = '\0';
    char *letters = memcpy(text + sql.len + 1, kinds, arity + 1);
    *st = (ps_statement){
        .id = s->statement_count,
        .sql = text,
        .sql_len = sql.len,
        .kinds = letters,
        .arity = arity,
        .wants_rows = wants_rows,
        .expect = expect,
    };
    if (s->statement_count == s->statement_capacity) {
        s->statement_capacity = ps_grow(s->statement_capacity, s->statement_count + 1);
        s->statements = ps_realloc(s->statements, s->statement_capacity, sizeof(ps_statement *));
    }
    s->statements[s->statement_count++] = st;
    return st;
}

size_t ps_statement_arity(const ps_statement *st)
{
    return st->arity;
}

char ps_statement_kind(const ps_statement *st, size_t parameter)
{
    return st->kinds[parameter];
}

/* -- submitting ------------------------------------------------------------------------------ */

uint64_t ps_store_submit_take(ps_store *s, ps_unit *u, uint64_t key)
{
    uint64_t ticket = u->ticket = ++s->last_ticket;
    u->key = key;
    if (!ps_store_is_ours(s)) {
        ps_trouble_set(&u->trouble, PS_STORE_HOST, 0,
                       "the store is closed, or was opened by the process we were forked from");
        ps_queue_push(&s->late, u);
        return ticket;
    }
    ps_worker *w = &s->workers[u->verb == PS_VERB_READ ? PS_LANE_READ : PS_LANE_WRITE];
    uint64_t bit = key ? (uint64_t)1 << key % 64 : 0;
    pthread_mutex_lock(&s->lock);
    u->is_doomed = key && ps_broken_has(&s->broken, key);
    bool has_gone_on = w->queue.first && (w->keys & bit);
    w->keys = (w->queue.first ? w->keys : 0) | bit;
    ps_queue_push(&w->queue, u);
    s->under_way++;
    if (has_gone_on) {
        (void)ps_worker_kick(w);
    }
    pthread_mutex_unlock(&s->lock);
    return ticket;
}

void ps_store_kick(ps_store *s)
{
    if (!ps_store_is_ours(s)) {
        return;
    }
    bool has_news = false;
    pthread_mutex_lock(&s->lock);
    for (int lane = 0; lane < 2; lane++) {
        ps_worker *w = &s->workers[lane];
        /* Without a thread to be had, the owner does it after all, and waits for a signal all the
         * same. */
        while (w->queue.first && !ps_worker_kick(w) && ps_worker_help(w, true)) {
            has_news = true;
        }
    }
    pthread_mutex_unlock(&s->lock);
    if (has_news && ps_wake_raise(&s->wake)) {
        ps_wake_signal(&s->wake);
    }
}

/* -- waiting --------------------------------------------------------------------------------- */

static void wait_for_news(ps_store *s, int timeout_ms, const int *fds, size_t fd_count)
{
    enum { MOST = 16 };
    struct pollfd polled[MOST + 1] = {{.fd = ps_wake_fd(&s->wake), .events = POLLIN}};
    fd_count = fd_count < MOST ? fd_count : MOST;
    for (size_t i = 0; i < fd_count; i++) {
        polled[i + 1] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    }
    if (poll(polled, (nfds_t)fd_count + 1, timeout_ms) > 0 && polled[0].revents) {
        ps_wake_ack(&s->wake);
    }
}

static bool has_ready(ps_store *s)
{
    pthread_mutex_lock(&s->lock);
    bool has = s->ready.first != NULL;
    pthread_mutex_unlock(&s->lock);
    return has;
}

/* Once it is not ours any more. In a forked child the parent's answers are none of its own, and
 * their queue may have been in the middle of a change. */
static bool has_remains(const ps_store *s)
{
    return s->late.first || (is_of_this_process(s) && s->ready.first);
}

bool ps_store_step(ps_store *s, int timeout_ms, const int *fds, size_t fd_count)
{
    if (!ps_store_is_ours(s)) {
        return has_remains(s);
    }
    pthread_mutex_lock(&s->lock);
    (void)ps_worker_help(&s->workers[PS_LANE_READ], false);
    (void)ps_worker_help(&s->workers[PS_LANE_WRITE], false);
    bool has = s->ready.first != NULL;
    pthread_mutex_unlock(&s->lock);
    if (!has && timeout_ms != 0) {
        wait_for_news(s, timeout_ms, fds, fd_count);
        has = has_ready(s);
    }
    return has;
}

bool ps_store_is_busy(const ps_store *s)
{
    if (!ps_store_is_ours(s)) {
        return has_remains(s);
    }
    pthread_mutex_t *lock = (pthread_mutex_t *)&s->lock;
    pthread_mutex_lock(lock);
    bool is_busy = s->under_way > 0 || s->ready.first;
    pthread_mutex_unlock(lock);
    return is_busy;
}

int ps_store_fd(ps_store *s)
{
    return ps_store_is_ours(s) ? ps_wake_fd(&s->wake) : -1;
}

void ps_store_ack(ps_store *s)
{
    if (ps_store_is_ours(s)) {
        ps_wake_ack(&s->wake);
    }
}

void ps_store_signal(ps_store *s)
{
    if (ps_store_is_ours(s)) {
        ps_wake_signal(&s->wake);
    }
}

const char *ps_store_wake_listen(ps_store *s, ps_error *err)
{
    if (!ps_store_is_ours(s)) {
        (void)ps_fail(err, PS_ESTALE, 0, "the store is not ours");
        return NULL;
    }
    return ps_wake_listen(&s->wake, err);
}

bool ps_store_wake_accept(ps_store *s)
{
    return ps_store_is_ours(s) && ps_wake_accept(&s->wake);
}

/* -- answers --------------------------------------------------------------------------------- */

void ps_store_answer(ps_store *s, ps_unit *u)
{
    ps_queue_push(&s->ready, u);
    s->under_way -= u->ticket != 0;
}

void ps_store_break(ps_store *s, const ps_unit *u)
{
    if (u->key == 0) {
        return;
    }
    ps_broken_add(&s->broken, u->key);
    for (ps_unit *other = s->workers[PS_LANE_WRITE].queue.first; other; other = other->next) {
        other->is_doomed |= other->key == u->key;
    }
}

ps_unit *ps_store_take(ps_store *s)
{
    if (!ps_store_is_ours(s)) {
        ps_unit *left = is_of_this_process(s) ? ps_queue_pop(&s->ready) : NULL;
        return left ? left : ps_queue_pop(&s->late);
    }
    pthread_mutex_lock(&s->lock);
    ps_unit *u = ps_queue_pop(&s->ready);
    if (u && u->trouble.fault && u->key) {
        ps_broken_take(&s->broken, u->key);
    }
    pthread_mutex_unlock(&s->lock);
    return u;
}
