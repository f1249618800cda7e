/* Names as Java makes them, what arguments become, what a result looks like, which words a failure
 * has. */
#include "aws/integration.h"
#include "check.h"
#include "value/json.h"

#include <stdio.h>

static ps_value *json(const char *text)
{
    ps_error err;
    ps_value *v = ps_json_parse(ps_str_from(text), NULL, &err);
    CHECK(v != NULL);
    return v;
}

static void check_json(ps_value *v, const char *want)
{
    ps_buf text = {0};
    if (v) {
        ps_json_print(v, &text);
    }
    CHECK_STR(ps_buf_str(&text), want);
    ps_buf_free(&text);
    ps_value_unref(v);
}

static ps_model *model(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "lua/passo/aws/models/%s.json", name);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    ps_buf text = {0};
    for (size_t got = 1; file && got > 0; text.len += got) {
        got = fread(ps_buf_reserve(&text, 65536), 1, 65536, file);
    }
    if (file) {
        fclose(file);
    }
    ps_error err;
    ps_model *m = ps_model_new(ps_buf_str(&text), &err);
    CHECK(m != NULL);
    ps_buf_free(&text);
    return m;
}

static void test_names(void)
{
    static const struct {
        const char *id, *want;
    } services[] = {
        {"DynamoDB", "DynamoDb"},
        {"IoT", "Iot"},
        {"IoT Events", "IotEvents"},
        {"IoTAnalytics", "IoTAnalytics"},
        {"ACM PCA", "AcmPca"},
        {"API Gateway", "ApiGateway"},
        {"ApiGatewayV2", "ApiGatewayV2"},
        {"CloudHSM V2", "CloudHsmV2"},
        {"WAFV2", "Wafv2"},
        {"FSx", "FSx"},
        {"MTurk", "MTurk"},
        {"SageMaker A2I Runtime", "SageMakerA2IRuntime"},
        {"IoT 1Click Projects", "Iot1ClickProjects"},
        {"Directory Service", "Directory"},
        {"MemoryDB", "MemoryDB"},
        {"codestar notifications", "CodestarNotifications"},
        {"SFN", "Sfn"},
    };
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        ps_buf name = {0};
        ps_java_service(ps_str_from(services[i].id), &name);
        CHECK_STR(ps_buf_str(&name), services[i].want);
        ps_buf_free(&name);
    }
    static const struct {
        const char *code;
        ps_sdk sdk;
        const char *want;
    } exceptions[] = {
        {"NoSuchBucket", PS_SDK_V2, "NoSuchBucketException"},
        {"EC2AccessDeniedException", PS_SDK_V2, "Ec2AccessDeniedException"},
        {"EC2AccessDeniedException", PS_SDK_V1, "EC2AccessDeniedException"},
        {"DBInstanceNotFoundFault", PS_SDK_V2, "DbInstanceNotFoundException"},
        {"ExecutionAlreadyExists", PS_SDK_V1, "ExecutionAlreadyExistsException"},
    };
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++) {
        ps_buf name = {0};
        ps_java_exception(ps_str_from(exceptions[i].code), exceptions[i].sdk, &name);
        CHECK_STR(ps_buf_str(&name), exceptions[i].want);
        ps_buf_free(&name);
    }
}

static void check_params(const ps_integration_call *call, const ps_operation *op,
                         const char *arguments, const char *want)
{
    ps_error err = {0};
    ps_value *given = json(arguments);
    ps_value *made = ps_integration_params(call, op, given, &err);
    if (made) {
        check_json(made, want);
    } else {
        CHECK_STR(ps_str_from(err.text), want);
    }
    ps_value_unref(given);
}

