/* resource_test.c -- resources: their parts, and which of them AWS knows. */
#include "asl/resource.h"

#include "check.h"

static const struct {
    const char *text;
    ps_family family;
    ps_pattern pattern;
    const char *service, *action, *verb, *function, *region;
    ps_knowledge known;
} rows[] = {
    {"arn:aws:lambda:eu-west-1:111122223333:function:resize", PS_FAMILY_LAMBDA, PS_PATTERN_REQUEST,
     "lambda", "function:resize", "function:resize", "resize", "eu-west-1", PS_KNOWN},
    {"arn:aws:lambda:eu-west-1:111122223333:function:resize:7", PS_FAMILY_LAMBDA,
     PS_PATTERN_REQUEST, "lambda", "function:resize:7", "function:resize:7", "resize", "eu-west-1",
     PS_KNOWN},
    {"arn:aws:states:us-east-1:111122223333:activity:approve", PS_FAMILY_ACTIVITY,
     PS_PATTERN_REQUEST, "states", "activity:approve", "activity:approve", "approve", "us-east-1",
     PS_KNOWN},
    {"arn:aws:states:::lambda:invoke", PS_FAMILY_TASK, PS_PATTERN_REQUEST, "lambda", "invoke",
     "invoke", "", "", PS_KNOWN},
    {"arn:aws-cn:states:::states:startExecution.sync:2", PS_FAMILY_TASK, PS_PATTERN_SYNC, "states",
     "startExecution.sync:2", "startExecution", "", "", PS_KNOWN},
    {"arn:aws:states:::sqs:sendMessage.waitForTaskToken", PS_FAMILY_TASK, PS_PATTERN_TOKEN, "sqs",
     "sendMessage.waitForTaskToken", "sendMessage", "", "", PS_KNOWN},
    {"arn:aws:states:::aws-sdk:s3:listObjectsV2", PS_FAMILY_TASK, PS_PATTERN_REQUEST, "aws-sdk:s3",
     "listObjectsV2", "listObjectsV2", "", "", PS_KNOWN},
    {"arn:aws:states:::aws-sdk:s3:copyObject.sync", PS_FAMILY_TASK, PS_PATTERN_SYNC, "aws-sdk:s3",
     "copyObject.sync", "copyObject", "", "", PS_UNKNOWN},
    {"arn:aws:states:::glue:startJobRun.sync:2", PS_FAMILY_TASK, PS_PATTERN_SYNC, "glue",
     "startJobRun.sync:2", "startJobRun", "", "", PS_UNKNOWN},
    {"arn:aws:states:::dynamodb:query", PS_FAMILY_TASK, PS_PATTERN_REQUEST, "dynamodb", "query",
     "query", "", "", PS_UNKNOWN},
    {"arn:aws:states:::nothing", PS_FAMILY_TASK, PS_PATTERN_REQUEST, "", "nothing", "nothing", "",
     "", PS_UNKNOWN},
    {"arn:aws:swf:us-east-1:111122223333:task:x", PS_FAMILY_TASK, PS_PATTERN_REQUEST, "swf",
     "task:x", "task:x", "", "us-east-1", PS_FOREIGN},
    {"lua:shop/charge", PS_FAMILY_TASK, PS_PATTERN_REQUEST, "lua", "shop/charge", "shop/charge",
     "shop/charge", "", PS_KNOWN},
    {"lua:approve.waitForTaskToken", PS_FAMILY_TASK, PS_PATTERN_TOKEN, "lua",
     "approve.waitForTaskToken", "approve", "approve", "", PS_KNOWN},
    {"https://example.com/x", PS_FAMILY_TASK, PS_PATTERN_REQUEST, "https", "//example.com/x",
     "//example.com/x", "", "", PS_FOREIGN},
};

int main(void)
{
    static const char *const bad[] = {"",
                                      "charge",
                                      "lua:",
                                      "arn:",
                                      "arn:aws",
                                      "arn:aws:states",
                                      "arn:aws::x:1:2:3",
                                      "arn:aws:states:::",
                                      ":x",
                                      "1a:b",
                                      "lua:.waitForTaskToken"};
    ps_resource r;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(ps_resource_parse(ps_str_from(rows[i].text), &r));
        CHECK(r.family == rows[i].family && r.pattern == rows[i].pattern);
        CHECK_STR(r.service, rows[i].service);
        CHECK_STR(r.action, rows[i].action);
        CHECK_STR(r.verb, rows[i].verb);
        CHECK_STR(r.function, rows[i].function);
        CHECK_STR(r.region, rows[i].region);
        CHECK(ps_resource_known(&r) == rows[i].known);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!ps_resource_parse(ps_str_from(bad[i]), &r));
    }
    return check_report();
}
