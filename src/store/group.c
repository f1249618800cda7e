/* group.c -- a lane's work: groups of units, and a verdict for each of them.
 */
#include "store/layout.h"

#include "base/mem.h"

/* -- answers --------------------------------------------------------------------------------- */

/* An owner that does the work itself need not be told. */
static void tell(ps_store *s, bool is_owner)
{
    if (!is_owner && ps_wake_raise(&s->wake)) {
        ps_wake_signal(&s->wake);
    }
}

static void answer_all(ps_store *s, ps_unit *const *units, size_t count, bool is_owner)
{
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < count; i++) {
        ps_store_answer(s, units[i]);
    }
    pthread_mutex_unlock(&s->lock);
    tell(s, is_owner);
}

/* Under the lock. */
static void answer_doomed(ps_store *s, ps_unit *u)
{
    ps_trouble_set(&u->trouble, PS_STORE_FENCED, 0,
                   "not tried, because an earlier unit that it depends on has failed");
    ps_store_break(s, u);
    ps_store_answer(s, u);
}

/* The verdict on units[0]; those behind it that depend on it go with it. How many are left, from
 * units[1] on. */
static size_t refuse_first(ps_store *s, ps_unit **units, size_t count, const ps_trouble *t,
                           bool is_owner)
{
    ps_unit *u = units[0];
    size_t left = 0;
    ps_answer_clear(u);
    u->trouble = *t;
    pthread_mutex_lock(&s->lock);
    ps_store_break(s, u);
    ps_store_answer(s, u);
    for (size_t i = 1; i < count; i++) {
        if (u->key && units[i]->key == u->key) {
            answer_doomed(s, units[i]);
        } else {
            units[1 + left++] = units[i];
        }
    }
    pthread_mutex_unlock(&s->lock);
    tell(s, is_owner);
    return left;
}

static void refuse_all(ps_store *s, ps_unit **units, size_t count, const ps_trouble *t,
                       bool is_owner)
{
    while (count) {
        count = refuse_first(s, units++, count, t, is_owner);
    }
}

/* -- sessions -------------------------------------------------------------------------------- */

static void drop_session(ps_worker *w)
{
    w->store->backend->close(w->session);
    w->session = NULL;
}

static void ask_again(ps_worker *w)
{
    ps_store *s = w->store;
    for (size_t i = 0; i < s->kept_count && w->lane == PS_LANE_WRITE; i++) {
        ps_trouble t;
        ps_unit *u = ps_unit_new(s, s->kept[i].verb);
        u->number = s->kept[i].number;
        (void)s->backend->verb(w->session, u, &t);
        ps_unit_free(u);
    }
}

/* Without a session nothing that is queued can be done: all of it fails at once, not each after a
 * connection of its own has timed out. */
static bool have_session(ps_worker *w, bool is_owner)
{
    ps_store *s = w->store;
    ps_trouble t;
    if (w->session) {
        return true;
    }
    w->session = s->backend->open(&s->options, w->lane, &t);
    if (w->session) {
        w->opened++;
        ask_again(w);
        return true;
    }
    pthread_mutex_lock(&s->lock);
    /* All of it at once: each would look for those that depend on it in what is left. */
    ps_queue all = w->queue;
    w->queue = (ps_queue){NULL, NULL};
    ps_unit *u;
    while ((u = ps_queue_pop(&all))) {
        u->trouble = t;
        ps_store_break(s, u);
        ps_store_answer(s, u);
    }
    pthread_mutex_unlock(&s->lock);
    tell(s, is_owner);
    return false;
}

/* -- verbs and reads --------------------------------------------------------------------------- */

static void remember(ps_store *s, ps_verb verb, int64_t number)
{
    for (size_t i = 0; i < s->kept_count; i++) {
        if (s->kept[i].verb == verb && s->kept[i].number == number) {
            return;
        }
    }
    if (s->kept_count == s->kept_capacity) {
        s->kept_capacity = ps_grow(s->kept_capacity, s->kept_count + 1);
        s->kept = ps_realloc(s->kept, s->kept_capacity, sizeof *s->kept);
    }
    s->kept[s->kept_count++] = (ps_kept){verb, number};
    atomic_fetch_add(&s->listens, verb == PS_VERB_LISTEN);
}

static void forget_hold(ps_store *s, int64_t number)
{
    for (size_t i = s->kept_count; i-- > 0;) {
        if (s->kept[i].verb == PS_VERB_HOLD && s->kept[i].number == number) {
            s->kept[i] = s->kept[--s->kept_count];
        }
    }
}

