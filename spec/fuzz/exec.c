/* exec.c -- fuzz target: random machines and outcomes; one execution runs on, its twin is saved and
 * loaded between inputs, and both must say the same. */
#include "exec/exec.h"
#include "draw.h"
#include "value/json.h"

#define MAX_OUTSTANDING 256
#define MAX_STEPS 400
#define START_MS INT64_C(1767225600000)

typedef struct twin {
    ps_machine *machine;
    ps_exec *x[2]; /* x[1] is the one that is saved and loaded */
    uint64_t tokens[MAX_OUTSTANDING];
    size_t count; /* outstanding */
    int64_t now_ms;
    int64_t last_event;
    bool over;
} twin;

static ps_value *parse(const char *text)
{
    ps_error err;
    ps_value *v = ps_json_parse(ps_str_from(text), NULL, &err);
    REQUIRE(v);
    return v;
}

static size_t find(const twin *t, uint64_t token)
{
    size_t i = 0;
    while (i < t->count && t->tokens[i] != token) {
        i++;
    }
    return i;
}

static void forget(twin *t, uint64_t token)
{
    size_t i = find(t, token);
    if (i < t->count) {
        t->tokens[i] = t->tokens[--t->count];
    }
}

/* The next command that was not known before; MORE and what a loaded exec says again are passed
 * over. */
static bool next_new(const twin *t, ps_exec *x, ps_command *c)
{
    while (ps_exec_poll(x, c)) {
        bool known = c->kind != PS_CMD_CANCEL && c->token && find(t, c->token) < t->count;
        bool stale = c->kind == PS_CMD_CANCEL && find(t, c->token) == t->count;
        bool again = c->kind == PS_CMD_FINISH && t->over;
        if (c->kind != PS_CMD_MORE && !known && !stale && !again) {
            return true;
        }
    }
    return false;
}

static void check_event(twin *t, const ps_value *event)
{
    int64_t id = 0;
    int64_t previous = 0;
    REQUIRE(ps_value_int(ps_object_get(event, PS_STR("id")), &id));
    REQUIRE(ps_value_int(ps_object_get(event, PS_STR("previousEventId")), &previous));
    REQUIRE(id == t->last_event + 1 && previous >= 0 && previous < id);
    t->last_event = id;
}

static void compare_events(twin *t)
{
    ps_events *a = ps_exec_take_events(t->x[0]);
    ps_events *b = ps_exec_take_events(t->x[1]);
    REQUIRE(ps_events_count(a) == ps_events_count(b));
    for (size_t i = 0; i < ps_events_count(a); i++) {
        ps_value *one = ps_events_value(a, i);
        ps_value *other = ps_events_value(b, i);
        REQUIRE(ps_value_equal(one, other));
        check_event(t, one);
        ps_value_unref(one);
        ps_value_unref(other);
    }
    ps_events_unref(a);
    ps_events_unref(b);
}

static void drain(twin *t)
{
    ps_command a;
    while (next_new(t, t->x[0], &a)) {
        ps_command b;
        REQUIRE(next_new(t, t->x[1], &b));
        REQUIRE(a.kind == b.kind && a.token == b.token && a.attempt == b.attempt &&
                a.visit == b.visit);
        REQUIRE(a.deadline_ms == b.deadline_ms && a.status == b.status);
        if (a.kind == PS_CMD_CANCEL) {
            forget(t, a.token);
        } else if (a.kind == PS_CMD_FINISH) {
            REQUIRE(t->count == 0 && !t->over);
            t->over = true;
        } else {
            REQUIRE(t->count < MAX_OUTSTANDING);
            t->tokens[t->count++] = a.token;
        }
    }
    REQUIRE(!next_new(t, t->x[1], &a));
    REQUIRE(ps_exec_deadline(t->x[0]) == ps_exec_deadline(t->x[1]));
    compare_events(t);
}

static void reload(twin *t)
{
    ps_buf text = {0};
    ps_buf again = {0};
    ps_error err;
    ps_exec_save(t->x[1], &text);
    ps_exec *loaded = ps_exec_load(t->machine, ps_buf_str(&text), NULL, NULL, &err);
    REQUIRE(loaded);
    ps_exec_save(loaded, &again);
    REQUIRE(ps_str_equal(ps_buf_str(&text), ps_buf_str(&again)));
    ps_exec_free(t->x[1]);
    t->x[1] = loaded;
    ps_command c;
    REQUIRE(!next_new(t, loaded, &c)); /* a driver asks what is outstanding before it goes on */
    ps_buf_free(&text);
    ps_buf_free(&again);
}

