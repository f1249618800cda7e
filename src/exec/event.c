/* event.c -- records of the history, and how the API prints them. */
#include "exec/event.h"

#include "base/mem.h"
#include "exec/exec.h"
#include "exec/history.h"
#include "value/json.h"

#include <stdio.h>

/* Room for a short history at once; small enough for the allocator to keep such blocks at hand. */
#define FIRST_EVENTS 14

static const struct {
    ps_str name;
    ps_str details;
    ps_event_shape shape;
} types[] = {
#define ROW(id, type, details, shape)                                                              \
    [PS_EVENT_##id] = {{type, sizeof(type) - 1}, {details, sizeof(details) - 1}, PS_SHAPE_##shape},
    PS_EVENT_TYPES(ROW)
#undef ROW
};

ps_event_shape ps_event_shape_of(ps_event_type type)
{
    return types[type].shape;
}

/* The values of a record come after its append, so they count with the next one. */
static size_t payload_bytes(const ps_event *e)
{
    size_t bytes = 0;
    for (size_t k = 0; k < 3; k++) {
        size_t more = e->v[k] ? ps_value_bytes(e->v[k]) : 0;
        bytes = more > SIZE_MAX - bytes ? SIZE_MAX : bytes + more;
    }
    return bytes;
}

ps_event *ps_history_add(ps_history *h, ps_event_type type, uint64_t previous, int64_t at_ms)
{
    size_t before = h->count ? payload_bytes(&h->items[h->count - 1]) : 0;
    h->burst_bytes =
        before > SIZE_MAX / 2 - h->burst_bytes ? SIZE_MAX / 2 : h->burst_bytes + before;
    if (h->count == h->capacity) {
        h->capacity = h->capacity ? ps_grow(h->capacity, h->count + 1) : FIRST_EVENTS;
        h->items = ps_realloc(h->items, h->capacity, sizeof *h->items);
    }
    ps_event *e = &h->items[h->count++];
    *e = (ps_event){.type = type, .previous = previous, .at_ms = at_ms, .n = -1, .m = -1};
    h->next_id++;
    h->burst_bytes += sizeof *e;
    return e;
}

static void free_items(ps_event *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < 3; k++) {
            ps_value_unref(items[i].v[k]);
        }
    }
    ps_free(items);
}

ps_events *ps_events_new(ps_machine *machine, uint64_t first_id, size_t count)
{
    ps_events *batch = ps_alloc(sizeof *batch);
    *batch = (ps_events){
        .refs = 1,
        .machine = machine ? ps_machine_ref(machine) : NULL,
        .first_id = first_id,
        .items = count ? ps_alloc_zeroed(count, sizeof *batch->items) : NULL,
    };
    return batch;
}

void ps_events_add_state_take(ps_events *e, ps_shown_state *s)
{
    if (e->state_count == e->state_capacity) {
        e->state_capacity = ps_grow(e->state_capacity, e->state_count + 1);
        e->states = ps_realloc(e->states, e->state_capacity, sizeof *e->states);
    }
    e->states[e->state_count++] = s;
}

bool ps_event_complete(const ps_event *e)
{
    if (e->at_ms < -PS_TIME_LIMIT || e->at_ms > PS_TIME_LIMIT) {
        return false;
    }
    switch (types[e->type].shape) {
    case PS_SHAPE_SCHEDULED:
        return e->state && e->state->kind == PS_STATE_TASK && e->v[0];
    case PS_SHAPE_INVOKED:
    case PS_SHAPE_QUEUED:
    case PS_SHAPE_TARGET:
    case PS_SHAPE_RESULT:
    case PS_SHAPE_TASK_FAILURE:
        return e->state && e->state->kind == PS_STATE_TASK;
    case PS_SHAPE_ENTERED:
    case PS_SHAPE_ITERATION:
        return e->state != NULL;
    case PS_SHAPE_EXITED:
        return e->state && (!e->v[1] || ps_value_kind(e->v[1]) == PS_OBJECT);
    default:
        return true;
    }
}

