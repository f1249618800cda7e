/* sqlite.c -- what SQLite gives, without anything of ours: rows appended in commits of a given
 * size, WAL, synchronous=FULL.
 *
 *   sqlite FILE SECONDS ROWS BYTES     prints "commits_per_s N", "rows_per_s N", "commit_p99_us N"
 */
#define _GNU_SOURCE
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

static void must(sqlite3 *db, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
        fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
}

static void remove_all(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[4096];
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

int main(int argc, char **argv)
{
    static double took[MOST];
    if (argc != 5) {
        fprintf(stderr, "usage: sqlite FILE SECONDS ROWS BYTES\n");
        return 2;
    }
    double seconds = atof(argv[2]);
    int rows = atoi(argv[3]), bytes = atoi(argv[4]);
    char *body = malloc((size_t)bytes + 1);
    if (!body) {
        return 1;
    }
    memset(body, 'x', (size_t)bytes);
    remove_all(argv[1]);
    sqlite3 *db = NULL;
    sqlite3_stmt *begin = NULL, *insert = NULL, *commit = NULL;
    must(db, sqlite3_open(argv[1], &db));
    must(db,
         sqlite3_exec(db,
                      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                      "CREATE TABLE event(seq INTEGER PRIMARY KEY, execution INTEGER, body BLOB)",
                      NULL, NULL, NULL));
    must(db, sqlite3_prepare_v2(db, "BEGIN IMMEDIATE", -1, &begin, NULL));
    must(db, sqlite3_prepare_v2(db, "INSERT INTO event(execution, body) VALUES (?, ?)", -1, &insert,
                                NULL));
    must(db, sqlite3_prepare_v2(db, "COMMIT", -1, &commit, NULL));
    size_t commits = 0;
    double began = now_s();
    while (commits < MOST && now_s() - began < seconds) {
        double from = now_s();
        must(db, sqlite3_step(begin));
        sqlite3_reset(begin);
        for (int i = 0; i < rows; i++) {
            sqlite3_bind_int64(insert, 1, (sqlite3_int64)(commits % 1000));
            sqlite3_bind_blob(insert, 2, body, bytes, SQLITE_STATIC);
            must(db, sqlite3_step(insert));
            sqlite3_reset(insert);
        }
        must(db, sqlite3_step(commit));
        sqlite3_reset(commit);
        took[commits++] = now_s() - from;
    }
    double all = now_s() - began;
    qsort(took, commits, sizeof took[0], by_size);
    printf("commits_per_s %.0f\nrows_per_s %.0f\ncommit_p99_us %.0f\n", (double)commits / all,
           (double)commits * rows / all, took[commits * 99 / 100] * 1e6);
    sqlite3_finalize(begin);
    sqlite3_finalize(insert);
    sqlite3_finalize(commit);
    sqlite3_close(db);
    remove_all(argv[1]);
    free(body);
    return 0;
}