static void test_params(void)
{
    ps_model *sfn = model("stepfunctions"), *batch = model("batch"), *events = model("events");
    ps_value *execution = ps_string(PS_STR("arn:e")), *machine = ps_string(PS_STR("arn:m"));
    ps_integration_call call = {.service = PS_STR("states"),
                                .verb = PS_STR("startExecution"),
                                .name = PS_STR("n-1"),
                                .execution_arn = execution,
                                .machine_arn = machine};
    const ps_operation *op = ps_model_operation(sfn, PS_STR("StartExecution"));
    check_params(
        &call, op, "{\"StateMachineArn\":\"a\",\"Input\":{\"x\":[1.0,null]}}",
        "{\"stateMachineArn\":\"a\",\"input\":\"{\\\"x\\\":[1.0,null]}\",\"name\":\"n-1\"}");
    check_params(&call, op, "{\"Input\":null,\"Name\":\"own\"}",
                 "{\"name\":\"own\",\"input\":\"{}\"}");
    check_params(&call, op, "{\"Inputt\":1}",
                 "Parameters.Inputt: the service has no such parameter");
    check_params(&call, op, "[1]", "Parameters: an object is wanted");

    call.service = PS_STR("batch");
    call.verb = PS_STR("submitJob");
    call.sync = true;
    op = ps_model_operation(batch, PS_STR("SubmitJob"));
    check_params(
        &call, op, "{\"JobName\":\"j\",\"ContainerOverrides\":{\"Vcpus\":\"2\"}}",
        "{\"jobName\":\"j\",\"containerOverrides\":{\"vcpus\":2,\"environment\":[{\"name\":"
        "\"MANAGED_BY_AWS\",\"value\":\"STARTED_BY_STEP_FUNCTIONS\"}]}}");
    call.sync = false;
    check_params(&call, op, "{\"JobName\":\"j\"}", "{\"jobName\":\"j\"}");

    call.service = PS_STR("events");
    call.verb = PS_STR("putEvents");
    op = ps_model_operation(events, PS_STR("PutEvents"));
    check_params(&call, op, "{\"Entries\":[{\"Detail\":{\"a\":1}},null]}",
                 "{\"Entries\":[{\"Detail\":\"{\\\"a\\\":1}\",\"Resources\":[\"arn:m\",\"arn:e\"]},"
                 "null]}");
    check_params(&call, op, "{\"Entries\":{}}", "Parameters.Entries: a list is wanted");
    ps_value_unref(execution);
    ps_value_unref(machine);
    ps_model_free(sfn);
    ps_model_free(batch);
    ps_model_free(events);
}

static void test_results(void)
{
    ps_model *sfn = model("stepfunctions"), *s3 = model("s3");
    ps_integration_call call = {.service = PS_STR("states"), .verb = PS_STR("describeExecution")};
    const ps_operation *op = ps_model_operation(sfn, PS_STR("DescribeExecution"));
    ps_value *nothing = ps_object(0);
    ps_value *result = json("{\"status\":\"SUCCEEDED\",\"output\":\"{\\\"b\\\":1}\","
                            "\"startDate\":1700000000.5,\"executionArn\":\"e\"}");
    check_json(ps_integration_result(&call, op, nothing, result, NULL),
               "{\"ExecutionArn\":\"e\",\"Output\":\"{\\\"b\\\":1}\",\"StartDate\":1700000000500,"
               "\"Status\":\"SUCCEEDED\"}");
    call.parsed = true;
    call.service = PS_STR("aws-sdk:sfn");
    check_json(ps_integration_result(&call, op, nothing, result, NULL),
               "{\"ExecutionArn\":\"e\",\"Output\":{\"b\":1},\"StartDate\":\"2023-11-14T22:13:20."
               "500Z\",\"Status\":\"SUCCEEDED\"}");
    ps_value_unref(result);

    call = (ps_integration_call){.service = PS_STR("aws-sdk:s3"), .verb = PS_STR("getObject")};
    op = ps_model_operation(s3, PS_STR("GetObject"));
    result = ps_object(2);
    ps_object_put_take(result, PS_STR("Body"), ps_string(PS_STR("\xFF\x00")));
    ps_object_put_take(result, PS_STR("LastModified"), ps_int(1700000000));
    check_json(ps_integration_result(&call, op, nothing, result, NULL),
               "{\"LastModified\":\"2023-11-14T22:13:20Z\",\"Metadata\":{},\"Body\":\"/wA=\"}");
    ps_value_unref(result);

    /* what Java's HashMap makes of the order in which headers came */
    ps_reply reply = {.status = 200,
                      .headers = PS_STR("Content-Type: a\r\nDate: b\r\nconnection: k\r\n"
                                        "x-amzn-RequestId: id\r\nContent-Length: 2\r\n")};
    call = (ps_integration_call){.service = PS_STR("states"), .verb = PS_STR("stopExecution")};
    op = ps_model_operation(sfn, PS_STR("StopExecution"));
    check_json(ps_integration_result(&call, op, nothing, nothing, &reply),
               "{\"SdkHttpMetadata\":{\"AllHttpHeaders\":{\"x-amzn-RequestId\":[\"id\"],"
               "\"connection\":[\"k\"],\"Content-Length\":[\"2\"],\"Date\":[\"b\"],"
               "\"Content-Type\":[\"a\"]},\"HttpHeaders\":{\"connection\":\"k\","
               "\"Content-Length\":\"2\",\"Content-Type\":\"a\",\"Date\":\"b\","
               "\"x-amzn-RequestId\":\"id\"},\"HttpStatusCode\":200},"
               "\"SdkResponseMetadata\":{\"RequestId\":\"id\"}}");
    ps_value_unref(nothing);
    ps_model_free(sfn);
    ps_model_free(s3);
}

