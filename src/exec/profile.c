/* profile.c -- the three profiles. Source: the Developer Guide's service quotas, 2025. */
#include "exec/profile.h"

#define MIB ((size_t)1024 * 1024)

#define AWS_LIMITS                                                                                 \
    .payload_bytes = 262144, .variable_bytes = 262144, .variables_bytes = 10 * MIB,                \
    .inline_concurrency = 40, .distributed_concurrency = 10000, .memory_bytes = 512 * MIB,         \
    .queries = &ps_jsonata_aws

#define YEAR_MS ((int64_t)365 * 24 * 3600 * 1000)

#define AWS_STANDARD AWS_LIMITS, .history_events = 25000, .duration_ms = YEAR_MS
#define AWS_EXPRESS                                                                                \
    AWS_LIMITS, .express = true, .history_events = UINT64_MAX, .duration_ms = (int64_t)5 * 60 * 1000

static const ps_profile profiles[] = {
    {.name = {"aws-standard", 12}, .redrivable = true, AWS_STANDARD},
    {.name = {"aws-standard-2024-06", 20},
     .redrivable = true,
     .exit_follows_map_run = true,
     AWS_STANDARD},
    {.name = {"aws-standard-2023-10", 20}, .exit_follows_map_run = true, AWS_STANDARD},
    {.name = {"aws-express", 11}, .redrivable = true, AWS_EXPRESS},
    {.name = {"aws-express-sync", 16}, AWS_EXPRESS},
    {
        .name = {"unlimited", 9},
        .redrivable = true,
        .payload_bytes = 256 * MIB,
        .history_events = UINT64_MAX,
        .duration_ms = INT64_MAX,
        .variable_bytes = 256 * MIB,
        .variables_bytes = 1024 * MIB,
        .inline_concurrency = UINT32_MAX,
        .distributed_concurrency = UINT32_MAX,
        .memory_bytes = 4096 * MIB,
        .queries = &ps_jsonata_default,
    },
};

const ps_profile *ps_profile_find(ps_str name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        if (ps_str_equal(profiles[i].name, name)) {
            return &profiles[i];
        }
    }
    return NULL;
}
