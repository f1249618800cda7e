/* machine_test.c -- the compiler: what the structures of a machine hold, and what it refuses. */
#include "asl/machine.h"
#include "value/json.h"

#include "check.h"

static ps_machine *compile(const char *text, ps_error *err)
{
    ps_value *v = ps_json_parse(ps_str_from(text), NULL, err);
    CHECK(v != NULL);
    ps_machine *m = v ? ps_machine_new(v, err) : NULL;
    ps_value_unref(v); /* the machine keeps what it needs */
    return m;
}

static ps_machine *compile_good(const char *text)
{
    ps_error err = {0};
    ps_machine *m = compile(text, &err);
    CHECK_STR(ps_str_from(err.text), "");
    CHECK(m != NULL);
    return m;
}

static void check_refused(const char *text, const char *words, int line)
{
    ps_error err = {0};
    ps_machine *m = compile(text, &err);
    check_that(m == NULL, "the definition should be refused", __FILE__, line);
    check_text(ps_str_from(err.text), words, __FILE__, line);
    if (m) {
        ps_machine_unref(m);
    }
}
#define REFUSED(text, words) check_refused(text, words, __LINE__)

static void check_graph(void)
{
    ps_machine *m =
        compile_good("{\"Comment\":\"c\",\"TimeoutSeconds\":9,\"StartAt\":\"Outer\",\"States\":{"
                     "\"Last\":{\"Type\":\"Succeed\"},"
                     "\"Outer\":{\"Type\":\"Parallel\",\"Next\":\"Last\",\"Branches\":["
                     "{\"StartAt\":\"X\",\"States\":{\"X\":{\"Type\":\"Pass\",\"End\":true}}},"
                     "{\"StartAt\":\"Y\",\"States\":{\"Y\":{\"Type\":\"Fail\",\"Error\":\"E\","
                     "\"CausePath\":\"$.c\"}}}]}}}");
    if (!m) {
        return;
    }
    const ps_state *outer = m->top->start;
    CHECK(m->timeout_seconds == 9 && m->state_count == 4 && m->top->count == 2);
    CHECK(outer->kind == PS_STATE_PARALLEL && outer->branch_count == 2);
    CHECK(outer->next == m->top->states[0] && outer->next->next == NULL);
    CHECK_STR(ps_value_str(outer->branches[1]->start->path), "/Outer/Y");
    CHECK(outer->branches[1]->owner == outer && outer->branches[1]->branch == 1);
    for (size_t i = 0; i < m->state_count; i++) {
        CHECK(m->all[i]->id == i);
    }
    const ps_state *fail = outer->branches[1]->start;
    CHECK(fail->error != NULL && fail->cause == NULL && fail->cause_path != NULL);
    ps_machine *again = ps_machine_ref(m);
    ps_machine_unref(m);
    ps_machine_unref(again);
}

static void check_task(void)
{
    ps_machine *m = compile_good(
        "{\"StartAt\":\"A\",\"States\":{\"B\":{\"Type\":\"Succeed\"},\"A\":{\"Type\":\"Task\","
        "\"Resource\":\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\","
        "\"TimeoutSecondsPath\":\"$.t\",\"HeartbeatSeconds\":30,\"InputPath\":null,"
        "\"OutputPath\":\"$\",\"ResultPath\":\"$.r\",\"Parameters\":{\"a.$\":\"$.a\"},"
        "\"Credentials\":{\"RoleArn.$\":\"$.role\"},\"Assign\":{\"v\":1},"
        "\"Retry\":[{\"ErrorEquals\":[\"X\",\"Y\"]},{\"ErrorEquals\":[\"States.ALL\"],"
        "\"IntervalSeconds\":2,\"MaxAttempts\":0,\"BackoffRate\":1.5,\"MaxDelaySeconds\":60,"
        "\"JitterStrategy\":\"FULL\"}],"
        "\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"B\",\"ResultPath\":null}],"
        "\"Next\":\"B\"}}}");
    if (!m) {
        return;
    }
    const ps_state *a = m->top->start;
    CHECK(a->target.pattern == PS_PATTERN_TOKEN && a->target.family == PS_FAMILY_TASK);
    CHECK(a->timeout.given && a->timeout.path != NULL);
    CHECK(a->heartbeat.given && a->heartbeat.literal == 30 && a->heartbeat.path == NULL);
    CHECK(a->input_path.discard && !a->output_path.discard && a->output_path.path == NULL);
    CHECK(a->result_path != NULL && !a->discard_result && a->credentials != NULL && a->assign);
    CHECK(a->retrier_count == 2 && a->retriers[0].error_count == 2);
    CHECK(a->retriers[0].interval_seconds == 1 && a->retriers[0].max_attempts == 3);
    CHECK(a->retriers[0].backoff_rate == 2.0 && a->retriers[0].max_delay_seconds == 0);
    CHECK(a->retriers[1].max_attempts == 0 && a->retriers[1].full_jitter);
    CHECK(a->catcher_count == 1 && a->catchers[0].next == a->next && a->catchers[0].discard_result);
    ps_machine_unref(m);
}

