/* replay.c -- reads records, and gives an exec again what they say. Trusts nothing in them. */
#include "exec/record.h"

#include "base/mem.h"
#include "exec/event_pack.h"

/* -- reading ---------------------------------------------------------------------------------- */

typedef struct reader {
    ps_unpacker u;
    ps_record_head head;
    size_t events;
    int64_t last_ms;
} reader;

static ps_status damaged(const reader *r, ps_error *err)
{
    if (r->u.missing) {
        return ps_fail(err, PS_EDAMAGED, r->u.at, "a large value of the record is not there");
    }
    return ps_fail(err, PS_EDAMAGED, r->u.at, "the record is damaged near byte %zu", r->u.at);
}

static ps_status read_head(reader *r, ps_str record, ps_error *err)
{
    ps_str magic = PS_STR(PS_RECORD_MAGIC);
    *r = (reader){.u = {.in = record, .at = magic.len}};
    if (!ps_str_starts(record, magic)) {
        return ps_fail(err, PS_EDAMAGED, 0, "not a record of an execution");
    }
    ps_unpacker *u = &r->u;
    uint64_t format = ps_unpack_count(u);
    if (!u->damaged && format > PS_RECORD_FORMAT) {
        return ps_fail(err, PS_EUNSUPPORTED, u->at,
                       "a newer passo wrote this record (format %llu, this one reads up to %d); "
                       "run that version or a newer one",
                       (unsigned long long)format, PS_RECORD_FORMAT);
    }
    ps_unpack_needs(u);
    r->head.format = (unsigned)format;
    r->head.behaviour = (unsigned)ps_unpack_upto(u, UINT32_MAX);
    r->head.first = ps_unpack_upto(u, (uint64_t)PS_TIME_LIMIT);
    r->events = (size_t)ps_unpack_upto(u, record.len);
    r->head.inputs = (size_t)ps_unpack_upto(u, record.len);
    r->head.last = r->head.first + r->events - 1;
    return u->damaged || !format || !r->head.first ? damaged(r, err) : PS_OK;
}

static bool read_input(reader *r, ps_input *in)
{
    ps_unpacker *u = &r->u;
    *in = (ps_input){.kind = (ps_input_kind)ps_unpack_upto(u, PS_INPUT_KIND_COUNT - 1)};
    if (in->kind == PS_INPUT_POLLS || ps_input_has_token(in->kind)) {
        in->n = ps_unpack_upto(u, (uint64_t)PS_TIME_LIMIT);
    }
    if (in->kind != PS_INPUT_POLLS) {
        in->now_ms = (int64_t)((uint64_t)r->last_ms + (uint64_t)ps_unpack_int(u));
        r->last_ms = in->now_ms;
        u->damaged = u->damaged || in->now_ms < -PS_TIME_LIMIT || in->now_ms > PS_TIME_LIMIT;
    }
    for (size_t i = 0; i < ps_input_values(in->kind); i++) {
        in->v[i] = ps_unpack_value(u);
    }
    bool text =
        in->kind == PS_INPUT_STARTED || in->kind == PS_INPUT_REFUSED || in->kind == PS_INPUT_STOP;
    for (size_t i = 0; i < 2; i++) {
        if (text && in->v[i] && ps_value_kind(in->v[i]) != PS_STRING) {
            u->damaged = true;
        }
    }
    if (in->kind == PS_INPUT_UPDATE && ((in->v[0] && ps_value_kind(in->v[0]) != PS_STRING) ||
                                        !in->v[1] || ps_value_kind(in->v[1]) != PS_OBJECT)) {
        u->damaged = true;
    }
    if ((in->kind == PS_INPUT_SUBMITTED || in->kind == PS_INPUT_RESUMED) && !in->v[0]) {
        u->damaged = true;
    }
    return !u->damaged;
}

static void free_input(ps_input *in)
{
    ps_value_unref(in->v[0]);
    ps_value_unref(in->v[1]);
}

