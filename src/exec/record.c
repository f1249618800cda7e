/* record.c -- keeps what an exec is given, and writes it down with the events that came of it. */
#include "exec/record.h"

#include "base/mem.h"
#include "exec/event_pack.h"

static const struct {
    bool token;
    size_t values;
} shapes[] = {
    [PS_INPUT_STARTED] = {true, 1}, [PS_INPUT_SUBMITTED] = {true, 1}, [PS_INPUT_BEAT] = {true, 0},
    [PS_INPUT_RESUMED] = {true, 1}, [PS_INPUT_REFUSED] = {true, 2},   [PS_INPUT_TICK] = {false, 0},
    [PS_INPUT_STOP] = {false, 2},   [PS_INPUT_REDRIVE] = {false, 0},  [PS_INPUT_UPDATE] = {true, 2},
};

size_t ps_input_values(ps_input_kind kind)
{
    return shapes[kind].values;
}

bool ps_input_has_token(ps_input_kind kind)
{
    return shapes[kind].token;
}

static void free_inputs(ps_recorder *r)
{
    for (size_t i = 0; i < r->count; i++) {
        ps_value_unref(r->items[i].v[0]);
        ps_value_unref(r->items[i].v[1]);
    }
    r->count = 0;
}

void ps_recorder_free(ps_recorder *r)
{
    if (r) {
        free_inputs(r);
        ps_free(r->items);
        ps_free(r);
    }
}

void ps_exec_record(ps_exec *x)
{
    if (!x->recorder) {
        x->recorder = ps_alloc(sizeof *x->recorder);
        *x->recorder = (ps_recorder){0};
    }
}

bool ps_exec_records(const ps_exec *x)
{
    return x->recorder != NULL;
}

static ps_input *append(ps_recorder *r)
{
    if (r->count == r->capacity) {
        r->capacity = ps_grow(r->capacity, r->count + 1);
        r->items = ps_realloc(r->items, r->capacity, sizeof *r->items);
    }
    return &r->items[r->count++];
}

static void flush_polls(ps_recorder *r)
{
    if (r->polls) {
        *append(r) = (ps_input){.kind = PS_INPUT_POLLS, .n = r->polls};
        r->polls = 0;
    }
}

void ps_record_input(ps_exec *x, ps_input_kind kind, uint64_t token, const ps_value *first,
                     const ps_value *second)
{
    ps_recorder *r = x->recorder;
    if (r) {
        flush_polls(r);
        *append(r) = (ps_input){.kind = kind,
                                .n = token,
                                .now_ms = x->now_ms,
                                .v = {ps_value_ref(first), ps_value_ref(second)}};
    }
}

void ps_record_time(ps_exec *x)
{
    /* Frames that are ready write the time into their events; nobody else looks at it before the
     * next input brings a later one. */
    if (x->ready_first) {
        ps_record_input(x, PS_INPUT_TICK, 0, NULL, NULL);
    }
}

void ps_record_poll(ps_exec *x)
{
    if (x->recorder) {
        x->recorder->polls++;
    }
}

static void pack_input(ps_packer *p, const ps_input *in, int64_t *last_ms)
{
    ps_pack_count(p, (uint64_t)in->kind);
    if (in->kind == PS_INPUT_POLLS || shapes[in->kind].token) {
        ps_pack_count(p, in->n);
    }
    if (in->kind != PS_INPUT_POLLS) {
        ps_pack_int(p, in->now_ms - *last_ms);
        *last_ms = in->now_ms;
    }
    for (size_t i = 0; i < shapes[in->kind].values; i++) {
        ps_pack_value(p, in->v[i]);
    }
}

bool ps_exec_take_record(ps_exec *x, ps_buf *out, ps_events **events)
{
    ps_recorder *r = x->recorder;
    const ps_history *h = &x->history;
    PS_ASSERT(r);
    if (!r->count && !h->count) {
        return false;
    }
    flush_polls(r);
    ps_packer p = {.out = out, .blobs = x->blobs};
    ps_buf_add(out, PS_STR(PS_RECORD_MAGIC));
    ps_pack_count(&p, PS_RECORD_FORMAT);
    ps_pack_count(&p, PS_BEHAVIOUR);
    ps_pack_count(&p, h->next_id - h->count);
    ps_pack_count(&p, h->count);
    ps_pack_count(&p, r->count);
    int64_t last_ms = 0;
    for (size_t i = 0; i < r->count; i++) {
        pack_input(&p, &r->items[i], &last_ms);
    }
    ps_event_pack(&p, h->items, h->count, h->next_id - h->count, last_ms);
    ps_pack_needs(&p);
    ps_packer_free(&p);
    free_inputs(r);
    *events = ps_history_take(&x->history);
    return true;
}
