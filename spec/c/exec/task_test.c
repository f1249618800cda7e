/* task_test.c -- what a Task state does with a worker's signs of life, outcomes, errors and time.
 */
#include "talk.h"

#define TASK(more)                                                                                 \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"lua:a\"" more          \
    ",\"End\":true}}}"

static void a_task_is_scheduled_started_and_answered(void)
{
    talk t = talk_about(TASK(",\"ResultPath\":\"$.r\""), "{\"x\":1}");
    CHECK_STR(hear(&t), "TASK 1 A {\"x\":1}");
    CHECK_STR(events(&t), "1<0 ExecutionStarted, 2<0 TaskStateEntered, 3<2 TaskScheduled");
    begin(&t, 1);
    CHECK(answer(&t, 1, "[2]") == PS_OK);
    CHECK_STR(hear(&t), "FINISH SUCCEEDED {\"x\":1,\"r\":[2]}");
    CHECK_STR(events(&t), "4<3 TaskStarted, 5<4 TaskSucceeded, 6<5 TaskStateExited, "
                          "7<6 ExecutionSucceeded");
    CHECK_STR(hear(&t), "");
    talk_end(&t);
}

static void a_token_is_answered_once(void)
{
    talk t = talk_about(TASK(""), "{}");
    hear(&t);
    CHECK(answer(&t, 1, "1") == PS_OK);
    CHECK(answer(&t, 1, "2") == PS_ESTALE);
    CHECK(answer(&t, 99, "2") == PS_ESTALE);
    CHECK_STR(hear(&t), "FINISH SUCCEEDED 1");
    talk_end(&t);
}

static void retries_wait_interval_times_backoff(void)
{
    talk t = talk_about(
        TASK(",\"Retry\":[{\"ErrorEquals\":[\"E\"],\"IntervalSeconds\":3,\"MaxAttempts\":3,"
             "\"BackoffRate\":2,\"MaxDelaySeconds\":10}]"),
        "{}");
    hear(&t);
    int64_t const delays[] = {3, 6, 10};
    int64_t now = 0;
    for (uint64_t i = 0; i < 3; i++) {
        refuse(&t, i + 1, "E", "no");
        CHECK_STR(hear(&t), "");
        talk_reload(&t);
        now += delays[i];
        CHECK(due(&t) == now);
        wait_until_second(&t, now);
        hear(&t);
    }
    refuse(&t, 4, "E", "no");
    CHECK_STR(hear(&t), "FINISH FAILED \"E\" \"no\"");
    talk_end(&t);
}

static void full_jitter_stays_within_the_delay(void)
{
    talk t =
        talk_about(TASK(",\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"],\"IntervalSeconds\":1000,"
                        "\"MaxAttempts\":1,\"JitterStrategy\":\"FULL\"}]"),
                   "{}");
    hear(&t);
    refuse(&t, 1, "E", "no");
    hear(&t);
    int64_t first = ps_exec_deadline(t.exec);
    CHECK(first >= T0 && first <= T0 + 1000000);
    talk_end(&t);
}

static void the_first_matching_catcher_takes_over(void)
{
    talk t = talk_about("{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":"
                        "\"lua:a\",\"End\":true,"
                        "\"Catch\":[{\"ErrorEquals\":[\"Other\"],\"Next\":\"B\"},{\"ErrorEquals\":["
                        "\"States.TaskFailed\"],"
                        "\"ResultPath\":\"$.problem\",\"Next\":\"C\"}]},\"B\":{\"Type\":\"Fail\"},"
                        "\"C\":{\"Type\":\"Succeed\"}}}",
                        "{\"x\":1}");
    hear(&t);
    refuse(&t, 1, "Mine", "why");
    CHECK_STR(hear(&t),
              "FINISH SUCCEEDED {\"x\":1,\"problem\":{\"Error\":\"Mine\",\"Cause\":\"why\"}}");
    talk_end(&t);
}

static void a_runtime_error_is_never_caught(void)
{
    talk t =
        talk_about("{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"lua:a\","
                   "\"InputPath\":\"$.no\","
                   "\"End\":true,\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"B\"}]},"
                   "\"B\":{\"Type\":\"Succeed\"}}}",
                   "{}");
    CHECK_STR(hear(&t),
              "FINISH FAILED \"States.Runtime\" \"An error occurred while executing the state 'A' "
              "(entered at the event id #2). Invalid path '$.no' : No results for path: $['no']\"");
    talk_end(&t);
}

