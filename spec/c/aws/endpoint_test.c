/* endpoint_test.c -- where buckets go. */
#include "aws/endpoint.h"
#include "check.h"

static void goes(ps_endpoint_wishes wishes, const char *host, bool in_host)
{
    ps_endpoint_facts s3 = {.endpoint_prefix = PS_STR("s3")};
    ps_endpoint e = {0};
    ps_error err;
    wishes.region = PS_STR("us-west-2");
    CHECK(ps_endpoint_find(&s3, &wishes, &e, &err) == PS_OK);
    CHECK_STR(ps_buf_str(&e.host), host);
    CHECK(e.bucket_in_host == in_host);
    ps_endpoint_free(&e);
}

static void stays(const char *bucket)
{
    goes((ps_endpoint_wishes){.bucket = ps_str_from(bucket)}, "s3.us-west-2.amazonaws.com", false);
}

static void refuses(ps_endpoint_wishes wishes, ps_status code)
{
    ps_endpoint_facts s3 = {.endpoint_prefix = PS_STR("s3")};
    ps_endpoint e = {0};
    ps_error err;
    CHECK(ps_endpoint_find(&s3, &wishes, &e, &err) == code);
    CHECK(e.host.p == NULL);
}

int main(void)
{
    ps_str bucket = PS_STR("my-bucket"), dotted = PS_STR("my.bucket"), region = PS_STR("us-west-2");
    goes((ps_endpoint_wishes){0}, "s3.us-west-2.amazonaws.com", false);
    goes((ps_endpoint_wishes){.bucket = bucket}, "my-bucket.s3.us-west-2.amazonaws.com", true);
    goes((ps_endpoint_wishes){.bucket = bucket, .path_style = true}, "s3.us-west-2.amazonaws.com",
         false);
    goes((ps_endpoint_wishes){.bucket = bucket, .dual_stack = true, .fips = true},
         "my-bucket.s3-fips.dualstack.us-west-2.amazonaws.com", true);
    goes((ps_endpoint_wishes){.bucket = bucket, .accelerate = true},
         "my-bucket.s3-accelerate.amazonaws.com", true);
    goes((ps_endpoint_wishes){.bucket = bucket, .url = PS_STR("http://localhost:9000")},
         "localhost:9000", false);
    goes((ps_endpoint_wishes){.bucket = dotted,
                              .url = PS_STR("http://s3.test"),
                              .virtual_host = true},
         "my.bucket.s3.test", true);
    goes((ps_endpoint_wishes){.bucket = bucket,
                              .url = PS_STR("http://127.0.0.1:9000"),
                              .virtual_host = true},
         "127.0.0.1:9000", false);
    stays("my.bucket");
    stays("ab");
    stays("My-Bucket");
    stays("my_bucket");
    stays("-bucket");
    stays("bucket-");
    stays("evil.example/x");
    refuses((ps_endpoint_wishes){.region = region, .bucket = PS_STR("arn:aws:s3:::x")},
            PS_EUNSUPPORTED);
    refuses((ps_endpoint_wishes){.region = region, .bucket = dotted, .accelerate = true},
            PS_EINPUT);
    refuses((ps_endpoint_wishes){.region = region, .url = PS_STR("http://h/?x=1")}, PS_EINPUT);
    refuses((ps_endpoint_wishes){.region = PS_STR("a/b")}, PS_EINPUT);
    refuses((ps_endpoint_wishes){.url = PS_STR("http://h")}, PS_EINPUT);
    return check_report();
}
