/* talk.h -- conversations with an exec, for its tests: a machine from JSON text, commands and
 * events as short lines of text. */
#ifndef PS_SPEC_TALK_H
#define PS_SPEC_TALK_H

#include "../check.h"
#include "exec/exec.h"
#include "value/json.h"

/* 2026-01-01T00:00:00Z: the time every conversation starts at. */
#define T0 INT64_C(1767225600000)

typedef struct talk {
    ps_machine *machine;
    ps_exec *exec;
    int64_t now_ms;
    ps_buf heard; /* scratch for what hear() returns */
} talk;

static inline ps_value *json(const char *text)
{
    ps_error err = {0};
    ps_value *v = ps_json_parse(ps_str_from(text), NULL, &err);
    CHECK(v != NULL);
    return v;
}

static inline talk talk_with(const char *definition, const char *input, const ps_profile *profile)
{
    ps_error err = {0};
    ps_value *d = json(definition);
    talk t = {.machine = ps_machine_new(d, &err), .now_ms = T0};
    if (!t.machine) {
        fprintf(stderr, "%s\n", err.text);
    }
    ps_value_unref(d);
    ps_value *in = json(input);
    ps_value *texts[] = {ps_string(PS_STR("arn:aws:states:eu-west-1:1:execution:m:e")),
                         ps_string(PS_STR("e")), ps_string(PS_STR("arn:aws:iam::1:role/r")),
                         ps_string(PS_STR("arn:aws:states:eu-west-1:1:stateMachine:m")),
                         ps_string(PS_STR("m"))};
    ps_exec_options o = {.arn = texts[0],
                         .name = texts[1],
                         .role_arn = texts[2],
                         .machine_arn = texts[3],
                         .machine_name = texts[4],
                         .seed = {7},
                         .now_ms = T0,
                         .profile = profile};
    t.exec = t.machine ? ps_exec_new(t.machine, in, &o, &err) : NULL;
    for (size_t i = 0; i < 5; i++) {
        ps_value_unref(texts[i]);
    }
    ps_value_unref(in);
    return t;
}

static inline talk talk_about(const char *definition, const char *input)
{
    return talk_with(definition, input, NULL);
}

static inline void talk_end(talk *t)
{
    ps_exec_free(t->exec);
    ps_machine_unref(t->machine);
    ps_buf_free(&t->heard);
}

/* Goes on from a snapshot of itself; outstanding commands will be polled again. */
static inline void talk_reload(talk *t)
{
    ps_buf snapshot = {0};
    ps_error err = {0};
    ps_exec_save(t->exec, &snapshot);
    ps_exec *again = ps_exec_load(t->machine, ps_buf_str(&snapshot), NULL, NULL, &err);
    CHECK(again != NULL);
    if (again) {
        ps_exec_free(t->exec);
        t->exec = again;
    }
    ps_buf_free(&snapshot);
}

/* All commands until poll is empty: "TASK 1 A {...}; CANCEL 1; FINISH SUCCEEDED {...}". */
static inline ps_str hear(talk *t)
{
    static const char *const kinds[] = {"TASK",  "CALL",   "CHILD",  "READ",
                                        "WRITE", "CANCEL", "FINISH", "MORE"};
    static const char *const statuses[] = {"RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT",
                                           "ABORTED"};
    ps_buf *out = &t->heard;
    ps_buf_clear(out);
    ps_command c;
    while (ps_exec_poll(t->exec, &c)) {
        ps_buf_addf(out, "%s%s", out->len ? "; " : "", kinds[c.kind]);
        if (c.token) {
            ps_buf_addf(out, " %llu", (unsigned long long)c.token);
        }
        if (c.state) {
            ps_str name = ps_value_str(c.state->name);
            ps_buf_addf(out, " %.*s", (int)name.len, name.p);
        }
        if (c.kind == PS_CMD_CALL) {
            ps_buf_addf(out, " %.*s", (int)c.name.len, c.name.p);
        }
        if (c.kind == PS_CMD_FINISH) {
            ps_buf_addf(out, " %s", statuses[c.status]);
        }
        const ps_value *shown[] = {c.input, c.output, c.error, c.cause, c.results};
        for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
            if (shown[i]) {
                ps_buf_add_char(out, ' ');
                ps_json_print(shown[i], out);
            }
        }
    }
    return ps_buf_str(out);
}

/* The events not heard of yet: "2<0 PassStateEntered, ..." */
static inline ps_str events(talk *t)
{
    ps_buf *out = &t->heard;
    ps_buf_clear(out);
    ps_events *batch = ps_exec_take_events(t->exec);
    for (size_t i = 0; i < ps_events_count(batch); i++) {
        ps_value *v = ps_events_value(batch, i);
        int64_t id = 0;
        int64_t previous = 0;
        ps_value_int(ps_object_get(v, PS_STR("id")), &id);
        ps_value_int(ps_object_get(v, PS_STR("previousEventId")), &previous);
        ps_str type = ps_events_type(batch, i);
        ps_buf_addf(out, "%s%lld<%lld %.*s", i ? ", " : "", (long long)id, (long long)previous,
                    (int)type.len, type.p);
        ps_value_unref(v);
    }
    ps_events_unref(batch);
    return ps_buf_str(out);
}

static inline ps_status answer(talk *t, uint64_t token, const char *value)
{
    ps_error err = {0};
    ps_value *v = json(value);
    ps_outcome o = {.value = v};
    ps_status status = ps_exec_resume(t->exec, token, &o, t->now_ms, &err);
    ps_value_unref(v);
    return status;
}

static inline ps_status refuse(talk *t, uint64_t token, const char *error, const char *cause)
{
    ps_error err = {0};
    ps_value *e = ps_string(ps_str_from(error));
    ps_value *c = ps_string(ps_str_from(cause));
    ps_outcome o = {.failed = true, .error = e, .cause = c};
    ps_status status = ps_exec_resume(t->exec, token, &o, t->now_ms, &err);
    ps_value_unref(e);
    ps_value_unref(c);
    return status;
}

static inline void begin(talk *t, uint64_t token)
{
    ps_error err = {0};
    CHECK(ps_exec_started(t->exec, token, NULL, t->now_ms, &err) == PS_OK);
}

/* Lets time pass up to `seconds` after T0, waking whatever is due on the way. */
static inline void wait_until_second(talk *t, int64_t seconds)
{
    t->now_ms = T0 + seconds * 1000;
    ps_exec_tick(t->exec, t->now_ms);
}

/* Seconds after T0 at which tick is due; -1: never. */
static inline int64_t due(const talk *t)
{
    int64_t at = ps_exec_deadline(t->exec);
    return at == INT64_MAX ? -1 : (at - T0) / 1000;
}

#endif
