/* endpoint_bucket.c -- which S3 buckets go into the host, and which stay in the path. */
#include "aws/endpoint_bucket.h"

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "127.0.0.1": no wildcard certificate covers it, and no bucket may be called so. */
static bool is_address(ps_str s)
{
    size_t dots = 0;
    for (size_t i = 0; i < s.len && s.p[i] != ':'; i++) {
        if (s.p[i] == '.') {
            dots++;
        } else if (s.p[i] < '0' || s.p[i] > '9') {
            return s.p[0] == '[';
        }
    }
    return dots == 3;
}

/* Whether the bucket may stand before a host. A certificate for *.s3... covers one label, so names
 * with dots go there over plain HTTP only. */
static bool fits_host(ps_str bucket, bool dots)
{
    if (bucket.len < 3 || bucket.len > 63 || is_address(bucket)) {
        return false;
    }
    for (size_t i = 0; i < bucket.len; i++) {
        char c = bucket.p[i];
        bool edge =
            i == 0 || i + 1 == bucket.len || bucket.p[i - 1] == '.' || bucket.p[i + 1] == '.';
        bool good = is_lower_or_digit(c) || (c == '-' && !edge) ||
                    (c == '.' && dots && i > 0 && i + 1 < bucket.len && bucket.p[i - 1] != '.');
        if (!good) {
            return false;
        }
    }
    return true;
}

static void put_before(ps_buf *host, ps_str bucket)
{
    ps_buf whole = {0};
    ps_buf_add(&whole, bucket);
    ps_buf_add_char(&whole, '.');
    ps_buf_add(&whole, ps_buf_str(host));
    ps_buf_free(host);
    *host = whole;
}

static ps_status refuse_special(ps_str bucket, ps_error *err)
{
    if (ps_str_starts(bucket, PS_STR("arn:"))) {
        return ps_fail(err, PS_EUNSUPPORTED, 0,
                       "S3 access points (an ARN as Bucket) are not supported: name the bucket, or "
                       "the access point's alias");
    }
    if (ps_str_ends(bucket, PS_STR("--x-s3"))) {
        return ps_fail(err, PS_EUNSUPPORTED, 0, "S3 directory buckets (--x-s3) are not supported");
    }
    return PS_OK;
}

static ps_status accelerate(const ps_endpoint_wishes *wishes, const ps_partition *partition,
                            bool fips, ps_endpoint *e, ps_error *err)
{
    if (fips || wishes->url.len || !ps_str_equal(partition->name, PS_STR("aws"))) {
        return ps_fail(err, PS_EINPUT, 0,
                       "S3 Accelerate goes with no FIPS, no endpoint of its own, and only where "
                       "AWS's own partition is");
    }
    if (!fits_host(wishes->bucket, false)) {
        return ps_fail(err, PS_EINPUT, 0, "S3 Accelerate needs a bucket's name that fits a host");
    }
    ps_buf_clear(&e->host);
    ps_buf_add(&e->host, wishes->dual_stack ? PS_STR("s3-accelerate.dualstack.amazonaws.com")
                                            : PS_STR("s3-accelerate.amazonaws.com"));
    put_before(&e->host, wishes->bucket);
    e->bucket_in_host = true;
    return PS_OK;
}

ps_status ps_endpoint_place_bucket(const ps_endpoint_wishes *wishes, const ps_partition *partition,
                                   bool fips, ps_endpoint *e, ps_error *err)
{
    ps_str bucket = wishes->bucket;
    if (bucket.len == 0) {
        return PS_OK;
    }
    if (refuse_special(bucket, err) != PS_OK) {
        return err->code;
    }
    if (fips && ps_str_equal(partition->name, PS_STR("aws-cn"))) {
        return ps_fail(err, PS_EINPUT, 0, "S3 has no FIPS endpoints in China");
    }
    if (wishes->accelerate) {
        return accelerate(wishes, partition, fips, e, err);
    }
    bool asked = wishes->url.len ? wishes->virtual_host : !wishes->path_style;
    bool plain = e->scheme.len == 4;
    if (asked && fits_host(bucket, plain) && !is_address(ps_buf_str(&e->host))) {
        put_before(&e->host, bucket);
        e->bucket_in_host = true;
    }
    return PS_OK;
}