ps_events *ps_history_take(ps_history *h)
{
    ps_events *batch = ps_events_new(h->machine, h->next_id - h->count, 0);
    batch->count = h->count;
    if (h->count) {
        batch->items = ps_realloc(h->items, h->count, sizeof *h->items);
    } else {
        ps_free(h->items);
    }
    h->items = NULL;
    h->count = h->capacity = 0;
    return batch;
}

void ps_history_free(ps_history *h)
{
    free_items(h->items, h->count);
    h->items = NULL;
    h->count = h->capacity = 0;
}

ps_events *ps_events_ref(ps_events *e)
{
    e->refs++;
    return e;
}

void ps_events_unref(ps_events *e)
{
    if (e && --e->refs == 0) {
        free_items(e->items, e->count);
        for (size_t i = 0; i < e->state_count; i++) {
            ps_shown_state *s = e->states[i];
            ps_value *const owned[] = {s->name, s->resource, s->service, s->action};
            for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) {
                ps_value_unref(owned[k]);
            }
            ps_free(s);
        }
        ps_free(e->states);
        ps_machine_unref(e->machine);
        ps_free(e);
    }
}

size_t ps_events_count(const ps_events *e)
{
    return e->count;
}

ps_str ps_events_type(const ps_events *e, size_t i)
{
    return types[e->items[i].type].name;
}

static void put(ps_value *object, const char *key, const ps_value *v)
{
    if (v) {
        ps_object_put_take(object, ps_str_from(key), ps_value_ref(v));
    }
}

static void put_count(ps_value *object, const char *key, int64_t n)
{
    if (n >= 0) {
        ps_object_put_take(object, ps_str_from(key), ps_int(n));
    }
}

/* A payload as JSON text, and beside it whether it was cut. */
static void put_payload(ps_value *object, const char *key, const char *details_key,
                        const ps_value *v)
{
    if (!v) {
        return;
    }
    ps_object_put_take(object, ps_str_from(key), ps_json_string(v));
    ps_value *details = ps_object(1);
    ps_object_put_take(details, PS_STR("truncated"), ps_bool(false));
    ps_object_put_take(object, ps_str_from(details_key), details);
}

static void put_target(ps_value *object, const ps_state *s)
{
    ps_object_put_take(object, PS_STR("resourceType"), ps_string(s->target.service));
    ps_object_put_take(object, PS_STR("resource"), ps_string(s->target.action));
}

static void put_role(ps_value *object, const ps_value *role)
{
    if (role) {
        ps_value *credentials = ps_object(1);
        ps_object_put_take(credentials, PS_STR("roleArn"), ps_value_ref(role));
        ps_object_put_take(object, PS_STR("taskCredentials"), credentials);
    }
}

/* Each assigned variable's value is JSON text, as the API has it. */
static void put_assigned(ps_value *object, const ps_value *variables)
{
    if (!variables) {
        return;
    }
    size_t count = ps_value_count(variables);
    ps_value *texts = ps_object(count);
    for (size_t i = 0; i < count; i++) {
        ps_object_set_take(texts, ps_value_ref(ps_object_key_at(variables, i)),
                           ps_json_string(ps_object_value_at(variables, i)));
    }
    ps_object_put_take(object, PS_STR("assignedVariables"), texts);
    ps_value *details = ps_object(1);
    ps_object_put_take(details, PS_STR("truncated"), ps_bool(false));
    ps_object_put_take(object, PS_STR("assignedVariablesDetails"), details);
}

