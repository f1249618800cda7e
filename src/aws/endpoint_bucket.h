/* endpoint_bucket.h -- S3's buckets in host names; for endpoint*.c only. */
#ifndef PS_AWS_ENDPOINT_BUCKET_H
#define PS_AWS_ENDPOINT_BUCKET_H

#include "aws/endpoint.h"

/* Puts wishes->bucket before the host where it can be there, and turns to S3's accelerated hosts
 * where that is wished. */
ps_status ps_endpoint_place_bucket(const ps_endpoint_wishes *wishes, const ps_partition *partition,
                                   bool fips, ps_endpoint *e, ps_error *err);

#endif