static void run_alone(ps_worker *w, ps_unit *u, bool is_owner)
{
    ps_store *s = w->store;
    const ps_backend *b = s->backend;
    ps_trouble t;
    int64_t number = u->number;
    ps_answer_clear(u);
    ps_run run = u->verb == PS_VERB_READ ? b->read(w->session, u, &t) : b->verb(w->session, u, &t);
    if (run == PS_RUN_LOST) {
        drop_session(w);
    }
    if (run != PS_RUN_DONE) {
        (void)refuse_first(s, &u, 1, &t, is_owner);
        return;
    }
    if (u->verb == PS_VERB_LISTEN || (u->verb == PS_VERB_HOLD && u->number == 1)) {
        remember(s, u->verb, number);
    } else if (u->verb == PS_VERB_LET_GO) {
        forget_hold(s, number);
    }
    answer_all(s, &u, 1, is_owner);
}

/* -- groups ---------------------------------------------------------------------------------- */

/* Takes what makes one round: units that can be a group, or one of what is done alone. */
static size_t take_round(ps_worker *w, ps_unit **units)
{
    ps_store *s = w->store;
    size_t count = 0, size = 0;
    pthread_mutex_lock(&s->lock);
    for (ps_unit *u; (u = w->queue.first) && count < PS_MAX_GROUP && size < PS_MAX_GROUP_BYTES;) {
        if (u->is_doomed) {
            answer_doomed(s, ps_queue_pop(&w->queue));
        } else if (u->verb == PS_VERB_UNIT) {
            units[count++] = ps_queue_pop(&w->queue);
            size += ps_unit_size(u);
        } else {
            if (count == 0) {
                units[count++] = ps_queue_pop(&w->queue);
            }
            break;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return count;
}

static void put_back(ps_worker *w, ps_unit **units, size_t count)
{
    pthread_mutex_lock(&w->store->lock);
    while (count) {
        ps_unit *u = units[--count];
        u->next = w->queue.first;
        w->queue.last = w->queue.first ? w->queue.last : u;
        w->queue.first = u;
    }
    pthread_mutex_unlock(&w->store->lock);
}

/* A unit that is refused as the first of its transaction is refused for good: nothing was before
 * it. One that is refused behind others is tried again behind them once they are kept. */
static bool run_group(ps_worker *w, ps_unit **units, size_t count, bool may_wait, bool is_owner)
{
    ps_store *s = w->store;
    size_t most = count, now = count;
    while (count) {
        size_t at = 0;
        ps_trouble t;
        for (size_t i = 0; i < now; i++) {
            ps_answer_clear(units[i]);
        }
        ps_run run = s->backend->run(w->session, units, now, may_wait, &at, &t);
        if (run == PS_RUN_BUSY) {
            put_back(w, units, count);
            return false;
        }
        if (run == PS_RUN_LOST) {
            drop_session(w);
            refuse_all(s, units, count, &t, is_owner);
            return true;
        }
        if (run == PS_RUN_DONE) {
            answer_all(s, units, now, is_owner);
            units += now;
            count -= now;
        } else if (run == PS_RUN_REFUSED && at > 0) {
            now = at;
            continue;
        } else if (run == PS_RUN_REFUSED || now == 1) {
            count = refuse_first(s, units++, count, &t, is_owner);
        } else {
            most = now / 2;
        }
        now = count < most ? count : most;
    }
    return true;
}

bool ps_group_run(ps_worker *w, bool may_wait, bool is_owner)
{
    ps_store *s = w->store;
    ps_unit *units[PS_MAX_GROUP];
    if (!have_session(w, is_owner)) {
        return true;
    }
    size_t count = take_round(w, units);
    bool is_done = true;
    if (count == 0) {
        tell(s, is_owner); /* of those that were doomed */
    } else if (units[0]->verb != PS_VERB_UNIT) {
        run_alone(w, units[0], is_owner);
    } else {
        is_done = run_group(w, units, count, may_wait, is_owner);
    }
    if (w->session && s->backend->idle && w->lane == PS_LANE_WRITE) {
        pthread_mutex_lock(&s->lock);
        bool is_idle = !w->queue.first;
        pthread_mutex_unlock(&s->lock);
        s->backend->idle(w->session, is_idle);
    }
    return is_done;
}

/* -- rings ----------------------------------------------------------------------------------- */

void ps_group_hear(ps_worker *w)
{
    ps_store *s = w->store;
    int64_t number;
    bool lost = false, heard = false;
    while (s->backend->next_ring(w->session, &number, &lost)) {
        ps_unit *ring = ps_unit_new(s, PS_VERB_RING);
        ring->number = number;
        pthread_mutex_lock(&s->lock);
        ps_store_answer(s, ring);
        pthread_mutex_unlock(&s->lock);
        heard = true;
    }
    if (lost) {
        drop_session(w);
    }
    if (heard) {
        tell(s, false);
    }
}
