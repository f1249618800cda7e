/* event_pack.c -- events as bytes, and back. */
#include "exec/event_pack.h"

#include "base/mem.h"
#include "base/utf8.h"

/* Which parts of an event are there. */
enum { HAS_V = 1, HAS_N = 8, HAS_M = 16, HAS_STATE = 32, FLAGS = 63 };

/* An event takes at least this many bytes: a damaged count must not cost memory. */
#define LEAST_BYTES 4

/* States met so far by their id in the machine: open addressed, 0 is free. */
typedef struct met {
    size_t *ids; /* id + 1 */
    uint32_t *numbers;
    size_t capacity, count;
} met;

static size_t slot_of(const met *m, size_t id)
{
    size_t i = (id * 0x9E3779B97F4A7C15u >> 32) & (m->capacity - 1);
    while (m->ids[i] && m->ids[i] != id + 1) {
        i = (i + 1) & (m->capacity - 1);
    }
    return i;
}

static void grow(met *m)
{
    met old = *m;
    m->capacity = old.capacity ? old.capacity * 2 : 16;
    m->ids = ps_alloc_zeroed(m->capacity, sizeof *m->ids);
    m->numbers = ps_alloc_zeroed(m->capacity, sizeof *m->numbers);
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.ids[i]) {
            size_t to = slot_of(m, old.ids[i] - 1);
            m->ids[to] = old.ids[i];
            m->numbers[to] = old.numbers[i];
        }
    }
    ps_free(old.ids);
    ps_free(old.numbers);
}

static void pack_state(ps_packer *p, met *m, const ps_state *s)
{
    if ((m->count + 1) * 2 > m->capacity) {
        grow(m);
    }
    size_t i = slot_of(m, s->id);
    if (m->ids[i]) {
        ps_pack_count(p, m->numbers[i]);
        return;
    }
    m->ids[i] = s->id + 1;
    m->numbers[i] = (uint32_t)m->count++;
    ps_pack_count(p, m->numbers[i]);
    ps_pack_count(p, s->id);
    ps_pack_count(p, (uint64_t)s->kind);
    ps_pack_value(p, s->name);
    ps_pack_value(p, s->resource);
    ps_pack_bytes(p, s->target.service);
    ps_pack_bytes(p, s->target.action);
}

void ps_event_pack(ps_packer *p, const ps_event *items, size_t count, uint64_t first,
                   int64_t last_ms)
{
    met m = {0};
    for (size_t i = 0; i < count; i++) {
        const ps_event *e = &items[i];
        unsigned flags =
            (e->n >= 0 ? HAS_N : 0u) | (e->m >= 0 ? HAS_M : 0u) | (e->state ? HAS_STATE : 0u);
        for (unsigned k = 0; k < 3; k++) {
            flags |= e->v[k] ? (unsigned)HAS_V << k : 0u;
        }
        ps_pack_count(p, (uint64_t)e->type);
        ps_pack_count(p, flags);
        ps_pack_count(p, first + i - e->previous);
        ps_pack_int(p, e->at_ms - last_ms);
        last_ms = e->at_ms;
        if (e->state) {
            pack_state(p, &m, e->state);
        }
        for (size_t k = 0; k < 3; k++) {
            if (e->v[k]) {
                ps_pack_value(p, e->v[k]);
            }
        }
        if (e->n >= 0) {
            ps_pack_count(p, (uint64_t)e->n);
        }
        if (e->m >= 0) {
            ps_pack_count(p, (uint64_t)e->m);
        }
    }
    ps_free(m.ids);
    ps_free(m.numbers);
}

static bool is_text(const ps_value *v)
{
    return v && ps_value_kind(v) == PS_STRING;
}

/* Copied: the bytes go away. */
static ps_value *unpack_text(ps_unpacker *u)
{
    ps_str s = ps_unpack_bytes(u);
    u->damaged = u->damaged || ps_utf8_check(s) != s.len;
    return ps_string(u->damaged ? PS_STR("") : s);
}

static const ps_state *unpack_state(ps_unpacker *u, ps_events *batch)
{
    uint64_t number = ps_unpack_upto(u, batch->state_count);
    if (u->damaged || number < batch->state_count) {
        return u->damaged ? NULL : &batch->states[number]->state;
    }
    ps_shown_state *s = ps_alloc(sizeof *s);
    *s = (ps_shown_state){.state = {.id = (size_t)ps_unpack_count(u)}};
    s->state.kind = (ps_state_kind)ps_unpack_upto(u, PS_STATE_KIND_COUNT - 1);
    s->name = ps_unpack_value(u);
    s->resource = ps_unpack_value(u);
    s->service = unpack_text(u);
    s->action = unpack_text(u);
    s->state.name = s->name;
    s->state.resource = s->resource;
    s->state.target.service = ps_value_str(s->service);
    s->state.target.action = ps_value_str(s->action);
    if (!is_text(s->name) || (s->resource && !is_text(s->resource)) ||
        (s->state.kind == PS_STATE_TASK && !s->resource)) {
        u->damaged = true;
    }
    ps_events_add_state_take(batch, s);
    return &s->state;
}

static void unpack_one(ps_unpacker *u, ps_events *batch, uint64_t id, int64_t *last_ms)
{
    ps_event *e = &batch->items[batch->count++];
    *e = (ps_event){.n = -1, .m = -1};
    e->type = (ps_event_type)ps_unpack_upto(u, PS_EVENT_TYPE_COUNT - 1);
    uint64_t flags = ps_unpack_upto(u, FLAGS);
    e->previous = id - ps_unpack_upto(u, id);
    e->at_ms = (int64_t)((uint64_t)*last_ms + (uint64_t)ps_unpack_int(u));
    *last_ms = e->at_ms;
    if (flags & HAS_STATE) {
        e->state = unpack_state(u, batch);
    }
    for (unsigned k = 0; k < 3; k++) {
        if (flags & (unsigned)HAS_V << k) {
            e->v[k] = ps_unpack_value(u);
            u->damaged = u->damaged || !e->v[k];
        }
    }
    e->n = flags & HAS_N ? (int64_t)ps_unpack_upto(u, INT64_MAX) : -1;
    e->m = flags & HAS_M ? (int64_t)ps_unpack_upto(u, INT64_MAX) : -1;
    u->damaged = u->damaged || !ps_event_complete(e);
}

ps_events *ps_event_unpack(ps_unpacker *u, size_t count, uint64_t first, int64_t last_ms)
{
    if (count > (u->in.len - u->at) / LEAST_BYTES) {
        u->damaged = true;
    }
    ps_events *batch = ps_events_new(NULL, first, u->damaged ? 0 : count);
    for (size_t i = 0; i < count && !u->damaged; i++) {
        unpack_one(u, batch, first + i, &last_ms);
    }
    return batch;
}
