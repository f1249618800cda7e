/* group_test.c -- verdicts, order and dependence of units, on a backend that does as it is told. */
#include "check.h"

#include "base/mem.h"
#include "store/backend.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a unit is to meet is its only parameter: */
enum { GOOD, BAD, HEAVY, DEADLY, BUSY };

static char runs[4096]; /* sizes of the groups that were tried, "3! 1 2 " */
static int opened, closed;
static bool refuses_to_open;

struct ps_session {
    int seen;
};

static ps_session *fake_open(const ps_store_options *o, ps_lane lane, ps_trouble *t)
{
    (void)o, (void)lane;
    if (refuses_to_open) {
        ps_trouble_set(t, PS_STORE_STORE, 0, "nobody is there");
        return NULL;
    }
    opened++;
    return ps_alloc_zeroed(1, sizeof(ps_session));
}

static void fake_close(ps_session *s)
{
    closed++;
    ps_free(s);
}

static void note(size_t count, const char *mark)
{
    size_t len = strlen(runs);
    if (len + 16 < sizeof runs) {
        (void)snprintf(runs + len, sizeof runs - len, "%zu%s ", count, mark);
    }
}

/* A group holds as many heavy units as one. */
static ps_run fake_run(ps_session *s, ps_unit *const *units, size_t count, bool may_wait,
                       size_t *at, ps_trouble *t)
{
    int heavy = 0;
    (void)s;
    for (size_t i = 0; i < count; i++) {
        int64_t what = ps_unit_call(units[i], 0).params[0].as.i;
        ps_answer_begin(units[i], 1);
        ps_answer_int(units[i], what);
        if (what == BUSY && !may_wait) {
            note(count, "b");
            return PS_RUN_BUSY;
        }
        if (what == DEADLY) {
            ps_trouble_set(t, PS_STORE_STORE, 0, "gone");
            note(count, "x");
            return PS_RUN_LOST;
        }
        if (!ps_answer_end(units[i], what == BAD ? 0 : 1, t)) {
            *at = i;
            note(count, "!");
            return PS_RUN_REFUSED;
        }
        heavy += what == HEAVY;
    }
    if (heavy > 1 || (heavy == 1 && count > 1)) {
        ps_trouble_set(t, PS_STORE_STORE, 0, "full");
        note(count, "f");
        return PS_RUN_FAILED;
    }
    note(count, "");
    return PS_RUN_DONE;
}

static ps_run fake_read(ps_session *s, ps_unit *u, ps_trouble *t)
{
    size_t at;
    return fake_run(s, &u, 1, true, &at, t);
}

static ps_run fake_verb(ps_session *s, ps_unit *u, ps_trouble *t)
{
    (void)s, (void)t;
    note((size_t)ps_unit_number(u), ps_unit_verb(u) == PS_VERB_HOLD ? "h" : "v");
    ps_answer_number(u, 1);
    return PS_RUN_DONE;
}

static const ps_backend fake = {
    .name = "fake",
    .open = fake_open,
    .close = fake_close,
    .run = fake_run,
    .read = fake_read,
    .verb = fake_verb,
};

static const ps_statement *statement;

static ps_store *begin(void)
{
    ps_store *s = ps_store_open(&fake, &(ps_store_options){.target = "x"});
    statement = ps_store_prepare(s, PS_STR("?"), "i", true, 1);
    runs[0] = '\0';
    opened = closed = 0;
    return s;
}

static uint64_t give(ps_store *s, int what, uint64_t key)
{
    ps_unit *u = ps_unit_new(s, PS_VERB_UNIT);
    ps_unit_add(u, statement);
    ps_unit_add_int(u, what);
    return ps_store_submit_take(s, u, key);
}

/* "+" or the fault's name for each answer, by ticket. */
static const char *verdicts(ps_store *s, int count)
{
    static char text[4096];
    ps_store_fault faults[128];
    for (int taken = 0; taken < count;) {
        ps_unit *u = ps_store_take(s);
        if (!u) {
            (void)ps_store_step(s, 1000, NULL, 0);
            continue;
        }
        size_t at = (size_t)ps_unit_ticket(u) - 1;
        if (at < 128) {
            faults[at] = ps_unit_fault(u);
        }
        if (!ps_unit_fault(u) && ps_unit_verb(u) == PS_VERB_UNIT) {
            CHECK(ps_unit_changes(u, 0) == 1 && ps_unit_rows(u, 0) == 1);
            CHECK(ps_unit_cell(u, 0, 0, 0).kind == PS_CELL_INT);
        }
        ps_unit_free(u);
        taken++;
    }
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        const char *name = ps_store_fault_name(faults[i]);
        strncat(text, *name ? name + 1 : "+", 16);
        strncat(text, " ", 2);
    }
    return text;
}