static void a_timeout_counts_from_started(void)
{
    talk t = talk_about(TASK(",\"TimeoutSeconds\":10"), "{}");
    hear(&t);
    wait_until_second(&t, 100);
    CHECK_STR(hear(&t), "");
    begin(&t, 1);
    CHECK(due(&t) == 110);
    talk_reload(&t);
    CHECK_STR(hear(&t), "TASK 1 A {}");
    wait_until_second(&t, 110);
    CHECK_STR(hear(&t), "CANCEL 1; FINISH FAILED \"States.Timeout\"");
    CHECK(answer(&t, 1, "1") == PS_ESTALE);
    talk_end(&t);
}

static void a_heartbeat_that_stays_away_is_a_timeout_by_both_names(void)
{
    talk t =
        talk_about("{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"lua:a\","
                   "\"End\":true,"
                   "\"TimeoutSeconds\":100,\"HeartbeatSeconds\":10,"
                   "\"Catch\":[{\"ErrorEquals\":[\"States.HeartbeatTimeout\"],\"Next\":\"B\"}]},"
                   "\"B\":{\"Type\":\"Succeed\"}}}",
                   "{}");
    ps_error err = {0};
    hear(&t);
    begin(&t, 1);
    wait_until_second(&t, 9);
    CHECK(ps_exec_beat(t.exec, 1, t.now_ms, &err) == PS_OK);
    CHECK(due(&t) == 19);
    wait_until_second(&t, 19);
    CHECK_STR(hear(&t), "CANCEL 1; FINISH SUCCEEDED {\"Error\":\"States.Timeout\"}");
    talk_end(&t);
}

static void a_submitted_job_is_awaited_after_a_reload(void)
{
    talk t = talk_about("{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"End\":true,"
                        "\"Resource\":\"arn:aws:states:::glue:startJobRun.sync\",\"Parameters\":{"
                        "\"JobName\":\"j\"}}}}",
                        "{}");
    ps_error err = {0};
    ps_command c;
    ps_value *run = json("{\"JobRunId\":\"r\"}");
    hear(&t);
    CHECK(ps_exec_submitted(t.exec, 1, run, t.now_ms, &err) == PS_OK);
    ps_value_unref(run);
    talk_reload(&t);
    CHECK(ps_exec_poll(t.exec, &c) && c.kind == PS_CMD_TASK && c.stage == PS_STAGE_SUBMITTED);
    CHECK(c.submitted && ps_object_get(c.submitted, PS_STR("JobRunId")));
    CHECK_STR(events(&t),
              "1<0 ExecutionStarted, 2<0 TaskStateEntered, 3<2 TaskScheduled, 4<3 TaskStarted, "
              "5<4 TaskSubmitted");
    CHECK(answer(&t, 1, "{}") == PS_OK);
    CHECK_STR(hear(&t), "FINISH SUCCEEDED {}");
    talk_end(&t);
}

static void a_task_token_finds_its_command(void)
{
    talk t = talk_about("{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"End\":true,"
                        "\"Resource\":\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\","
                        "\"Parameters\":{\"MessageBody.$\":\"$$.Task.Token\"}}}}",
                        "{}");
    ps_command c;
    CHECK(ps_exec_poll(t.exec, &c) && c.kind == PS_CMD_TASK);
    const ps_value *body = ps_object_get(c.input, PS_STR("MessageBody"));
    CHECK(body && ps_value_equal(body, c.task_token));
    CHECK(ps_value_str(c.task_token).len >= 22); /* 128 bits and more */
    CHECK(ps_exec_find_token(t.exec, ps_value_str(c.task_token)) == c.token);
    CHECK(ps_exec_find_token(t.exec, PS_STR("AAAAAAAAAAE=")) == 0);
    CHECK(ps_exec_find_token(t.exec, PS_STR("no token")) == 0);
    talk_end(&t);
}

