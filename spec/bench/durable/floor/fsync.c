/* fsync.c -- what the disk gives: 4 KiB appended and synchronised, again and again.
 *
 *   fsync FILE SECONDS     prints "fsync_per_s N", "fsync_p50_us N", "fsync_p99_us N"
 *
 * The file is allocated first, as a write-ahead log that has been used before is. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 4096, MOST = 200000 };

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

int main(int argc, char **argv)
{
    static char block[BLOCK];
    static double took[MOST];
    if (argc != 3) {
        fprintf(stderr, "usage: fsync FILE SECONDS\n");
        return 2;
    }
    double seconds = atof(argv[2]);
    int fd = open(argv[1], O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (fd < 0 || posix_fallocate(fd, 0, (off_t)64 << 20) != 0 || fsync(fd) != 0) {
        perror(argv[1]);
        return 1;
    }
    memset(block, 7, sizeof block);
    size_t count = 0;
    double began = now_s();
    while (count < MOST && now_s() - began < seconds) {
        double from = now_s();
        off_t at = (off_t)(count % ((64U << 20) / BLOCK)) * BLOCK;
        if (pwrite(fd, block, sizeof block, at) != BLOCK || fdatasync(fd) != 0) {
            perror(argv[1]);
            return 1;
        }
        took[count++] = now_s() - from;
    }
    double all = now_s() - began;
    qsort(took, count, sizeof took[0], by_size);
    printf("fsync_per_s %.0f\nfsync_p50_us %.0f\nfsync_p99_us %.0f\n", (double)count / all,
           took[count / 2] * 1e6, took[count * 99 / 100] * 1e6);
    close(fd);
    unlink(argv[1]);
    return 0;
}
