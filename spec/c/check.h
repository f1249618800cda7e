/* check.h -- asserts for the C tests: a failed check says where and goes on; main returns
 * check_report(). */
#ifndef PS_SPEC_CHECK_H
#define PS_SPEC_CHECK_H

#include "base/str.h"

#include <stdio.h>

static int check_count;
static int check_failures;

static inline void check_that(bool good, const char *what, const char *file, int line)
{
    check_count++;
    if (!good) {
        check_failures++;
        fprintf(stderr, "%s:%d: %s\n", file, line, what);
    }
}

static inline void check_text(ps_str got, const char *want, const char *file, int line)
{
    check_count++;
    if (!ps_str_equal(got, ps_str_from(want))) {
        check_failures++;
        fprintf(stderr, "%s:%d: got  %.*s\n%s:%d: want %s\n", file, line, (int)got.len, got.p, file,
                line, want);
    }
}

static inline int check_report(void)
{
    fprintf(stderr, "%d checks, %d failed\n", check_count, check_failures);
    return check_failures != 0;
}

#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
/* `got` is a ps_str, `want` a NUL-terminated text. */
#define CHECK_STR(got, want) check_text((got), (want), __FILE__, __LINE__)

#endif
