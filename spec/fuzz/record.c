/* record.c -- fuzz target: births and records, damaged or made up, are refused or read; what is
 * replayed never crashes, and an undamaged record replays.
 *
 * The first byte says how far a real execution goes; its records are then read in full, replayed,
 * and with pairs of bytes replaced replayed again. A first byte of 255 takes the rest as the record
 * itself, of 254 as a birth. */
#include "draw.h"
#include "exec/exec.h"
#include "value/json.h"

#define START_MS INT64_C(1767225600000)
#define MAX_RECORDS 24

static const char definition_text[] =
    "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Next\":\"D\",\"Branches\":["
    "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"lua:f\","
    "\"TimeoutSeconds\":20,\"HeartbeatSeconds\":5,"
    "\"Retry\":[{\"ErrorEquals\":[\"E\"],\"MaxAttempts\":1}],\"End\":true}}},"
    "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemsPath\":\"$.items\","
    "\"MaxConcurrency\":1,\"End\":true,\"ItemProcessor\":{\"StartAt\":\"W\",\"States\":{\"W\":{"
    "\"Type\":\"Wait\",\"Seconds\":3,\"End\":true}}}}}}]},"
    "\"D\":{\"Type\":\"Map\",\"MaxConcurrency\":2,\"Next\":\"C\",\"ItemsPath\":\"$[1]\","
    "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\","
    "\"ExecutionType\":\"STANDARD\"},\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Succeed\"}}}},"
    "\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Condition\":\"lua:may\",\"Next\":\"Z\"}],"
    "\"Default\":\"P\"},\"Z\":{\"Type\":\"Succeed\"}}}";

typedef struct journal {
    ps_buf birth;
    ps_buf records[MAX_RECORDS];
    size_t count;
} journal;

static ps_value *parse(const char *text)
{
    ps_error err;
    ps_value *v = ps_json_parse(ps_str_from(text), NULL, &err);
    REQUIRE(v);
    return v;
}

static ps_exec *new_exec(ps_machine *machine, const ps_value *input)
{
    ps_error err;
    ps_value *name = ps_string(PS_STR("fuzzed"));
    ps_exec_options o = {.arn = name,
                         .name = name,
                         .role_arn = name,
                         .machine_arn = name,
                         .machine_name = name,
                         .now_ms = START_MS};
    ps_exec *x = ps_exec_new(machine, input, &o, &err);
    REQUIRE(x);
    ps_value_unref(name);
    return x;
}

/* One input, whichever the number means; most are refused. */
static void feed(ps_exec *x, unsigned deed, uint64_t token, int64_t now_ms, const ps_value *v)
{
    ps_error err;
    ps_value *error = ps_string(PS_STR("E"));
    ps_outcome good = {.value = v};
    ps_outcome bad = {.failed = true, .error = error};
    ps_run_limits limits = {(int64_t)(deed % 5), (int64_t)(deed % 3), -1};
    switch (deed % 10) {
    case 0:
        (void)ps_exec_started(x, token, error, now_ms, &err);
        break;
    case 1:
        (void)ps_exec_submitted(x, token, v, now_ms, &err);
        break;
    case 2:
        (void)ps_exec_beat(x, token, now_ms, &err);
        break;
    case 3:
    case 4:
    case 5:
        (void)ps_exec_resume(x, token, &good, now_ms, &err);
        break;
    case 6:
        (void)ps_exec_resume(x, token, &bad, now_ms, &err);
        break;
    case 7:
        (void)ps_exec_update(x, token, NULL, &limits, now_ms, &err);
        break;
    case 8:
        (void)ps_exec_redrive(x, now_ms, &err);
        break;
    default:
        ps_exec_tick(x, now_ms + 4000);
        break;
    }
    ps_value_unref(error);
}

/* Polls, sometimes not to the end. */
static void poll(ps_exec *x, unsigned most)
{
    ps_command c;
    for (unsigned i = 0; i < most && ps_exec_poll(x, &c); i++) {
    }
}

static void live(ps_exec *x, draw *d, unsigned steps, const ps_value *input, journal *j)
{
    int64_t now_ms = START_MS;
    ps_exec_birth(x, &j->birth);
    ps_exec_record(x);
    for (unsigned i = 0; i <= steps; i++) {
        poll(x, 1 + draw_below(d, 12));
        ps_events *events;
        if (j->count < MAX_RECORDS && draw_below(d, 3) &&
            ps_exec_take_record(x, &j->records[j->count], &events)) {
            j->count++;
            ps_events_unref(events);
        }
        now_ms += draw_below(d, 256) * 20;
        feed(x, draw_below(d, 256), 1 + draw_below(d, 16), now_ms, input);
    }
}

static void read_record(ps_str record)
{
    ps_error err;
    ps_record_head head;
    if (ps_record_read_head(record, &head, &err) != PS_OK) {
        return;
    }
    const uint8_t *hashes;
    size_t count;
    (void)ps_record_needs(record, &hashes, &count);
    ps_value_unref(ps_record_inputs(record, NULL, &err));
    ps_events *events = ps_record_events(record, NULL, &err);
    for (size_t i = 0; events && i < ps_events_count(events); i++) {
        ps_value_unref(ps_events_value(events, i));
    }
    ps_events_unref(events);
}

static ps_status replay(ps_exec *x, ps_str record)
{
    ps_error err;
    ps_divergence d;
    ps_status status = ps_exec_replay(x, record, NULL, false, &d, &err);
    ps_value_unref(d.stored);
    ps_value_unref(d.computed);
    return status;
}

/* The records again, the last of them damaged where `d` says so. */
static void replay_all(ps_machine *machine, journal *j, draw *d)
{
    ps_error err;
    ps_exec *x = ps_exec_rebirth(machine, ps_buf_str(&j->birth), NULL, NULL, &err);
    REQUIRE(x);
    for (size_t i = 0; i < j->count; i++) {
        ps_buf *record = &j->records[i];
        bool last = i + 1 == j->count;
        while (last && d->left >= 3) {
            size_t at = draw_below(d, 256) * 256u;
            at += draw_below(d, 256);
            record->p[at % record->len] = (char)draw_below(d, 256);
        }
        read_record(ps_buf_str(record));
        ps_status status = replay(x, ps_buf_str(record));
        REQUIRE(last || status == PS_OK);
    }
    ps_exec_again(x);
    poll(x, 100);
    ps_buf snapshot = {0};
    ps_exec_save(x, &snapshot);
    ps_buf_free(&snapshot);
    ps_exec_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    draw d = {data, size};
    ps_error err;
    ps_value *definition = parse(definition_text);
    ps_value *input = parse("{\"items\":[{\"n\":1},{\"n\":2},{\"n\":3}],\"text\":\"abc\"}");
    ps_machine *machine = ps_machine_new(definition, &err);
    REQUIRE(machine);
    unsigned first = draw_below(&d, 256);
    ps_str rest = {(const char *)d.p, d.left};
    ps_exec *x = new_exec(machine, input);
    if (first == 255) {
        read_record(rest);
        (void)replay(x, rest);
    } else if (first == 254) {
        ps_exec_free(ps_exec_rebirth(machine, rest, NULL, NULL, &err));
    } else {
        journal j = {0};
        live(x, &d, first % 32, input, &j);
        replay_all(machine, &j, &d);
        ps_buf_free(&j.birth);
        for (size_t i = 0; i < j.count; i++) {
            ps_buf_free(&j.records[i]);
        }
    }
    ps_exec_free(x);
    ps_machine_unref(machine);
    ps_value_unref(input);
    ps_value_unref(definition);
    return 0;
}
