/* timetext.h -- instants as text, ISO 8601 / RFC 3339. Milliseconds since 1970-01-01 UTC
 * everywhere. */
#ifndef PS_BASE_TIMETEXT_H
#define PS_BASE_TIMETEXT_H

#include "base/buf.h"

#include <stdint.h>

/* "2026-11-21T03:56:57.123Z": always three fractional digits, as AWS prints $$.State.EnteredTime.
 */
void ps_time_print(int64_t ms, ps_buf *out);

/* Reads an ISO 8601 extended offset date-time ("2016-03-14T01:59:00Z", "...00.123456+01:00"): what
 * AWS accepts in Timestamp fields and comparators. `*ms` floors to milliseconds; `*nanos` (may be
 * NULL) is the rest, 0..999999. False where it is not one (13th month, no 'T', no offset). */
bool ps_time_parse(ps_str text, int64_t *ms, int32_t *nanos);

#endif