/* A whole record, in memory: values refer to one another across its inputs and events. */
typedef struct content {
    ps_record_head head;
    ps_input *inputs;
    size_t count;
    ps_events *events;
} content;

static void free_content(content *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free_input(&c->inputs[i]);
    }
    ps_free(c->inputs);
    ps_events_unref(c->events);
}

/* Free `out` also when it fails. `learns` may be NULL. */
static ps_status read_all(ps_str record, const ps_blob_list *blobs, ps_blobs *learns, content *out,
                          ps_error *err)
{
    reader r;
    *out = (content){0};
    ps_status status = read_head(&r, record, err);
    if (status != PS_OK) {
        return status;
    }
    r.u.given = blobs ? *blobs : (ps_blob_list){0};
    r.u.blobs = learns;
    out->head = r.head;
    size_t room = 0; /* made as they come: a damaged count must not cost memory */
    while (out->count < r.head.inputs && !r.u.damaged) {
        if (out->count == room) {
            room = ps_grow(room, room + 1);
            out->inputs = ps_realloc(out->inputs, room, sizeof *out->inputs);
        }
        read_input(&r, &out->inputs[out->count++]);
    }
    out->events = ps_event_unpack(&r.u, r.events, r.head.first, r.last_ms);
    status = r.u.damaged || r.u.at != r.u.in.len ? damaged(&r, err) : PS_OK;
    ps_unpacker_free(&r.u);
    return status;
}

ps_status ps_record_read_head(ps_str record, ps_record_head *out, ps_error *err)
{
    reader r;
    ps_status status = read_head(&r, record, err);
    *out = r.head;
    return status;
}

ps_events *ps_record_events(ps_str record, const ps_blob_list *blobs, ps_error *err)
{
    content c;
    bool whole = read_all(record, blobs, NULL, &c, err) == PS_OK;
    ps_events *events = whole ? ps_events_ref(c.events) : NULL;
    free_content(&c);
    return events;
}

static void put(ps_value *object, const char *key, const ps_value *v)
{
    if (v) {
        ps_object_put_take(object, ps_str_from(key), ps_value_ref(v));
    }
}

static ps_value *input_for_people(const ps_input *in)
{
    static const char *const verbs[] = {
        [PS_INPUT_POLLS] = "polls",         [PS_INPUT_STARTED] = "started",
        [PS_INPUT_SUBMITTED] = "submitted", [PS_INPUT_BEAT] = "beat",
        [PS_INPUT_RESUMED] = "resume",      [PS_INPUT_REFUSED] = "fail",
        [PS_INPUT_TICK] = "tick",           [PS_INPUT_STOP] = "stop",
        [PS_INPUT_REDRIVE] = "redrive",     [PS_INPUT_UPDATE] = "update",
    };
    ps_value *v = ps_object(4);
    ps_object_put_take(v, PS_STR("verb"), ps_string(ps_str_from(verbs[in->kind])));
    if (in->kind == PS_INPUT_POLLS) {
        ps_object_put_take(v, PS_STR("count"), ps_int((int64_t)in->n));
        return v;
    }
    ps_object_put_take(v, PS_STR("now_ms"), ps_int(in->now_ms));
    if (ps_input_has_token(in->kind)) {
        ps_object_put_take(v, PS_STR("token"), ps_int((int64_t)in->n));
    }
    if (in->kind == PS_INPUT_UPDATE) {
        put(v, "map_run", in->v[0]);
        put(v, "limits", in->v[1]);
        return v;
    }
    bool failure = in->kind == PS_INPUT_REFUSED || in->kind == PS_INPUT_STOP;
    put(v, failure ? "error" : in->kind == PS_INPUT_STARTED ? "worker" : "value", in->v[0]);
    put(v, "cause", in->v[1]);
    return v;
}

ps_value *ps_record_inputs(ps_str record, const ps_blob_list *blobs, ps_error *err)
{
    content c;
    ps_value *all = NULL;
    if (read_all(record, blobs, NULL, &c, err) == PS_OK) {
        all = ps_array(c.count);
        for (size_t i = 0; i < c.count; i++) {
            ps_array_add_take(all, input_for_people(&c.inputs[i]));
        }
    }
    free_content(&c);
    return all;
}

