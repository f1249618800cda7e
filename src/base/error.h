/* error.h -- what the world did wrong: a code for programs, a place for editors, words for people.
 */
#ifndef PS_BASE_ERROR_H
#define PS_BASE_ERROR_H

#include "base/str.h"

typedef enum ps_status {
    PS_OK = 0,
    PS_EINPUT,       /* malformed input: bad JSON, a path that does not parse, a bad argument */
    PS_ELIMIT,       /* well-formed, but beyond a limit of depth, size or count */
    PS_ESTALE,       /* a token that is not outstanding (any more) */
    PS_EUNSUPPORTED, /* built without an optional library, or a version this build does not know */
    PS_EDAMAGED,     /* a snapshot or record that does not hold together */
    PS_EDIVERGED,    /* what a record brings about again is not what it says */
} ps_status;

typedef struct ps_error {
    ps_status code;
    size_t at;      /* byte offset in the input where that makes sense, else 0 */
    char text[160]; /* NUL-terminated; at most 40 bytes of input quoted, never a secret */
} ps_error;

/* Fills `err` and returns `code`, so that `return ps_fail(...)` reads well. */
ps_status ps_fail(ps_error *err, ps_status code, size_t at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The name of a code, as Lua sees it in failure.code: "EINPUT". */
const char *ps_status_name(ps_status code);

/* Misuse by our own caller: aborts in test builds, compiles to nothing in release builds. */
#ifdef PS_CHECKED
#include <stdlib.h>
#define PS_ASSERT(condition) ((condition) ? (void)0 : abort())
#else
#define PS_ASSERT(condition) ((void)sizeof(condition))
#endif

#endif
