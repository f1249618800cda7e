/* analyzer.h -- what clang's analyzer cannot see, since it reads one file at a time: ps_fail answers
 * with the code it was given, which is never PS_OK. Included before each file by the tidy suite. */
#ifndef PS_LINT_ANALYZER_H
#define PS_LINT_ANALYZER_H

/* As io/port.c says itself; here the first system header comes before it. */
#define _GNU_SOURCE

#include "base/error.h"

#define ps_fail(err, code, ...) ((ps_fail)(err, code, __VA_ARGS__), (ps_status)(code))

#endif