static void end(ps_store *s)
{
    ps_store_close(s);
    CHECK(opened == closed);
    ps_store_free(s);
}

static void what_waits_is_one_group(void)
{
    ps_store *s = begin();
    for (int i = 0; i < 5; i++) {
        give(s, GOOD, 0);
    }
    CHECK(ps_store_is_busy(s));
    CHECK_STR(ps_str_from(verdicts(s, 5)), "+ + + + + ");
    CHECK_STR(ps_str_from(runs), "5 ");
    CHECK(!ps_store_is_busy(s));
    end(s);
}

static void each_has_its_own_verdict(void)
{
    ps_store *s = begin();
    const int given[] = {GOOD, GOOD, BAD, GOOD, BAD};
    for (int i = 0; i < 5; i++) {
        give(s, given[i], 0);
    }
    CHECK_STR(ps_str_from(verdicts(s, 5)), "+ + FENCED + FENCED ");
    /* the first two again; the culprit first, and so refused for good; the last two the same way */
    CHECK_STR(ps_str_from(runs), "5! 2 3! 2! 1 1! ");
    end(s);
}

static void a_group_too_large_is_halved(void)
{
    ps_store *s = begin();
    const int given[] = {GOOD, HEAVY, GOOD, HEAVY};
    for (int i = 0; i < 4; i++) {
        give(s, given[i], 0);
    }
    CHECK_STR(ps_str_from(verdicts(s, 4)), "+ + + + ");
    CHECK_STR(ps_str_from(runs), "4f 2f 1 1 1 1 ");
    end(s);
}

static void what_depends_on_a_failure_fails(void)
{
    ps_store *s = begin();
    give(s, GOOD, 7);
    give(s, BAD, 7);
    give(s, GOOD, 7);
    give(s, GOOD, 8);
    CHECK_STR(ps_str_from(verdicts(s, 4)), "+ FENCED FENCED + ");
    give(s, GOOD, 7);
    (void)ps_store_step(s, 0, NULL, 0);
    ps_unit *u = NULL;
    while (!(u = ps_store_take(s))) {
        (void)ps_store_step(s, 1000, NULL, 0);
    }
    CHECK(ps_unit_fault(u) == PS_STORE_FINE);
    ps_unit_free(u);
    end(s);
}

/* Until the owner has seen the failure, what it submits was meant to follow the unit that failed.
 */
static void a_failure_counts_until_it_is_taken(void)
{
    ps_store *s = begin();
    give(s, BAD, 7);
    (void)ps_store_step(s, 0, NULL, 0);
    give(s, GOOD, 7);
    give(s, GOOD, 9);
    CHECK_STR(ps_str_from(verdicts(s, 3)), "FENCED FENCED + ");
    end(s);
}

static void a_lost_session_is_opened_again(void)
{
    ps_store *s = begin();
    give(s, GOOD, 0);
    give(s, DEADLY, 0);
    CHECK_STR(ps_str_from(verdicts(s, 2)), "STORE STORE ");
    CHECK(opened == 1 && closed == 1);
    ps_unit *hold = ps_unit_new(s, PS_VERB_HOLD);
    ps_unit_set_number(hold, 5);
    (void)ps_store_submit_take(s, hold, 0);
    give(s, DEADLY, 0);
    give(s, GOOD, 0);
    runs[0] = '\0';
    for (int taken = 0; taken < 3;) {
        ps_unit *u = ps_store_take(s);
        taken += u != NULL;
        ps_unit_free(u);
        (void)ps_store_step(s, 10, NULL, 0);
    }
    give(s, GOOD, 0);
    (void)ps_store_step(s, 10, NULL, 0);
    CHECK_STR(ps_str_from(runs), "5h 2x 5h 1 "); /* what was held is held again */
    end(s);
}

static void without_a_session_all_fail_at_once(void)
{
    ps_store *s = begin();
    refuses_to_open = true;
    give(s, GOOD, 0);
    give(s, GOOD, 0);
    CHECK_STR(ps_str_from(verdicts(s, 2)), "STORE STORE ");
    refuses_to_open = false;
    give(s, GOOD, 0);
    CHECK(ps_store_step(s, 1000, NULL, 0));
    CHECK_STR(ps_str_from(runs), "1 ");
    end(s);
}

/* Each has a key of its own: neither telling them nor taking them looks at all the others. */
static void many_failures_are_told_at_once(void)
{
    enum { MANY = 200000 };
    ps_store *s = begin();
    refuses_to_open = true;
    for (int i = 0; i < MANY; i++) {
        give(s, GOOD, (uint64_t)i + 1);
    }
    (void)ps_store_step(s, 0, NULL, 0);
    for (uint64_t i = 0; i < MANY; i++) {
        ps_unit *u = ps_store_take(s);
        CHECK(u && ps_unit_fault(u) == PS_STORE_STORE && ps_unit_ticket(u) == i + 1);
        ps_unit_free(u);
    }
    CHECK(!ps_store_take(s));
    refuses_to_open = false;
    end(s);
}