static void test_failures(void)
{
    ps_model *s3 = model("s3");
    const ps_operation *op = ps_model_operation(s3, PS_STR("GetObject"));
    ps_integration_call call = {.service = PS_STR("aws-sdk:s3"), .verb = PS_STR("getObject")};
    ps_refused refused = {.code = PS_STR("NoSuchKey"),
                          .message = PS_STR("gone"),
                          .request_id = PS_STR("R"),
                          .shape = PS_STR("NoSuchKey"),
                          .status = 404,
                          .headers = PS_STR("x-amz-id-2: E\r\n"),
                          .attempts = 2};
    ps_task_error e;
    ps_integration_refused(&call, op, &refused, &e);
    CHECK_STR(ps_value_str(e.error), "S3.NoSuchKeyException");
    CHECK_STR(ps_value_str(e.cause), "gone (Service: S3, Status Code: 404, Request ID: R, Extended "
                                     "Request ID: E) (SDK Attempt Count: 2)");
    ps_task_error_free(&e);
    refused = (ps_refused){.code = PS_STR("Odd"), .status = 500};
    ps_integration_refused(&call, op, &refused, &e);
    CHECK_STR(ps_value_str(e.error), "S3.S3Exception");
    CHECK_STR(ps_value_str(e.cause), "null (Service: S3, Status Code: 500, Request ID: null)");
    ps_task_error_free(&e);
    ps_integration_unreached(&call, op, PS_STR("no \xFF"), &e);
    CHECK_STR(ps_value_str(e.error), "S3.SdkClientException");
    CHECK_STR(ps_value_str(e.cause), "no \xEF\xBF\xBD");
    ps_task_error_free(&e);

    call = (ps_integration_call){.service = PS_STR("ecs"), .verb = PS_STR("runTask"), .sync = true};
    ps_value *spelt = json("{\"Failures\":[{\"Reason\":\"RESOURCE:MEMORY\"}],\"Tasks\":[]}");
    ps_reply reply = {.status = 200};
    CHECK(ps_integration_failed(&call, spelt, spelt, &reply, &e));
    CHECK_STR(ps_value_str(e.error), "AmazonECS.Unknown");
    ps_task_error_free(&e);
    call.sync = false;
    CHECK(!ps_integration_failed(&call, spelt, spelt, &reply, &e));
    ps_value_unref(spelt);
    ps_model_free(s3);
}

int main(void)
{
    test_names();
    test_params();
    test_results();
    test_failures();
    return check_report();
}
