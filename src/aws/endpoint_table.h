/* endpoint_table.h -- partitions, and which services' hosts differ from the common pattern; for
 * endpoint*.c only. */
#ifndef PS_AWS_ENDPOINT_TABLE_H
#define PS_AWS_ENDPOINT_TABLE_H

#include "aws/endpoint.h"

typedef struct ps_endpoint_rules {
    const char *services; /* endpoint prefixes, with a space between */
    const char *rules;
} ps_endpoint_rules;

/* The rules for a service, the common one behind them. The first that holds counts; "; " stands
 * between. A rule is "conditions: host @region =name":
 *
 *   conditions   words that all hold; none: always. fips, -fips, dual, -dual; short names of
 *                partitions or a region's name, where "aws|gov" means either
 *   host         {p} endpoint prefix, {f} "-fips" where asked, {r} region, {g} the partition's
 *                region for global services, {s} the suffix, {d} the plain and {D} the dual-stack
 *                suffix
 *   @region      signs for this region; without it for the caller's
 *   =name        signs with this name; without it with the service's own
 *   v4a          wants asymmetric signatures */
extern const ps_str ps_endpoint_common_rule;
/* Those that come before the common rule; empty for most. */
ps_str ps_endpoint_rules_of(ps_str endpoint_prefix);

#endif