static void check_choice_and_wait(void)
{
    ps_machine *m = compile_good(
        "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Choice\",\"Choices\":["
        "{\"Variable\":\"$.x\",\"NumericEquals\":1,\"Next\":\"W\",\"Assign\":{\"n\":1}},"
        "{\"Condition\":\"lua:ok\",\"Next\":\"S\"}],\"Default\":\"S\"},"
        "\"W\":{\"Type\":\"Wait\",\"Timestamp\":\"1970-01-01T00:00:02Z\",\"Next\":\"S\"},"
        "\"S\":{\"Type\":\"Wait\",\"SecondsPath\":\"$.s\",\"End\":true}}}");
    if (!m) {
        return;
    }
    const ps_state *a = m->top->start, *w = m->top->states[1], *s = m->top->states[2];
    CHECK(a->rule_count == 2 && a->rules[0].next == w && a->rules[0].assign != NULL);
    CHECK(a->rules[1].next == s && a->otherwise == s && a->next == NULL && a->choices != NULL);
    CHECK(w->has_timestamp && w->timestamp_ms == 2000 && s->seconds.path != NULL);
    ps_machine_unref(m);
}

static void check_map(void)
{
    ps_machine *m = compile_good(
        "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Map\",\"Parameters\":{\"v\":1},"
        "\"ItemsPath\":\"$.list\",\"MaxConcurrency\":2,\"Iterator\":{\"StartAt\":\"B\","
        "\"States\":{\"B\":{\"Type\":\"Pass\",\"Result\":5,\"End\":true}}},\"Next\":\"D\"},"
        "\"D\":{\"Type\":\"Map\",\"Label\":\"jobs\",\"ItemProcessor\":{\"ProcessorConfig\":"
        "{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"EXPRESS\"},\"StartAt\":\"E\",\"States\":"
        "{\"E\":{\"Type\":\"Pass\",\"End\":true}}},\"ItemReader\":{\"Resource\":"
        "\"arn:aws:states:::s3:getObject\",\"ReaderConfig\":{\"InputType\":\"JSONL\",\"MaxItems\":"
        "10},\"Parameters\":{\"Bucket\":\"b\",\"Key\":\"k\"}},\"ItemBatcher\":{"
        "\"MaxItemsPerBatch\":5,\"BatchInput\":{\"x.$\":\"$.x\"}},\"ResultWriter\":{"
        "\"WriterConfig\":{\"Transformation\":\"COMPACT\",\"OutputType\":\"JSON\"}},"
        "\"ToleratedFailurePercentagePath\":\"$.p\",\"ItemSelector\":{\"i.$\":\"$$.Map.Item."
        "Index\"},"
        "\"End\":true}}}");
    if (!m) {
        return;
    }
    const ps_state *a = m->top->start, *d = a->next;
    CHECK(!a->distributed && a->parameters && a->items_path && a->max_concurrency.literal == 2);
    CHECK(a->branch_count == 1 && a->branches[0]->owner == a && a->branches[0]->start->result);
    CHECK(d->distributed && d->express_children && d->label && d->reader && d->writer);
    CHECK(d->reader->input == PS_INPUT_JSONL && d->reader->max_items.literal == 10);
    CHECK(d->writer->resource == NULL && d->writer->config != NULL);
    CHECK(d->has_batcher && d->max_items_per_batch.literal == 5 && d->batch_input);
    CHECK(!d->max_bytes_per_batch.given && d->tolerated_percentage.path && !d->items_path);
    ps_machine_unref(m);
}

