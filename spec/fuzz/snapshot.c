/* snapshot.c -- fuzz target: damaged snapshots are refused, or load as something that still runs to
 * an end; they never crash.
 *
 * The first byte says how far a real execution goes before it is saved; then pairs of bytes replace
 * bytes of the snapshot. A first byte of 255 takes the rest as the snapshot itself. */
#include "draw.h"
#include "exec/exec.h"
#include "value/json.h"

#define START_MS INT64_C(1767225600000)
#define MAX_STEPS 200

static const char definition_text[] =
    "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Next\":\"M\",\"Branches\":["
    "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"lua:f\","
    "\"TimeoutSeconds\":20,"
    "\"Assign\":{\"x.$\":\"$\"},\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"],\"MaxAttempts\":2}],"
    "\"End\":true}}},"
    "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":3,\"End\":true}}}]},"
    "\"M\":{\"Type\":\"Map\",\"ItemsPath\":\"$$.Execution.Input.items\",\"MaxConcurrency\":2,"
    "\"Next\":\"D\","
    "\"ItemProcessor\":{\"StartAt\":\"Q\",\"States\":{\"Q\":{\"Type\":\"Task\",\"End\":true,"
    "\"Resource\":\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\",\"HeartbeatSeconds\":5,"
    "\"TimeoutSeconds\":60,\"Parameters\":{\"t.$\":\"$$.Task.Token\"}}}}},"
    "\"D\":{\"Type\":\"Map\",\"MaxConcurrency\":2,\"ToleratedFailureCount\":1,\"Next\":\"C\","
    "\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:getObject\",\"ReaderConfig\":{"
    "\"InputType\":\"JSON\"},\"Parameters\":{\"Bucket\":\"b\",\"Key.$\":\"lua:key()\"}},"
    "\"ResultWriter\":{\"Resource\":\"arn:aws:states:::s3:putObject\",\"Parameters\":{"
    "\"Bucket\":\"b\"}},\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\","
    "\"ExecutionType\":\"STANDARD\"},\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Succeed\"}}}},"
    "\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Condition\":\"lua:may\",\"Next\":\"Z\"}],"
    "\"Default\":\"Z\"},\"Z\":{\"Type\":\"Succeed\"}}}";

static ps_value *parse(const char *text)
{
    ps_error err;
    ps_value *v = ps_json_parse(ps_str_from(text), NULL, &err);
    REQUIRE(v);
    return v;
}

/* At most `steps` rounds of answering what is asked and letting time pass. */
static void advance(ps_exec *x, unsigned steps, const ps_value *answer)
{
    ps_error err;
    int64_t now_ms = START_MS;
    uint64_t token = 0;
    for (unsigned i = 0; i < steps; i++) {
        ps_command c;
        while (ps_exec_poll(x, &c)) {
            token = c.kind == PS_CMD_CANCEL || c.token == 0 ? token : c.token;
        }
        ps_events_unref(ps_exec_take_events(x));
        if (ps_exec_state(x) != PS_RUNNING && ps_exec_redrive(x, now_ms, &err) != PS_OK) {
            return;
        }
        ps_outcome o = {.value = answer};
        if (token && i % 3 == 0) {
            (void)ps_exec_started(x, token, NULL, now_ms, &err);
        } else if (token && i % 3 == 1) {
            (void)ps_exec_submitted(x, token, answer, now_ms, &err);
        } else if (token) {
            (void)ps_exec_resume(x, token, &o, now_ms, &err);
        }
        now_ms += 700;
        ps_exec_tick(x, now_ms);
    }
}

static void save_real(ps_machine *machine, const ps_value *input, unsigned steps, ps_buf *out)
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
    advance(x, steps, input);
    ps_exec_save(x, out);
    ps_exec_free(x);
    ps_value_unref(name);
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

    ps_buf text = {0};
    unsigned first = draw_below(&d, 256);
    if (first == 255) {
        ps_buf_add(&text, (ps_str){(const char *)d.p, d.left});
    } else {
        save_real(machine, input, first % 96, &text);
        while (d.left >= 3) {
            size_t at = draw_below(&d, 256) * 256u;
            at += draw_below(&d, 256);
            text.p[at % text.len] = (char)draw_below(&d, 256);
        }
    }
    ps_exec *x = ps_exec_load(machine, ps_buf_str(&text), NULL, NULL, &err);
    if (x) {
        advance(x, MAX_STEPS, input);
        ps_buf again = {0};
        ps_exec_save(x, &again);
        ps_buf_free(&again);
        ps_exec_free(x);
    }
    ps_buf_free(&text);
    ps_machine_unref(machine);
    ps_value_unref(input);
    ps_value_unref(definition);
    return 0;
}