/* -- comparing -------------------------------------------------------------------------------- */

/* Pairs found the same lately: loops carry the same large values through thousands of events. */
#define KNOWN_PAIRS 64

typedef struct comparison {
    const ps_value *known[KNOWN_PAIRS][2];
} comparison;

static bool same_scalar(const ps_value *a, const ps_value *b)
{
    int64_t n = 0;
    int64_t m = 0;
    switch (ps_value_kind(a)) {
    case PS_NULL:
        return true;
    case PS_BOOL:
        return ps_value_bool(a) == ps_value_bool(b);
    case PS_INT:
        return ps_value_int(a, &n) && ps_value_int(b, &m) && n == m;
    case PS_DOUBLE:
        return ps_value_double(a) == ps_value_double(b);
    default:
        return ps_str_equal(ps_value_str(a), ps_value_str(b));
    }
}

/* As they print, not only as JSON compares: order and the text of numbers count. */
static bool same(comparison *c, const ps_value *a, const ps_value *b)
{
    if (a == b) {
        return true;
    }
    if (!a || !b || ps_value_kind(a) != ps_value_kind(b) ||
        ps_value_bytes(a) != ps_value_bytes(b)) {
        return false;
    }
    ps_kind kind = ps_value_kind(a);
    if (kind != PS_ARRAY && kind != PS_OBJECT) {
        return same_scalar(a, b);
    }
    const ps_value **known =
        c->known[(size_t)((uintptr_t)a >> 4 ^ (uintptr_t)b >> 9) % KNOWN_PAIRS];
    if (known[0] == a && known[1] == b) {
        return true;
    }
    if (ps_value_count(a) != ps_value_count(b)) {
        return false;
    }
    for (size_t i = 0; i < ps_value_count(a); i++) {
        bool equal = kind == PS_ARRAY
                         ? same(c, ps_array_at(a, i), ps_array_at(b, i))
                         : same(c, ps_object_key_at(a, i), ps_object_key_at(b, i)) &&
                               same(c, ps_object_value_at(a, i), ps_object_value_at(b, i));
        if (!equal) {
            return false;
        }
    }
    known[0] = a;
    known[1] = b;
    return true;
}

static bool same_event(comparison *c, const ps_event *a, const ps_event *b)
{
    if (a->type != b->type || a->previous != b->previous || a->at_ms != b->at_ms || a->n != b->n ||
        a->m != b->m || !a->state != !b->state) {
        return false;
    }
    if (a->state && (a->state->id != b->state->id || !same(c, a->state->name, b->state->name))) {
        return false;
    }
    return same(c, a->v[0], b->v[0]) && same(c, a->v[1], b->v[1]) && same(c, a->v[2], b->v[2]);
}

/* -- replaying -------------------------------------------------------------------------------- */

static ps_status give(ps_exec *x, const ps_input *in, size_t most_events, ps_error *err)
{
    ps_outcome o = {.failed = in->kind == PS_INPUT_REFUSED};
    ps_command c;
    ps_run_limits limits;
    switch (in->kind) {
    case PS_INPUT_POLLS:
        /* One event too many shows that something differs; an endless loop must not go on. */
        for (uint64_t i = 0; i < in->n && x->history.count <= most_events; i++) {
            if (!ps_exec_poll(x, &c)) {
                break;
            }
        }
        return PS_OK;
    case PS_INPUT_STARTED:
        return ps_exec_started(x, in->n, in->v[0], in->now_ms, err);
    case PS_INPUT_SUBMITTED:
        return ps_exec_submitted(x, in->n, in->v[0], in->now_ms, err);
    case PS_INPUT_BEAT:
        return ps_exec_beat(x, in->n, in->now_ms, err);
    case PS_INPUT_RESUMED:
        o.value = in->v[0];
        return ps_exec_resume(x, in->n, &o, in->now_ms, err);
    case PS_INPUT_REFUSED:
        o.error = in->v[0];
        o.cause = in->v[1];
        return ps_exec_resume(x, in->n, &o, in->now_ms, err);
    case PS_INPUT_TICK:
        ps_exec_tick(x, in->now_ms);
        return PS_OK;
    case PS_INPUT_STOP:
        return ps_exec_stop(x, in->v[0], in->v[1], in->now_ms, err);
    case PS_INPUT_REDRIVE:
        return ps_exec_redrive(x, in->now_ms, err);
    case PS_INPUT_UPDATE:
        limits = ps_run_limits_read(in->v[1]);
        return ps_exec_update(x, in->n, in->v[0], &limits, in->now_ms, err);
    case PS_INPUT_KIND_COUNT:
        break;
    }
    return PS_OK;
}