static void check_refusals(void)
{
    REFUSED("[]", "A definition should be an object");
    REFUSED("{\"StartAt\":\"A\"}", "These fields are required: [States] at /");
    REFUSED("{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Next\":\"B\"},"
            "\"C\":{\"Type\":\"Succeed\"}}}",
            "Missing 'Next' target: B at /States/A/Next");
    REFUSED(
        "{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":"
        "\"Succeed\",\"Output\":\"{% 1 + %}\"}}}",
        "S0207: Unexpected end of expression (at byte 3 of the expression) at /States/A/Output");
    REFUSED("{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"${R}\","
            "\"End\":true}}}",
            "The field 'Resource' of '/A' should be filled in: give a value for its placeholder "
            "(set, --set)");
    REFUSED("{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":\"${S}\","
            "\"End\":true}}}",
            "The field 'Seconds' of '/A' should be a number");
}

/* A long chain in reverse order: compiling must stay near linear in time. */
static void check_many_states(void)
{
    enum { COUNT = 10000 };
    ps_buf b = {0};
    ps_error err = {0};
    ps_buf_add(&b, PS_STR("{\"StartAt\":\"S0\",\"States\":{"));
    for (int i = COUNT; i >= 0; i--) {
        ps_buf_addf(&b, "\"S%d\":{\"Type\":\"Pass\",", i);
        if (i == COUNT) {
            ps_buf_add(&b, PS_STR("\"End\":true},"));
        } else {
            ps_buf_addf(&b, "\"Next\":\"S%d\"}%s", i + 1, i ? "," : "");
        }
    }
    ps_buf_add(&b, PS_STR("}}"));
    ps_value *v = ps_json_parse(ps_buf_str(&b), NULL, &err);
    ps_machine *m = v ? ps_machine_new(v, &err) : NULL;
    CHECK_STR(ps_str_from(err.text), "");
    CHECK(m && m->state_count == COUNT + 1);
    if (m) {
        CHECK(m->top->start == m->all[COUNT] && m->top->start->next == m->all[COUNT - 1]);
        ps_machine_unref(m);
    }
    ps_value_unref(v);
    ps_buf_free(&b);
}

/* Parallel within Parallel down to the limit of JSON itself. */
static void check_deep(void)
{
    ps_buf b = {0};
    ps_error err = {0};
    enum { DEPTH = 240 };
    for (int i = 0; i < DEPTH; i++) {
        ps_buf_addf(&b,
                    "{\"StartAt\":\"S%d\",\"States\":{\"S%d\":{\"Type\":\"Parallel\","
                    "\"End\":true,\"Branches\":[",
                    i, i);
    }
    ps_buf_add(&b, PS_STR("{\"StartAt\":\"E\",\"States\":{\"E\":{\"Type\":\"Succeed\"}}}"));
    for (int i = 0; i < DEPTH; i++) {
        ps_buf_add(&b, PS_STR("]}}}"));
    }
    ps_value *v = ps_json_parse(ps_buf_str(&b), NULL, &err);
    ps_machine *m = v ? ps_machine_new(v, &err) : NULL;
    CHECK_STR(ps_str_from(err.text), "");
    CHECK(m && m->state_count == DEPTH + 1);
    if (m) {
        ps_machine_unref(m);
    }
    ps_value_unref(v);
    ps_buf_free(&b);
}

int main(void)
{
    check_graph();
    check_task();
    check_choice_and_wait();
    check_map();
    check_refusals();
    check_many_states();
    check_deep();
    CHECK_STR(ps_state_kind_name(PS_STATE_PARALLEL), "Parallel");
    return check_report();
}