static void resume(twin *t, draw *d, uint64_t token)
{
    ps_value *error = ps_string(draw_below(d, 2) ? PS_STR("Boom") : PS_STR("Other"));
    static const char *const values[] = {"{\"n\":1}", "true", "[1,2]"};
    ps_value *value = parse(values[draw_below(d, 3)]);
    ps_outcome o = {.failed = draw_below(d, 3) == 1, .value = value, .error = error};
    ps_error err;
    bool outstanding = find(t, token) < t->count;
    forget(t, token);
    for (int i = 0; i < 2; i++) {
        ps_status status = ps_exec_resume(t->x[i], token, &o, t->now_ms, &err);
        REQUIRE((status == PS_OK) == outstanding);
        REQUIRE(ps_exec_resume(t->x[i], token, &o, t->now_ms, &err) == PS_ESTALE);
    }
    ps_value_unref(error);
    ps_value_unref(value);
}

static void pass_time(twin *t, draw *d)
{
    int64_t deadline = ps_exec_deadline(t->x[0]);
    if (deadline != INT64_MAX && draw_below(d, 3) < 2) {
        t->now_ms = deadline > t->now_ms ? deadline : t->now_ms;
    } else {
        t->now_ms += draw_below(d, 100) * 50;
    }
    ps_exec_tick(t->x[0], t->now_ms);
    ps_exec_tick(t->x[1], t->now_ms);
}

static void step(twin *t, draw *d)
{
    ps_error err;
    uint64_t token = t->count ? t->tokens[draw_below(d, (unsigned)t->count)] : 0;
    switch (t->count ? draw_below(d, 8) : 7) {
    case 0:
    case 1:
        REQUIRE(ps_exec_started(t->x[0], token, NULL, t->now_ms, &err) ==
                ps_exec_started(t->x[1], token, NULL, t->now_ms, &err));
        break;
    case 2: {
        ps_value *v = parse("{\"job\":1}");
        REQUIRE(ps_exec_submitted(t->x[0], token, v, t->now_ms, &err) ==
                ps_exec_submitted(t->x[1], token, v, t->now_ms, &err));
        ps_value_unref(v);
        break;
    }
    case 3:
        REQUIRE(ps_exec_beat(t->x[0], token, t->now_ms, &err) ==
                ps_exec_beat(t->x[1], token, t->now_ms, &err));
        break;
    case 4:
    case 5:
        resume(t, d, token);
        break;
    case 6:
        resume(t, d, token + 1000000);
        break;
    default:
        pass_time(t, d);
        break;
    }
}

static void run(twin *t, draw *d, const ps_value *input)
{
    ps_value *name = ps_string(PS_STR("fuzzed"));
    ps_exec_options o = {.arn = name,
                         .name = name,
                         .role_arn = name,
                         .machine_arn = name,
                         .machine_name = name,
                         .now_ms = START_MS};
    ps_error err;
    t->now_ms = START_MS;
    for (int i = 0; i < 2; i++) {
        t->x[i] = ps_exec_new(t->machine, input, &o, &err);
        REQUIRE(t->x[i]);
    }
    drain(t);
    for (int i = 0; i < MAX_STEPS && !t->over && d->left; i++) {
        if (draw_below(d, 2)) {
            reload(t);
        }
        step(t, d);
        drain(t);
    }
    while (!t->over) { /* the bytes are used up: successes and time lead to the end */
        if (t->count) {
            resume(t, d, t->tokens[0]);
        } else {
            REQUIRE(ps_exec_deadline(t->x[0]) != INT64_MAX);
            pass_time(t, d);
        }
        drain(t);
    }
    reload(t);
    pass_time(t, d);
    drain(t);
    REQUIRE(ps_exec_state(t->x[0]) != PS_RUNNING &&
            ps_exec_state(t->x[0]) == ps_exec_state(t->x[1]));
    for (int i = 0; i < 2; i++) {
        ps_exec_free(t->x[i]);
    }
    ps_value_unref(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    draw d = {data, size};
    ps_buf text = {0};
    ps_error err;
    draw_definition(&d, &text);
    ps_value *definition = ps_json_parse(ps_buf_str(&text), NULL, &err);
    REQUIRE(definition);
    twin t = {.machine = ps_machine_new(definition, &err)};
    if (t.machine) {
        ps_value *input = parse("{\"items\":[{\"n\":1},{\"n\":2},{\"n\":3}]}");
        run(&t, &d, input);
        ps_value_unref(input);
    }
    ps_machine_unref(t.machine);
    ps_value_unref(definition);
    ps_buf_free(&text);
    return 0;
}
