/* postgres.c -- what PostgreSQL gives one client, without anything of ours: rows inserted by
 * prepared statements in commits of a given size, synchronous_commit on.
 *
 *   postgres CONNINFO SECONDS ROWS BYTES     prints "commits_per_s N", "rows_per_s N",
 * "commit_p99_us N" */
#define _GNU_SOURCE
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST = 400000 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void must(PGconn *c, PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        fprintf(stderr, "postgres: %s", PQerrorMessage(c));
        exit(1);
    }
    PQclear(r);
}

int main(int argc, char **argv)
{
    static double took[MOST];
    if (argc != 5) {
        fprintf(stderr, "usage: postgres CONNINFO SECONDS ROWS BYTES\n");
        return 2;
    }
    double seconds = atof(argv[2]);
    int rows = atoi(argv[3]), bytes = atoi(argv[4]);
    PGconn *c = PQconnectdb(argv[1]);
    char *body = malloc((size_t)bytes + 1);
    if (PQstatus(c) != CONNECTION_OK || !body) {
        fprintf(stderr, "postgres: %s", PQerrorMessage(c));
        return 1;
    }
    memset(body, 'x', (size_t)bytes);
    body[bytes] = '\0';
    must(c, PQexec(c, "SET client_min_messages = error; DROP TABLE IF EXISTS floor_event;"
                      "CREATE TABLE floor_event(seq bigserial PRIMARY KEY, body text)"));
    must(c,
         PQprepare(c, "put",
                   rows == 1
                       ? "INSERT INTO floor_event(body) VALUES ($1)"
                       : "INSERT INTO floor_event(body) SELECT $1 FROM generate_series(1, $2::int)",
                   0, NULL));
    char count[16];
    snprintf(count, sizeof count, "%d", rows);
    const char *values[] = {body, count};
    size_t commits = 0;
    double began = now_s();
    while (commits < MOST && now_s() - began < seconds) {
        double from = now_s();
        must(c, PQexecPrepared(c, "put", rows == 1 ? 1 : 2, values, NULL, NULL, 0));
        took[commits++] = now_s() - from;
    }
    double all = now_s() - began;
    qsort(took, commits, sizeof took[0], by_size);
    printf("commits_per_s %.0f\nrows_per_s %.0f\ncommit_p99_us %.0f\n", (double)commits / all,
           (double)commits * rows / all, took[commits * 99 / 100] * 1e6);
    must(c, PQexec(c, "DROP TABLE floor_event"));
    PQfinish(c);
    free(body);
    return 0;
}