static void a_forked_child_has_its_own_refusals_only(void)
{
    ps_store *s = begin();
    give(s, GOOD, 0);
    (void)ps_store_step(s, 1000, NULL, 0);
    pid_t child = fork();
    if (child == 0) {
        bool good = !ps_store_take(s) && !ps_store_is_busy(s);
        give(s, GOOD, 0);
        ps_unit *u = ps_store_is_busy(s) ? ps_store_take(s) : NULL;
        good = good && u && ps_unit_fault(u) == PS_STORE_HOST && !ps_store_take(s);
        ps_unit_free(u);
        ps_store_free(s);
        _exit(good ? 0 : 1);
    }
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK_STR(ps_str_from(verdicts(s, 1)), "+ ");
    end(s);
}

static void the_thread_waits_for_others(void)
{
    ps_store *s = begin();
    give(s, GOOD, 0);
    give(s, BUSY, 0);
    give(s, GOOD, 0);
    CHECK_STR(ps_str_from(verdicts(s, 3)), "+ + + ");
    CHECK_STR(ps_str_from(runs), "3b 3 ");
    end(s);
}

static void verbs_keep_their_place(void)
{
    ps_store *s = begin();
    give(s, GOOD, 0);
    ps_unit *u = ps_unit_new(s, PS_VERB_HOLD);
    ps_unit_set_number(u, 4);
    (void)ps_store_submit_take(s, u, 0);
    give(s, GOOD, 0);
    CHECK_STR(ps_str_from(verdicts(s, 3)), "+ + + ");
    CHECK_STR(ps_str_from(runs), "1 4h 1 ");
    end(s);
}

static void closing_does_what_is_queued(void)
{
    ps_store *s = begin();
    give(s, GOOD, 0);
    give(s, BAD, 0);
    ps_store_close(s);
    CHECK(!ps_store_is_ours(s));
    give(s, GOOD, 0);
    ps_store_fault want[] = {PS_STORE_FINE, PS_STORE_FENCED, PS_STORE_HOST};
    for (int i = 0; i < 3; i++) {
        ps_unit *u = ps_store_take(s);
        CHECK(u && ps_unit_fault(u) == want[i]);
        ps_unit_free(u);
    }
    CHECK(!ps_store_take(s));
    end(s);
}

/* The owner submits, steps, kicks and takes as it comes, and every unit is answered once. */
static void any_order_of_calls(unsigned seed)
{
    ps_store *s = begin();
    int given = 0, taken = 0;
    unsigned state = seed * 2654435761u + 1;
    while (taken < 3000) {
        state = state * 1664525u + 1013904223u;
        unsigned what = state >> 24;
        if (what < 120 && given < 3000) {
            give(s, what < 4 ? BAD : what < 6 ? BUSY : what < 7 ? DEADLY : GOOD, what % 9);
            given++;
        } else if (what < 140) {
            ps_store_kick(s);
        } else if (what < 190) {
            (void)ps_store_step(s, what < 160 ? 0 : 1, NULL, 0);
        } else {
            ps_store_ack(s);
            ps_unit *u;
            while ((u = ps_store_take(s))) {
                taken++;
                ps_unit_free(u);
            }
        }
        if (given == 3000) {
            ps_store_kick(s);
        }
    }
    CHECK(given == taken && !ps_store_is_busy(s));
    end(s);
}

static void the_descriptor_tells(void)
{
    ps_store *s = begin();
    int fd = ps_store_fd(s);
    CHECK(fd >= 0);
    give(s, GOOD, 0);
    ps_store_kick(s);
    /* A step that finds the thread at work waits for it, and for no longer. */
    while (!ps_store_step(s, 5000, NULL, 0)) {
    }
    ps_unit_free(ps_store_take(s));
    int pipes[2];
    CHECK(pipe(pipes) == 0 && write(pipes[1], "x", 1) == 1);
    CHECK(!ps_store_step(s, 5000, pipes, 1));
    close(pipes[0]);
    close(pipes[1]);
    end(s);
}

int main(void)
{
    what_waits_is_one_group();
    each_has_its_own_verdict();
    a_group_too_large_is_halved();
    what_depends_on_a_failure_fails();
    a_failure_counts_until_it_is_taken();
    a_lost_session_is_opened_again();
    without_a_session_all_fail_at_once();
    many_failures_are_told_at_once();
    a_forked_child_has_its_own_refusals_only();
    the_thread_waits_for_others();
    verbs_keep_their_place();
    closing_does_what_is_queued();
    the_descriptor_tells();
    for (unsigned seed = 0; seed < 20; seed++) {
        any_order_of_calls(seed);
    }
    return check_report();
}
