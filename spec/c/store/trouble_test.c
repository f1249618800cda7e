/* trouble_test.c -- a disk that is full, a file that may not be written, a page that is damaged,
 * processes that are killed, locks and rings between processes. */
#define _GNU_SOURCE /* unshare */
#include "check.h"

#ifndef PS_WITH_SQLITE
int main(void)
{
    return 0; /* built without sqlite3 */
}
#else
#include "base/mem.h"
#include "store/sqlite/sqlite.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[64] = "/tmp/passo-trouble-XXXXXX";
static char text[512];

/* -- units, one at a time ---------------------------------------------------------------------- */

static ps_unit *wait_for(ps_store *s, ps_unit *u)
{
    (void)ps_store_submit_take(s, u, 0);
    while (!(u = ps_store_take(s))) {
        (void)ps_store_step(s, 1000, NULL, 0);
    }
    (void)snprintf(text, sizeof text, "%s", ps_unit_text(u));
    return u;
}

static ps_store_fault run(ps_store *s, const char *sql)
{
    ps_unit *u = ps_unit_new(s, PS_VERB_UNIT);
    ps_unit_add(u, ps_store_prepare(s, ps_str_from(sql), "", false, -1));
    u = wait_for(s, u);
    ps_store_fault fault = ps_unit_fault(u);
    ps_unit_free(u);
    return fault;
}

static int64_t ask(ps_store *s, const char *sql)
{
    ps_unit *u = ps_unit_new(s, PS_VERB_READ);
    ps_unit_add(u, ps_store_prepare(s, ps_str_from(sql), "", true, -1));
    u = wait_for(s, u);
    int64_t answer = ps_unit_fault(u) ? -1 : ps_unit_cell(u, 0, 0, 0).as.i;
    ps_unit_free(u);
    return answer;
}

static int64_t verb(ps_store *s, ps_verb what, int64_t number)
{
    ps_unit *u = ps_unit_new(s, what);
    ps_unit_set_number(u, number);
    u = wait_for(s, u);
    int64_t answer = ps_unit_fault(u) ? -1 : ps_unit_number(u);
    ps_unit_free(u);
    return answer;
}

