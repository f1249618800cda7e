/* endpoint.h -- where a service is: host, and the region and name its requests are signed for.
 *
 * Pure: the facts come from the service's model, the wishes from the caller's settings. */
#ifndef PS_AWS_ENDPOINT_H
#define PS_AWS_ENDPOINT_H

#include "base/buf.h"
#include "base/error.h"

/* A family of regions with names and accounts of its own; static text. */
typedef struct ps_partition {
    ps_str name;          /* "aws-us-gov" */
    ps_str tag;           /* the same in short: "gov" */
    ps_str dns_suffix;    /* "amazonaws.com" */
    ps_str dual_suffix;   /* of dual-stack hosts: "api.aws" */
    ps_str global_region; /* where its global services are signed for */
} ps_partition;

/* The partition of a region, also of one that is not known yet. `*whole`: the "region" names the
 * partition itself ("aws-global"). */
const ps_partition *ps_partition_of(ps_str region, bool *whole);

/* What the model says. */
typedef struct ps_endpoint_facts {
    ps_str endpoint_prefix; /* "dynamodb" */
    ps_str signing_name;    /* empty: as the prefix */
} ps_endpoint_facts;

typedef struct ps_endpoint_wishes {
    ps_str region;       /* may be empty for global services; "fips-us-east-1" means fips, too */
    ps_str url;          /* instead of AWS's own: "http://127.0.0.1:9000/base"; empty: none */
    ps_str bucket;       /* S3: goes into the host where it can; empty: none */
    ps_str signing_name; /* instead of the service's; empty: none */
    bool fips, dual_stack;
    bool path_style;   /* S3: the bucket stays in the path */
    bool virtual_host; /* S3: the bucket goes into the host of a `url`, too */
    bool accelerate;   /* S3 */
} ps_endpoint_wishes;

/* Zero-initialise it. */
typedef struct ps_endpoint {
    ps_str scheme;       /* static text */
    ps_buf host;         /* with a port where it is not the scheme's own */
    ps_buf base_path;    /* of the url, without a '/' at its end */
    ps_buf region;       /* to sign for */
    ps_buf signing_name; /* to sign with */
    bool bucket_in_host; /* the path's first segment is to be dropped */
} ps_endpoint;

void ps_endpoint_free(ps_endpoint *e);

/* Errors: PS_EINPUT        no region where one is needed; a region or url that is none; wishes that
 *                          contradict each other
 *         PS_EUNSUPPORTED  S3 access points and directory buckets; services that want asymmetric
 *                          signatures */
ps_status ps_endpoint_find(const ps_endpoint_facts *facts, const ps_endpoint_wishes *wishes,
                           ps_endpoint *out, ps_error *err);

#endif
