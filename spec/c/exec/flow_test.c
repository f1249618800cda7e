/* flow_test.c -- bursts, timers, Parallel and Map, Lua calls, the end of an execution. */
#include "talk.h"

/* Goes round for ever: nothing ever sets $.stop. */
#define LOOP(head)                                                                                 \
    "{" head "\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Next\":\"C\"},"             \
    "\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.stop\",\"IsPresent\":true,"         \
    "\"Next\":\"Z\"}],"                                                                            \
    "\"Default\":\"A\"},\"Z\":{\"Type\":\"Succeed\"}}}"

static void an_endless_loop_says_more_and_meets_its_timeout(void)
{
    talk t = talk_about(LOOP("\"TimeoutSeconds\":5,"), "{}");
    ps_command c;
    for (int i = 0; i < 3; i++) {
        CHECK(ps_exec_poll(t.exec, &c) && c.kind == PS_CMD_MORE);
        ps_events *batch = ps_exec_take_events(t.exec);
        CHECK(ps_events_count(batch) >= 1000);
        ps_events_unref(batch);
    }
    wait_until_second(&t, 5);
    CHECK_STR(hear(&t), "FINISH TIMED_OUT");
    CHECK(due(&t) == -1);
    talk_end(&t);
}

static void a_wait_wakes_at_its_time(void)
{
    talk t = talk_about(
        "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"SecondsPath\":\"$.s\",\"Next\":"
        "\"U\"},"
        "\"U\":{\"Type\":\"Wait\",\"Timestamp\":\"2026-01-01T00:01:00Z\",\"End\":true}}}",
        "{\"s\":20}");
    CHECK_STR(hear(&t), "");
    CHECK(due(&t) == 20);
    wait_until_second(&t, 19);
    CHECK_STR(hear(&t), "");
    talk_reload(&t);
    wait_until_second(&t, 20);
    CHECK_STR(hear(&t), "");
    CHECK(due(&t) == 60);
    wait_until_second(&t, 61);
    CHECK_STR(hear(&t), "FINISH SUCCEEDED {\"s\":20}");
    talk_end(&t);
}