static const char *path_of(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static ps_store *open_store(const char *name)
{
    return ps_store_open(&ps_backend_sqlite, &(ps_store_options){.target = path_of(name)});
}

static void end(ps_store *s)
{
    ps_store_close(s);
    ps_store_free(s);
}

static bool says(const char *words)
{
    bool good = strstr(text, words) != NULL;
    if (!good) {
        fprintf(stderr, "'%s' does not say '%s'\n", text, words);
    }
    return good;
}

/* In a child, so that what it does to itself ends with it. */
static bool apart(void (*fn)(void))
{
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        check_failures = 0;
        fn();
        _exit(check_failures ? 1 : 0);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* -- disk full --------------------------------------------------------------------------------- */

static void fill_the_disk(void)
{
    char stone[300];
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", folder, "tmpfs", 0, "size=1m") != 0) {
        fprintf(stderr, "no file system of our own to fill: %s\n", strerror(errno));
        return;
    }
    ps_store *s = open_store("full.db");
    CHECK(run(s, "CREATE TABLE t (v BLOB)") == 0);
    (void)snprintf(stone, sizeof stone, "%s/stone", folder);
    int fd = open(stone, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(posix_fallocate(fd, 0, 400 * 1024) == 0);
    int64_t kept = 0;
    ps_store_fault fault;
    while (!(fault = run(s, "INSERT INTO t VALUES (randomblob(20000))")) && kept < 1000) {
        kept++;
    }
    CHECK(fault == PS_STORE_STORE && kept > 0);
    CHECK(says("database or disk is full") && says("free some space"));
    CHECK(ask(s, "SELECT count(*) FROM t") == kept);
    CHECK(run(s, "INSERT INTO t VALUES (randomblob(20000))") == PS_STORE_STORE);
    close(fd);
    CHECK(unlink(stone) == 0);
    for (int i = 0; i < 5; i++) {
        CHECK(run(s, "INSERT INTO t VALUES (randomblob(20000))") == 0); /* by itself */
    }
    CHECK(ask(s, "SELECT count(*) FROM t") == kept + 5);
    end(s);
    s = open_store("full.db");
    CHECK(ask(s, "SELECT count(*) FROM t") == kept + 5);
    end(s);
}

/* -- files that may not be written ---------------------------------------------------------------
 */

static void lose_privileges(void)
{
    if (geteuid() == 0) {
        CHECK(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
    }
}

static void write_a_file_that_may_not_be(void)
{
    lose_privileges();
    ps_store *s = open_store("readonly.db");
    CHECK(run(s, "INSERT INTO t VALUES (1)") == PS_STORE_STORE);
    CHECK(says("readonly.db") && says("writ"));
    end(s);
}

static void a_file_may_be_read_only(void)
{
    ps_store *s = open_store("readonly.db");
    CHECK(run(s, "CREATE TABLE t (v)") == 0);
    end(s);
    CHECK(chmod(path_of("readonly.db"), 0444) == 0);
    CHECK(chmod(folder, 0777) == 0);
    CHECK(chmod(path_of("readonly.db-passo"), 0666) == 0);
    CHECK(apart(write_a_file_that_may_not_be));
    CHECK(chmod(path_of("readonly.db-passo"), 0444) == 0);
    CHECK(apart(write_a_file_that_may_not_be));
}

/* -- damage
 * ---------------------------------------------------------------------------------------- */

static void a_page_is_damaged(void)
{
    ps_store *s = open_store("damaged.db");
    CHECK(run(s, "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)") == 0);
    for (int i = 0; i < 20; i++) {
        CHECK(run(s, "INSERT INTO t (v) VALUES (randomblob(3000))") == 0);
    }
    end(s);
    int fd = open(path_of("damaged.db"), O_RDWR | O_CLOEXEC);
    char garbage[4096];
    memset(garbage, 0xa5, sizeof garbage);
    CHECK(pwrite(fd, garbage, sizeof garbage, 4096) == sizeof garbage); /* the table's root */
    close(fd);
    s = open_store("damaged.db");
    CHECK(ask(s, "SELECT sum(length(v)) FROM t") == -1);
    CHECK(says("malformed") && says("backup"));
    CHECK(run(s, "INSERT INTO t (v) VALUES (1)") == PS_STORE_STORE);
    CHECK(says("malformed"));
    CHECK(run(s, "CREATE TABLE other (v)") == 0); /* what is whole still works */
    end(s);
}

/* -- processes
 * --------------------------------------------------------------------------------------- */

static void commit_for_ever(void)
{
    ps_store *s = open_store("killed.db");
    while (run(s, "INSERT INTO t (v) VALUES (randomblob(500)), (2), (3)") == 0) {
    }
    _exit(1);
}

static void sleep_ms(int ms)
{
    (void)poll(NULL, 0, ms);
}

static void one_of_two_is_killed(void)
{
    ps_store *s = open_store("killed.db");
    CHECK(run(s, "CREATE TABLE t (v BLOB)") == 0);
    for (int round = 0; round < 10; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            commit_for_ever();
        }
        int64_t before = ask(s, "SELECT count(*) FROM t");
        struct timespec from, until;
        for (int i = 0; i < 10; i++) {
            clock_gettime(CLOCK_MONOTONIC, &from);
            CHECK(run(s, "INSERT INTO t (v) VALUES (1), (2), (3)") == 0);
            clock_gettime(CLOCK_MONOTONIC, &until);
            CHECK(until.tv_sec - from.tv_sec < 5);
            sleep_ms(round);
        }
        CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
        CHECK(run(s, "INSERT INTO t (v) VALUES (1), (2), (3)") == 0);
        int64_t now = ask(s, "SELECT count(*) FROM t");
        CHECK(now >= before + 33 && now % 3 == 0);
    }
    CHECK(ask(s, "SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1);
    end(s);
}

static int ready[2];

static void hold_and_sleep(void)
{
    ps_store *s = open_store("held.db");
    char byte = verb(s, PS_VERB_HOLD, 7) == 1 ? '1' : '0';
    pid_t child = fork(); /* one that does not exec, and outlives us */
    if (child == 0) {
        sleep_ms(2000);
        _exit(0);
    }
    CHECK(write(ready[1], &byte, 1) == 1);
    sleep_ms(60000);
    _exit(0);
}

static void a_hold_ends_with_its_process(void)
{
    char byte = 0;
    CHECK(pipe(ready) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        hold_and_sleep();
    }
    CHECK(read(ready[0], &byte, 1) == 1 && byte == '1');
    ps_store *s = open_store("held.db");
    CHECK(verb(s, PS_VERB_HELD, 7) == 1 && verb(s, PS_VERB_HELD, 8) == 0);
    CHECK(verb(s, PS_VERB_HOLD, 7) == 0);
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
    CHECK(verb(s, PS_VERB_HELD, 7) == 0);
    CHECK(verb(s, PS_VERB_HOLD, 7) == 1 && verb(s, PS_VERB_HELD, 7) == 1);
    CHECK(verb(s, PS_VERB_LET_GO, 7) == 1 && verb(s, PS_VERB_HELD, 7) == 0);
    end(s);
}

static void rings_reach_another_process(void)
{
    ps_store *s = open_store("rings.db");
    CHECK(verb(s, PS_VERB_LISTEN, 3) == 1);
    pid_t pid = fork();
    if (pid == 0) {
        ps_store *other = open_store("rings.db");
        (void)verb(other, PS_VERB_RING, 9); /* nobody */
        (void)verb(other, PS_VERB_RING, 3);
        _exit(0);
    }
    ps_unit *ring = NULL;
    for (int i = 0; i < 100 && !(ring = ps_store_take(s)); i++) {
        (void)ps_store_step(s, 100, NULL, 0);
    }
    CHECK(ring && ps_unit_ticket(ring) == 0 && ps_unit_number(ring) == 3);
    ps_unit_free(ring);
    CHECK(waitpid(pid, NULL, 0) == pid);
    end(s);
    CHECK(access(path_of("rings.db-bell-3"), F_OK) != 0);
}

static ps_store *parents;

static void use_the_parents(void)
{
    CHECK(!ps_store_is_ours(parents));
    CHECK(!ps_store_step(parents, 10, NULL, 0));
    ps_store_kick(parents);
    ps_store_close(parents);
    ps_store_free(parents);
}

static void a_child_leaves_its_parents_port_alone(void)
{
    parents = open_store("forked.db");
    CHECK(run(parents, "CREATE TABLE t (v)") == 0);
    ps_store_kick(parents);
    CHECK(apart(use_the_parents));
    CHECK(run(parents, "INSERT INTO t VALUES (1)") == 0);
    CHECK(ask(parents, "SELECT count(*) FROM t") == 1);
    end(parents);
}

/* -- other mistakes
 * ---------------------------------------------------------------------------------- */

static void a_foreign_program_is_waited_for(void)
{
    ps_store_options o = {.target = path_of("busy.db"), .wait_ms = 200};
    ps_store *s = ps_store_open(&ps_backend_sqlite, &o);
    CHECK(run(s, "CREATE TABLE t (v)") == 0);
    FILE *shell = popen("sqlite3 -version >/dev/null 2>&1 && echo yes", "r");
    bool has_shell = shell && fgetc(shell) == 'y';
    if (shell) {
        (void)pclose(shell);
    }
    if (has_shell) {
        char command[512];
        (void)snprintf(
            command, sizeof command,
            "(echo 'BEGIN IMMEDIATE; INSERT INTO t VALUES (1);'; sleep 2; echo 'COMMIT;') | "
            "sqlite3 %s & sleep 0.5",
            path_of("busy.db"));
        CHECK(system(command) == 0);
        CHECK(run(s, "INSERT INTO t VALUES (2)") == PS_STORE_STORE);
        CHECK(says("database is locked") && says("not passo"));
        sleep_ms(2000);
        CHECK(run(s, "INSERT INTO t VALUES (3)") == 0);
    }
    end(s);
}

static void long_paths_ring_too(void)
{
    char deep[200] = "";
    char command[512];
    while (strlen(deep) < 120) {
        strcat(deep, "a-rather-long-name/");
    }
    (void)snprintf(command, sizeof command, "mkdir -p %s/%s", folder, deep);
    CHECK(system(command) == 0);
    strcat(deep, "x.db");
    ps_store *s = open_store(deep);
    CHECK(verb(s, PS_VERB_LISTEN, 1) == 1);
    CHECK(verb(s, PS_VERB_RING, 1) == 1);
    ps_unit *ring = NULL;
    for (int i = 0; i < 100 && !(ring = ps_store_take(s)); i++) {
        (void)ps_store_step(s, 100, NULL, 0);
    }
    CHECK(ring && ps_unit_number(ring) == 1);
    ps_unit_free(ring);
    end(s);
}

int main(void)
{
    char command[128];
    CHECK(mkdtemp(folder) != NULL);
    CHECK(apart(fill_the_disk));
    a_file_may_be_read_only();
    a_page_is_damaged();
    a_hold_ends_with_its_process();
    rings_reach_another_process();
    one_of_two_is_killed();
    a_child_leaves_its_parents_port_alone();
    a_foreign_program_is_waited_for();
    long_paths_ring_too();
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    CHECK(system(command) == 0);
    return check_report();
}
#endif