static void a_result_over_the_limit_is_the_tasks_failure(void)
{
    ps_profile tight = *ps_profile_find(PS_STR("aws-standard"));
    tight.payload_bytes = 20;
    talk t = talk_with(TASK(""), "{}", &tight);
    hear(&t);
    answer(&t, 1, "\"123456789012345678901234567890\"");
    CHECK_STR(hear(&t), "FINISH FAILED \"States.DataLimitExceeded\" \"The state/task 'lua' "
                        "returned a result with a "
                        "size exceeding the maximum number of bytes service limit.\"");
    talk_end(&t);
}

static void counters_are_kept_by_retrier(void)
{
    talk t = talk_about(TASK(",\"Retry\":[{\"ErrorEquals\":[\"Never\"],\"MaxAttempts\":0},"
                             "{\"ErrorEquals\":[\"A\"],\"MaxAttempts\":1,\"IntervalSeconds\":1},"
                             "{\"ErrorEquals\":[\"States.ALL\"],\"MaxAttempts\":1,"
                             "\"IntervalSeconds\":5}]"),
                        "{}");
    hear(&t);
    refuse(&t, 1, "A", "");
    hear(&t);
    CHECK(due(&t) == 1);
    wait_until_second(&t, 1);
    hear(&t);
    refuse(&t, 2, "B", "");
    hear(&t);
    CHECK(due(&t) == 6);
    wait_until_second(&t, 6);
    hear(&t);
    refuse(&t, 3, "A", "spent"); /* the first retrier that matches decides, spent or not */
    CHECK_STR(hear(&t), "FINISH FAILED \"A\" \"spent\"");
    talk_end(&t);
    t = talk_about(TASK(",\"Retry\":[{\"ErrorEquals\":[\"Never\"],\"MaxAttempts\":0},"
                        "{\"ErrorEquals\":[\"States.ALL\"]}]"),
                   "{}");
    hear(&t);
    refuse(&t, 1, "Never", "");
    CHECK_STR(hear(&t), "FINISH FAILED \"Never\" \"\"");
    talk_end(&t);
}

static void a_timeout_wins_over_a_heartbeat_due_at_once(void)
{
    static const char definition[] =
        "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"lua:a\",\"End\":"
        "true,"
        "\"TimeoutSeconds\":10,\"HeartbeatSeconds\":5,\"Catch\":[{\"ErrorEquals\":["
        "\"States.HeartbeatTimeout\"],\"Next\":\"H\"},{\"ErrorEquals\":[\"States.Timeout\"],"
        "\"Next\":\"T\"}]},\"H\":{\"Type\":\"Pass\",\"Result\":\"beat\",\"End\":true},"
        "\"T\":{\"Type\":\"Pass\",\"Result\":\"time\",\"End\":true}}}";
    ps_error err = {0};
    talk t = talk_about(definition, "{}");
    hear(&t);
    begin(&t, 1);
    wait_until_second(&t, 5);
    CHECK_STR(hear(&t), "CANCEL 1; FINISH SUCCEEDED \"beat\"");
    talk_end(&t);
    t = talk_about(definition, "{}");
    hear(&t);
    begin(&t, 1);
    t.now_ms = T0 + 5000;
    CHECK(ps_exec_beat(t.exec, 1, t.now_ms, &err) == PS_OK);
    wait_until_second(&t, 10);
    CHECK_STR(hear(&t), "CANCEL 1; FINISH SUCCEEDED \"time\"");
    talk_end(&t);
}

static void the_longest_timeout_is_kept(void)
{
    talk t =
        talk_with(TASK(",\"TimeoutSeconds\":99999999"), "{}", ps_profile_find(PS_STR("unlimited")));
    hear(&t);
    begin(&t, 1);
    CHECK(due(&t) == 99999999);
    talk_end(&t);
}

int main(void)
{
    counters_are_kept_by_retrier();
    a_timeout_wins_over_a_heartbeat_due_at_once();
    the_longest_timeout_is_kept();
    a_task_is_scheduled_started_and_answered();
    a_token_is_answered_once();
    retries_wait_interval_times_backoff();
    full_jitter_stays_within_the_delay();
    the_first_matching_catcher_takes_over();
    a_runtime_error_is_never_caught();
    a_timeout_counts_from_started();
    a_heartbeat_that_stays_away_is_a_timeout_by_both_names();
    a_submitted_job_is_awaited_after_a_reload();
    a_task_token_finds_its_command();
    a_result_over_the_limit_is_the_tasks_failure();
    return check_report();
}
