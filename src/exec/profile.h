/* profile.h -- limits as data: what passes under aws-standard passes on AWS. */
#ifndef PS_EXEC_PROFILE_H
#define PS_EXEC_PROFILE_H

#include "jsonata/jsonata.h"

#include <stdint.h>

typedef struct ps_profile {
    ps_str name;
    bool express;
    /* Of a Distributed Map: MapStateExited follows MapRunSucceeded, as AWS recorded it until
     * mid-2024; since November 2024 it follows MapRunStarted. */
    bool exit_follows_map_run;
    bool redrivable;      /* $$.Execution has RedriveCount: not before November 2023, nor in a sync
                             Express */
    size_t payload_bytes; /* input or output of a task, state, execution: 262,144 */
    uint64_t history_events;          /* 25,000; UINT64_MAX: none */
    int64_t duration_ms;              /* one year; express: five minutes */
    size_t variable_bytes;            /* one variable, and one Assign: 262,144 */
    size_t variables_bytes;           /* all of an execution: 10 MiB */
    uint32_t inline_concurrency;      /* 40 */
    uint32_t distributed_concurrency; /* 10,000 */
    size_t memory_bytes;              /* budget of one execution */
    const ps_jsonata_bounds *queries; /* of one JSONata expression */
} ps_profile;

/* "aws-standard", "aws-express", "aws-express-sync" (its caller waits for it) and "unlimited"; and
 * aws-standard with the history that AWS wrote earlier: "aws-standard-2024-06",
 * "aws-standard-2023-10". NULL for any other name. */
const ps_profile *ps_profile_find(ps_str name);

#endif