static ps_value *details_of(const ps_event *e)
{
    ps_value *d = ps_object(4);
    switch (types[e->type].shape) {
    case PS_SHAPE_NONE:
        break;
    case PS_SHAPE_BEGUN:
        put_payload(d, "input", "inputDetails", e->v[0]);
        put(d, "roleArn", e->v[1]);
        break;
    case PS_SHAPE_OUTPUT:
        put_payload(d, "output", "outputDetails", e->v[0]);
        break;
    case PS_SHAPE_FAILURE:
        put(d, "error", e->v[0]);
        put(d, "cause", e->v[1]);
        break;
    case PS_SHAPE_ENTERED:
        put(d, "name", e->state->name);
        put_payload(d, "input", "inputDetails", e->v[0]);
        break;
    case PS_SHAPE_EXITED:
        put(d, "name", e->state->name);
        put_payload(d, "output", "outputDetails", e->v[0]);
        put_assigned(d, e->v[1]);
        break;
    case PS_SHAPE_SCHEDULED:
        put_target(d, e->state);
        put(d, "region", e->v[2]);
        ps_object_put_take(d, PS_STR("parameters"), ps_json_string(e->v[0]));
        put_count(d, "timeoutInSeconds", e->n);
        put_count(d, "heartbeatInSeconds", e->m);
        put_role(d, e->v[1]);
        break;
    case PS_SHAPE_INVOKED:
        put(d, "resource", e->state->resource);
        put_payload(d, "input", "inputDetails", e->v[0]);
        put_count(d, "timeoutInSeconds", e->n);
        put_role(d, e->v[1]);
        break;
    case PS_SHAPE_QUEUED:
        put(d, "resource", e->state->resource);
        put_payload(d, "input", "inputDetails", e->v[0]);
        put_count(d, "timeoutInSeconds", e->n);
        put_count(d, "heartbeatInSeconds", e->m);
        break;
    case PS_SHAPE_TARGET:
        put_target(d, e->state);
        break;
    case PS_SHAPE_WORKER:
        put(d, "workerName", e->v[0]);
        break;
    case PS_SHAPE_RESULT:
        put_target(d, e->state);
        put_payload(d, "output", "outputDetails", e->v[0]);
        break;
    case PS_SHAPE_TASK_FAILURE:
        put_target(d, e->state);
        put(d, "error", e->v[0]);
        put(d, "cause", e->v[1]);
        break;
    case PS_SHAPE_LENGTH:
        put_count(d, "length", e->n);
        break;
    case PS_SHAPE_ITERATION:
        put(d, "name", e->state->name);
        put_count(d, "index", e->n);
        break;
    case PS_SHAPE_MAP_RUN:
        put(d, "mapRunArn", e->v[0]);
        put_count(d, "redriveCount", e->n);
        break;
    case PS_SHAPE_EVALUATION:
        put(d, "error", e->v[0]);
        put(d, "cause", e->v[1]);
        put(d, "location", e->v[2]);
        put(d, "state", e->state->name);
        break;
    case PS_SHAPE_REDRIVEN:
        put_count(d, "redriveCount", e->n);
        break;
    }
    return d;
}

/* Epoch seconds with milliseconds, as the API's JSON has timestamps. */
static ps_value *timestamp(int64_t at_ms)
{
    char text[32];
    int len =
        snprintf(text, sizeof text, "%lld.%03d", (long long)(at_ms / 1000), (int)(at_ms % 1000));
    while (text[len - 1] == '0') {
        len--;
    }
    if (text[len - 1] == '.') {
        len--;
    }
    return ps_number((ps_str){text, (size_t)len});
}

ps_value *ps_events_value(const ps_events *e, size_t i)
{
    const ps_event *event = &e->items[i];
    ps_value *v = ps_object(5);
    ps_object_put_take(v, PS_STR("timestamp"), timestamp(event->at_ms));
    ps_object_put_take(v, PS_STR("type"), ps_string(types[event->type].name));
    ps_object_put_take(v, PS_STR("id"), ps_int((int64_t)(e->first_id + i)));
    ps_object_put_take(v, PS_STR("previousEventId"), ps_int((int64_t)event->previous));
    if (types[event->type].details.len) {
        ps_object_put_take(v, types[event->type].details, details_of(event));
    }
    return v;
}