#define BRANCHES                                                                                   \
    "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":["      \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"lua:a\",\"End\":true}" \
    "}},"                                                                                          \
    "{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Wait\",\"Seconds\":9,\"Next\":\"C\"},"       \
    "\"C\":{\"Type\":\"Task\",\"Resource\":\"lua:c\",\"End\":true}}}]}}}"

static void branches_run_side_by_side(void)
{
    talk t = talk_about(BRANCHES, "{}");
    CHECK_STR(hear(&t), "TASK 1 A {}");
    answer(&t, 1, "1");
    CHECK_STR(hear(&t), "");
    talk_reload(&t);
    wait_until_second(&t, 9);
    CHECK_STR(hear(&t), "TASK 2 C {}");
    answer(&t, 2, "2");
    CHECK_STR(hear(&t), "FINISH SUCCEEDED [1,2]");
    talk_end(&t);
}

static void a_failing_branch_cuts_off_the_others(void)
{
    talk t = talk_about(BRANCHES, "{}");
    hear(&t);
    events(&t);
    wait_until_second(&t, 9);
    hear(&t);
    events(&t);
    refuse(&t, 1, "E", "why");
    CHECK_STR(hear(&t), "CANCEL 2; FINISH FAILED \"E\" \"why\"");
    CHECK_STR(events(&t), "10<5 TaskStarted, 11<10 TaskFailed, 12<11 TaskStateAborted, "
                          "13<11 ParallelStateFailed, 14<13 ExecutionFailed");
    talk_end(&t);
}

static void a_map_keeps_to_its_concurrency_and_order(void)
{
    talk t = talk_about(
        "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":2,\"End\":true,"
        "\"ItemSelector\":{\"i.$\":\"$$.Map.Item.Index\",\"v.$\":\"$$.Map.Item.Value\"},"
        "\"ItemProcessor\":{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":"
        "\"lua:a\","
        "\"End\":true}}}}}}",
        "[10,20,30]");
    CHECK_STR(hear(&t), "TASK 1 A {\"i\":0,\"v\":10}; TASK 2 A {\"i\":1,\"v\":20}");
    answer(&t, 2, "\"b\"");
    talk_reload(&t);
    CHECK_STR(hear(&t), "TASK 1 A {\"i\":0,\"v\":10}; TASK 3 A {\"i\":2,\"v\":30}");
    answer(&t, 3, "\"c\"");
    answer(&t, 1, "\"a\"");
    CHECK_STR(hear(&t), "FINISH SUCCEEDED [\"a\",\"b\",\"c\"]");
    talk_end(&t);
}

static void a_distributed_map_reads_runs_children_and_tolerates(void)
{
    talk t =
        talk_about("{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"End\":true,"
                   "\"ToleratedFailureCount\":1,"
                   "\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:getObject\","
                   "\"ReaderConfig\":{\"InputType\":"
                   "\"JSON\",\"MaxItems\":3},\"Parameters\":{\"Bucket\":\"b\",\"Key.$\":\"$.k\"}},"
                   "\"ItemBatcher\":{\"MaxItemsPerBatch\":1},"
                   "\"ResultWriter\":{\"Resource\":\"arn:aws:states:::s3:putObject\","
                   "\"Parameters\":{\"Bucket\":\"o\"}},"
                   "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\","
                   "\"ExecutionType\":\"STANDARD\"},"
                   "\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}}}}",
                   "{\"k\":\"f.json\"}");
    CHECK_STR(hear(&t), "READ 1 M {\"Bucket\":\"b\",\"Key\":\"f.json\"}");
    answer(&t, 1, "[1,2,3,4]");
    talk_reload(&t);
    CHECK_STR(hear(&t),
              "CHILD 2 M {\"Items\":[1]}; CHILD 3 M {\"Items\":[2]}; CHILD 4 M {\"Items\":[3]}");
    answer(&t, 2, "\"one\"");
    refuse(&t, 3, "E", "two");
    answer(&t, 4, "\"three\"");
    CHECK_STR(
        hear(&t),
        "WRITE 5 M {\"Bucket\":\"o\"} "
        "[{\"Index\":0,\"Input\":{\"Items\":[1]},\"Status\":\"SUCCEEDED\",\"Output\":\"one\"},"
        "{\"Index\":1,\"Input\":{\"Items\":[2]},\"Status\":\"FAILED\",\"Error\":\"E\",\"Cause\":"
        "\"two\"},"
        "{\"Index\":2,\"Input\":{\"Items\":[3]},\"Status\":\"SUCCEEDED\",\"Output\":\"three\"}]");
    talk_reload(&t);
    hear(&t);
    answer(&t, 5, "{\"Bucket\":\"o\",\"Key\":\"manifest.json\"}");
    ps_str end = hear(&t);
    CHECK(ps_str_starts(
        end, PS_STR("FINISH SUCCEEDED {\"MapRunArn\":\"arn:aws:states:eu-west-1:1:mapRun:m/")));
    CHECK(ps_str_ends(
        end, PS_STR("\"ResultWriterDetails\":{\"Bucket\":\"o\",\"Key\":\"manifest.json\"}}")));
    talk_end(&t);
}

static void failures_beyond_tolerance_cancel_the_run(void)
{
    talk t = talk_about("{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"End\":true,"
                        "\"ToleratedFailurePercentage\":40,"
                        "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\","
                        "\"ExecutionType\":\"STANDARD\"},"
                        "\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}}}}",
                        "[1,2,3]");
    hear(&t);
    refuse(&t, 1, "E", "1");
    CHECK_STR(hear(&t), "");
    refuse(&t, 2, "E", "2");
    CHECK_STR(hear(&t), "CANCEL 3; FINISH FAILED \"States.ExceedToleratedFailureThreshold\" "
                        "\"The specified tolerated failure threshold was exceeded\"");
    talk_end(&t);
}

/* Answers of several processes are in one inbox, and are given before the next poll. */
static void outcomes_that_come_at_once_count_one_by_one(void)
{
    talk t = talk_about("{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"End\":true,"
                        "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\","
                        "\"ExecutionType\":\"STANDARD\"},"
                        "\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}}}}",
                        "[1,2,3]");
    hear(&t);
    answer(&t, 1, "1");
    refuse(&t, 2, "E", "2");
    CHECK_STR(hear(&t), "CANCEL 3; FINISH FAILED \"States.ExceedToleratedFailureThreshold\" "
                        "\"The specified tolerated failure threshold was exceeded\"");
    talk_end(&t);
}

/* A lower limit is seen to even while more children are about to be asked for. */
static void a_limit_that_is_lowered_between_outcomes_counts(void)
{
    talk t = talk_about("{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"End\":true,"
                        "\"ToleratedFailureCount\":2,"
                        "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\","
                        "\"ExecutionType\":\"STANDARD\"},"
                        "\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}}}}",
                        "[1,2,3]");
    ps_error err = {0};
    ps_run_limits none = {.max_concurrency = -1, .tolerated_count = 0, .tolerated_percentage = -1};
    hear(&t);
    refuse(&t, 1, "E", "1");
    CHECK(ps_exec_update(t.exec, 2, NULL, &none, t.now_ms, &err) == PS_OK);
    CHECK_STR(hear(&t), "CANCEL 2; CANCEL 3; FINISH FAILED "
                        "\"States.ExceedToleratedFailureThreshold\" "
                        "\"The specified tolerated failure threshold was exceeded\"");
    talk_end(&t);
}

static void a_predicate_is_asked_and_its_answer_kept(void)
{
    talk t = talk_about(
        "{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":["
        "{\"Condition\":\"lua:vip\",\"Next\":\"Y\"},{\"Condition\":\"lua:old\",\"Next\":\"Z\"}],"
        "\"Default\":\"N\"},\"Y\":{\"Type\":\"Fail\"},\"Z\":{\"Type\":\"Succeed\"},\"N\":{\"Type\":"
        "\"Fail\"}}}",
        "{\"x\":1}");
    CHECK_STR(hear(&t), "CALL 1 C lua:vip {\"x\":1}");
    talk_reload(&t);
    CHECK_STR(hear(&t), "CALL 1 C lua:vip {\"x\":1}");
    answer(&t, 1, "false");
    CHECK_STR(hear(&t), "CALL 2 C lua:old {\"x\":1}");
    answer(&t, 2, "true");
    CHECK_STR(hear(&t), "FINISH SUCCEEDED {\"x\":1}");
    talk_end(&t);
}

static void a_stop_ends_everything(void)
{
    talk t = talk_about(BRANCHES, "{}");
    ps_error err = {0};
    hear(&t);
    events(&t);
    ps_value *error = ps_string(PS_STR("Stopped"));
    CHECK(ps_exec_stop(t.exec, error, NULL, t.now_ms, &err) == PS_OK);
    CHECK(ps_exec_stop(t.exec, error, NULL, t.now_ms, &err) == PS_ESTALE);
    ps_value_unref(error);
    CHECK_STR(hear(&t), "CANCEL 1; FINISH ABORTED \"Stopped\"");
    CHECK_STR(events(&t), "7<0 ExecutionAborted");
    talk_end(&t);
}

static void an_output_over_the_limit_fails_the_execution(void)
{
    ps_profile tight = *ps_profile_find(PS_STR("aws-standard"));
    tight.payload_bytes = 100;
    talk t = talk_with(
        "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Result\":[1234567890,1234567890,"
        "1234567890,1234567890,1234567890,1234567890,1234567890,1234567890,1234567890,123],"
        "\"End\":true}}}",
        "{}", &tight);
    CHECK_STR(hear(&t), "FINISH FAILED \"States.DataLimitExceeded\" \"The state/task 'A' returned "
                        "a result with a size "
                        "exceeding the maximum number of bytes service limit.\"");
    talk_end(&t);
}

static void results_beyond_the_memory_budget_fail_the_map(void)
{
    ps_profile tight = *ps_profile_find(PS_STR("aws-standard"));
    tight.memory_bytes = 25;
    talk t = talk_with(
        "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ResultPath\":null,\"End\":true,"
        "\"ItemProcessor\":{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":"
        "\"lua:a\",\"End\":true}}}}}}",
        "[1,2,3]", &tight);
    hear(&t);
    answer(&t, 1, "\"1234567890\"");
    answer(&t, 2, "\"1234567890\"");
    CHECK_STR(hear(&t), "");
    answer(&t, 3, "\"1234567890\"");
    CHECK_STR(hear(&t),
              "FINISH FAILED \"States.DataLimitExceeded\" \"The results of the state 'M' exceed "
              "the execution's memory budget of 25 bytes.\"");
    talk_end(&t);
}

static void a_failing_item_selector_ends_the_iterations_under_way(void)
{
    talk t = talk_about(
        "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"End\":true,\"MaxConcurrency\":2,"
        "\"ItemSelector\":{\"n.$\":\"lua:pick($$.Map.Item.Index)\"},"
        "\"ItemProcessor\":{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":"
        "\"lua:a\",\"End\":true}}}}}}",
        "[1,2,3]");
    hear(&t);
    answer(&t, 1, "1");
    hear(&t); /* one iteration runs, the second item is being picked */
    events(&t);
    refuse(&t, 2, "E", "no");
    CHECK(ps_str_starts(hear(&t), PS_STR("CANCEL 3; FINISH FAILED")));
    CHECK_STR(events(&t), "7<3 TaskStateAborted, 8<3 MapIterationAborted, 9<3 MapStateFailed, "
                          "10<9 ExecutionFailed");
    talk_end(&t);
}

static void variables_have_a_depth_limit(void)
{
    talk t = talk_about(
        "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Assign\":{\"v\":0},\"Next\":"
        "\"B\"},\"B\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.stop\",\"IsPresent\":"
        "true,"
        "\"Next\":\"Z\"}],\"Assign\":{\"v\":{\"w.$\":\"$v\"}},\"Default\":\"B\"},"
        "\"Z\":{\"Type\":\"Succeed\"}}}",
        "{}");
    ps_command c = {0};
    while (ps_exec_poll(t.exec, &c) && c.kind == PS_CMD_MORE) {
        ps_events_unref(ps_exec_take_events(t.exec));
    }
    CHECK(c.kind == PS_CMD_FINISH && c.status == PS_FAILED);
    CHECK(
        ps_str_ends(ps_value_str(c.cause), PS_STR("The result is nested deeper than 1000 levels")));
    talk_end(&t);
}

static void a_burst_counts_what_its_events_carry(void)
{
    ps_buf input = {0};
    ps_buf_addf(&input, "{\"x\":\"");
    for (int i = 0; i < 200000; i++) {
        ps_buf_add_char(&input, 'x');
    }
    ps_buf_addf(&input, "\"}%c", 0);
    talk t = talk_about(LOOP(""), input.p);
    ps_command c;
    CHECK(ps_exec_poll(t.exec, &c) && c.kind == PS_CMD_MORE);
    ps_events *batch = ps_exec_take_events(t.exec);
    CHECK(ps_events_count(batch) > 3 && ps_events_count(batch) < 10);
    ps_events_unref(batch);
    ps_buf_free(&input);
    talk_end(&t);
}

static void the_history_need_not_be_taken_for_an_exec_to_go_on(void)
{
    talk t = talk_about(LOOP(""), "{}");
    CHECK(ps_str_starts(hear(&t), PS_STR("MORE; MORE; ")));
    CHECK(ps_exec_state(t.exec) == PS_FAILED);
    talk_end(&t);
}

static void a_history_has_a_limit(void)
{
    talk t = talk_about(LOOP(""), "{}");
    ps_command c;
    while (ps_exec_poll(t.exec, &c) && c.kind == PS_CMD_MORE) {
        ps_events_unref(ps_exec_take_events(t.exec));
    }
    CHECK(c.kind == PS_CMD_FINISH && c.status == PS_FAILED);
    CHECK_STR(ps_value_str(c.cause),
              "The execution reached the maximum number of history events (25000).");
    talk_end(&t);
}

static void a_damaged_snapshot_is_refused(void)
{
    talk t = talk_about(BRANCHES, "{}");
    hear(&t);
    ps_buf snapshot = {0};
    ps_error err = {0};
    ps_exec_save(t.exec, &snapshot);
    for (size_t cut = 0; cut < snapshot.len; cut++) {
        ps_exec *x = ps_exec_load(t.machine, (ps_str){snapshot.p, cut}, NULL, NULL, &err);
        CHECK(x == NULL && (err.code == PS_EDAMAGED || err.code == PS_EINPUT));
        ps_exec_free(x);
    }
    ps_buf_free(&snapshot);
    talk other = talk_about("{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Succeed\"}}}", "{}");
    ps_exec_save(other.exec, &snapshot);
    CHECK(ps_exec_load(t.machine, ps_buf_str(&snapshot), NULL, NULL, &err) == NULL &&
          err.code == PS_EINPUT);
    ps_buf_free(&snapshot);
    talk_end(&other);
    talk_end(&t);
}

int main(void)
{
    an_endless_loop_says_more_and_meets_its_timeout();
    a_wait_wakes_at_its_time();
    branches_run_side_by_side();
    a_failing_branch_cuts_off_the_others();
    a_map_keeps_to_its_concurrency_and_order();
    a_distributed_map_reads_runs_children_and_tolerates();
    failures_beyond_tolerance_cancel_the_run();
    outcomes_that_come_at_once_count_one_by_one();
    a_limit_that_is_lowered_between_outcomes_counts();
    a_predicate_is_asked_and_its_answer_kept();
    a_stop_ends_everything();
    an_output_over_the_limit_fails_the_execution();
    results_beyond_the_memory_budget_fail_the_map();
    a_failing_item_selector_ends_the_iterations_under_way();
    variables_have_a_depth_limit();
    a_burst_counts_what_its_events_carry();
    the_history_need_not_be_taken_for_an_exec_to_go_on();
    a_history_has_a_limit();
    a_damaged_snapshot_is_refused();
    return check_report();
}
