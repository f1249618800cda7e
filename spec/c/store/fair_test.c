/* fair_test.c -- processes that commit to one file take turns: the share of each, the longest wait,
 * and what sharing costs, printed; that nobody starves is checked.
 *
 *   fair_test [processes [seconds [folder]]] */
#include "check.h"

#ifndef PS_WITH_SQLITE
int main(void)
{
    return 0; /* built without sqlite3 */
}
#else
#include "store/sqlite/sqlite.h"
#include "store/store.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct share {
    long commits;
    double longest_s;
    long failures;
} share;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void commit_until(const char *path, double until_s, share *out)
{
    static char bytes[250];
    ps_store *s = ps_store_open(&ps_backend_sqlite, &(ps_store_options){.target = path});
    const ps_statement *insert =
        ps_store_prepare(s, PS_STR("INSERT INTO t (v) VALUES (?)"), "b", false, 1);
    for (double before = now_s(); before < until_s; out->commits++) {
        ps_unit *u = ps_unit_new(s, PS_VERB_UNIT);
        ps_unit_add(u, insert);
        ps_unit_add_bytes(u, (ps_str){bytes, sizeof bytes});
        (void)ps_store_submit_take(s, u, 0);
        while (!(u = ps_store_take(s))) {
            (void)ps_store_step(s, 1000, NULL, 0);
        }
        if (ps_unit_fault(u)) {
            out->failures++;
            fprintf(stderr, "%s\n", ps_unit_text(u));
        }
        ps_unit_free(u);
        double after = now_s();
        if (after - before > out->longest_s) {
            out->longest_s = after - before;
        }
        before = after;
    }
    ps_store_close(s);
    ps_store_free(s);
}

static double run(const char *path, int processes, double seconds, share *shares)
{
    double until_s = now_s() + seconds;
    long total = 0;
    for (int i = 0; i < processes; i++) {
        shares[i] = (share){0};
        if (fork() == 0) {
            commit_until(path, until_s, &shares[i]);
            _exit(0);
        }
    }
    while (wait(NULL) > 0) {
    }
    for (int i = 0; i < processes; i++) {
        total += shares[i].commits;
    }
    return (double)total / seconds;
}

int main(int count, char **arguments)
{
    int processes = count > 1 ? atoi(arguments[1]) : 4;
    double seconds = count > 2 ? atof(arguments[2]) : 1;
    char folder[200], path[256], command[256];
    (void)snprintf(folder, sizeof folder, "%.150s/passo-fair-XXXXXX",
                   count > 3 ? arguments[3] : "/tmp");
    CHECK(mkdtemp(folder) != NULL && processes > 0 && processes <= 64);
    (void)snprintf(path, sizeof path, "%s/x.db", folder);
    share *shares =
        mmap(NULL, 64 * sizeof *shares, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ps_store *s = ps_store_open(&ps_backend_sqlite, &(ps_store_options){.target = path});
    ps_unit *u = ps_unit_new(s, PS_VERB_UNIT);
    ps_unit_add(u, ps_store_prepare(s, PS_STR("CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)"),
                                    "", false, -1));
    (void)ps_store_submit_take(s, u, 0);
    ps_store_close(s);
    ps_store_free(s);

    double alone = run(path, 1, seconds, shares);
    double slowest_s = shares[0].longest_s;
    double together = run(path, processes, seconds, shares);
    printf("one process: %.0f commits/s, longest %.0f ms; %d processes: %.0f commits/s (%.0f %%)\n",
           alone, slowest_s * 1e3, processes, together, 100 * together / alone);
    double fair = together * seconds / processes;
    for (int i = 0; i < processes; i++) {
        printf("  %ld commits (%.0f %%), longest wait %.0f ms\n", shares[i].commits,
               100 * (double)shares[i].commits / (together * seconds), shares[i].longest_s * 1e3);
        CHECK((double)shares[i].commits > fair * 0.5);
        CHECK(shares[i].failures == 0);
        /* Somebody else's turn may be the disk's slowest one. */
        CHECK(shares[i].longest_s < 0.25 + 10 * slowest_s);
    }
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    CHECK(system(command) == 0);
    return check_report();
}
#endif