/* Event `i` of a batch, or NULL beyond its end. */
static ps_value *shown(const ps_events *e, size_t i)
{
    return i < e->count ? ps_events_value(e, i) : NULL;
}

static ps_status compare(const ps_events *stored, const ps_events *computed, ps_divergence *d,
                         ps_error *err)
{
    comparison *c = ps_alloc_zeroed(1, sizeof *c);
    size_t i = 0;
    while (i < stored->count && i < computed->count &&
           same_event(c, &stored->items[i], &computed->items[i])) {
        i++;
    }
    ps_free(c);
    if (i == stored->count && i == computed->count) {
        return PS_OK;
    }
    d->event = stored->first_id + i;
    d->stored = shown(stored, i);
    d->computed = shown(computed, i);
    return ps_fail(
        err, PS_EDIVERGED, 0, "event %llu differs: the record has %s, its inputs bring %s",
        (unsigned long long)d->event, i < stored->count ? ps_events_type(stored, i).p : "none",
        i < computed->count ? ps_events_type(computed, i).p : "none");
}

enum { MOST_MORE_EVENTS = 100000 };

static ps_status replay(ps_exec *x, const content *c, bool unchecked, ps_divergence *d,
                        ps_error *err)
{
    if (!unchecked && c->head.first != x->history.next_id - x->history.count) {
        return ps_fail(err, PS_EINPUT, 0,
                       "the record begins with event %llu, but the execution is at event %llu",
                       (unsigned long long)c->head.first,
                       (unsigned long long)(x->history.next_id - x->history.count));
    }
    /* What is not compared may bring about more than is stored, but a damaged number of polls must
     * not go on for ever. */
    size_t most = c->events->count + (unchecked ? MOST_MORE_EVENTS : 0);
    ps_status status = PS_OK;
    for (size_t i = 0; i < c->count && (status == PS_OK || unchecked); i++) {
        status = give(x, &c->inputs[i], most, err);
    }
    ps_events *computed = ps_exec_take_events(x);
    if (unchecked) {
        x->history.next_id = c->head.last + 1;
        status = PS_OK;
    } else if (compare(c->events, computed, d, err) != PS_OK) {
        status = PS_EDIVERGED;
    } else if (status != PS_OK) {
        /* Refused, though nothing that came before differs. */
        d->event = c->head.last + 1;
        status = ps_fail(err, PS_EDIVERGED, 0, "an input of the record is refused after event %llu",
                         (unsigned long long)c->head.last);
    }
    ps_events_unref(computed);
    return status;
}

ps_status ps_exec_replay(ps_exec *x, ps_str record, const ps_blob_list *blobs, bool unchecked,
                         ps_divergence *d, ps_error *err)
{
    content c;
    *d = (ps_divergence){0};
    /* What is given again is kept already. */
    ps_recorder *recorder = x->recorder;
    x->recorder = NULL;
    if (blobs && blobs->count && !x->blobs) {
        ps_exec_blobs(x, 0);
    }
    ps_status status = read_all(record, blobs, x->blobs, &c, err);
    if (status == PS_OK) {
        status = replay(x, &c, unchecked, d, err);
    }
    x->recorder = recorder;
    free_content(&c);
    return status;
}
