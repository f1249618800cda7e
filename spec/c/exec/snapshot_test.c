/* snapshot_test.c -- what a snapshot keeps, and that a damaged one is refused or still runs. */
#include "talk.h"

#define TASK(more)                                                                                 \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"lua:a\"" more          \
    ",\"End\":true}}}"

/* One of everything that a frame may be in the middle of. */
static const char everything[] =
    "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Next\":\"D\",\"Branches\":["
    "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"lua:f\","
    "\"TimeoutSeconds\":20,\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"]}],\"End\":true}}},"
    "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":3,\"End\":true}}},"
    "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemsPath\":\"$.items\",\"End\":true,"
    "\"MaxConcurrency\":2,\"ItemProcessor\":{\"StartAt\":\"Q\",\"States\":{\"Q\":{\"Type\":"
    "\"Task\","
    "\"Resource\":\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\",\"End\":true,"
    "\"Parameters\":{\"t.$\":\"$$.Task.Token\"}}}}}}}]},"
    "\"D\":{\"Type\":\"Map\",\"ItemsPath\":\"$\",\"Next\":\"C\",\"ItemProcessor\":{"
    "\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"},"
    "\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Succeed\"}}}},"
    "\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Condition\":\"lua:may\",\"Next\":\"Z\"}],"
    "\"Default\":\"Z\"},\"Z\":{\"Type\":\"Succeed\"}}}";

/* One round: what was asked last is answered, and time passes. */
static void advance(talk *t, uint64_t *token)
{
    ps_command c;
    while (ps_exec_poll(t->exec, &c)) {
        *token = c.kind == PS_CMD_CANCEL || !c.token ? *token : c.token;
    }
    (void)answer(t, *token, "{\"n\":1}");
    *token -= *token > 1;
    t->now_ms += 1000;
    ps_exec_tick(t->exec, t->now_ms);
}

static void damaged_bytes_never_crash_it(void)
{
    for (int rounds = 0; rounds < 12; rounds++) {
        talk t = talk_about(everything, "{\"items\":[1,2,3]}");
        uint64_t token = 0;
        for (int i = 0; i < rounds; i++) {
            advance(&t, &token);
        }
        ps_buf snapshot = {0};
        ps_error err = {0};
        ps_exec_save(t.exec, &snapshot);
        ps_exec *whole = t.exec;
        for (size_t at = 0; at < snapshot.len; at++) {
            static const char flips[] = {1, 2, 16, 127};
            for (size_t k = 0; k < sizeof flips; k++) {
                snapshot.p[at] = (char)(snapshot.p[at] ^ flips[k]);
                t.exec = ps_exec_load(t.machine, ps_buf_str(&snapshot), NULL, NULL, &err);
                uint64_t last = token;
                for (int i = 0; t.exec && i < 20; i++) {
                    advance(&t, &last);
                }
                ps_exec_free(t.exec);
                snapshot.p[at] = (char)(snapshot.p[at] ^ flips[k]);
            }
        }
        t.exec = whole;
        ps_buf_free(&snapshot);
        talk_end(&t);
    }
}

static void saving_what_was_loaded_gives_the_same_bytes(void)
{
    talk t = talk_about(everything, "{\"items\":[1,2,3]}");
    uint64_t token = 0;
    for (int i = 0; i < 24; i++) {
        advance(&t, &token);
        ps_buf first = {0};
        ps_buf second = {0};
        ps_exec_save(t.exec, &first);
        talk_reload(&t);
        ps_exec_save(t.exec, &second);
        CHECK(ps_str_equal(ps_buf_str(&first), ps_buf_str(&second)));
        ps_buf_free(&first);
        ps_buf_free(&second);
    }
    talk_end(&t);
}

static void a_loaded_exec_still_cancels_what_was_handed_out(void)
{
    talk t = talk_about(TASK(""), "{}");
    ps_error err = {0};
    hear(&t);
    talk_reload(&t);
    CHECK(ps_exec_stop(t.exec, NULL, NULL, t.now_ms, &err) == PS_OK);
    CHECK_STR(hear(&t), "CANCEL 1; FINISH ABORTED");
    talk_end(&t);
}

static void another_version_of_the_machine_is_refused(void)
{
    talk t = talk_about(TASK(""), "{}");
    talk changed = talk_about(TASK(",\"Retry\":[{\"ErrorEquals\":[\"E\"]}]"), "{}");
    ps_buf snapshot = {0};
    ps_error err = {0};
    ps_exec_save(t.exec, &snapshot);
    CHECK(!ps_exec_load(changed.machine, ps_buf_str(&snapshot), NULL, NULL, &err));
    CHECK(err.code == PS_EINPUT);
    ps_buf_free(&snapshot);
    talk_end(&changed);
    talk_end(&t);
}

static void a_task_token_is_found_although_lua_was_asked_first(void)
{
    talk t = talk_about(
        "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"End\":true,\"Resource\":"
        "\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\",\"Parameters\":{\"x.$\":"
        "\"lua:x()\"}}}}",
        "{}");
    ps_command c;
    CHECK(ps_exec_poll(t.exec, &c) && c.kind == PS_CMD_CALL);
    uint64_t call = c.token;
    talk_reload(&t);
    hear(&t);
    answer(&t, call, "1");
    CHECK(ps_exec_poll(t.exec, &c) && c.kind == PS_CMD_TASK);
    CHECK(c.task_token && ps_exec_find_token(t.exec, ps_value_str(c.task_token)) == c.token);
    talk_end(&t);
}

static void a_long_cause_stays_whole_and_loads(void)
{
    talk t = talk_about(
        "{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Condition\":"
        "\"lua:c\",\"Next\":\"Z\"}],\"Default\":\"Z\"},\"Z\":{\"Type\":\"Succeed\"}}}",
        "{}");
    hear(&t);
    ps_buf why = {0};
    for (int i = 0; i < 400; i++) {
        ps_buf_addf(&why, "\xC3\xA9");
    }
    ps_buf_add_char(&why, '\0');
    refuse(&t, 1, "E", why.p);
    talk_reload(&t);
    ps_command c = {0};
    CHECK(ps_exec_poll(t.exec, &c) && c.kind == PS_CMD_FINISH);
    CHECK(c.cause && ps_str_ends(ps_value_str(c.cause), ps_str_from(why.p)));
    ps_buf_free(&why);
    talk_end(&t);
}

int main(void)
{
    damaged_bytes_never_crash_it();
    saving_what_was_loaded_gives_the_same_bytes();
    a_loaded_exec_still_cancels_what_was_handed_out();
    another_version_of_the_machine_is_refused();
    a_task_token_is_found_although_lua_was_asked_first();
    a_long_cause_stays_whole_and_loads();
    return check_report();
}
