/* resource_catalog.c -- the optimised integrations: which action in which pattern.
 * Source: AWS Step Functions Developer Guide, "Integrating services" and the page of each service.
 */
#include "asl/resource.h"

#define REQUEST (1u << PS_PATTERN_REQUEST)
#define SYNC (1u << PS_PATTERN_SYNC)
#define TOKEN (1u << PS_PATTERN_TOKEN)
#define NAME(text)                                                                                 \
    {                                                                                              \
        text, sizeof text - 1                                                                      \
    }

static const struct {
    ps_str service, verb;
    unsigned patterns;
} catalog[] = {
    {NAME("apigateway"), NAME("invoke"), REQUEST | TOKEN},
    {NAME("athena"), NAME("startQueryExecution"), REQUEST | SYNC},
    {NAME("athena"), NAME("stopQueryExecution"), REQUEST},
    {NAME("athena"), NAME("getQueryExecution"), REQUEST},
    {NAME("athena"), NAME("getQueryResults"), REQUEST},
    {NAME("batch"), NAME("submitJob"), REQUEST | SYNC},
    {NAME("bedrock"), NAME("invokeModel"), REQUEST | TOKEN},
    {NAME("bedrock"), NAME("createModelCustomizationJob"), REQUEST | SYNC},
    {NAME("codebuild"), NAME("startBuild"), REQUEST | SYNC},
    {NAME("codebuild"), NAME("stopBuild"), REQUEST},
    {NAME("codebuild"), NAME("batchDeleteBuilds"), REQUEST},
    {NAME("codebuild"), NAME("batchGetReports"), REQUEST},
    {NAME("codebuild"), NAME("startBuildBatch"), REQUEST | SYNC},
    {NAME("codebuild"), NAME("stopBuildBatch"), REQUEST},
    {NAME("codebuild"), NAME("retryBuildBatch"), REQUEST | SYNC},
    {NAME("codebuild"), NAME("deleteBuildBatch"), REQUEST},
    {NAME("databrew"), NAME("startJobRun"), REQUEST | SYNC},
    {NAME("dynamodb"), NAME("getItem"), REQUEST},
    {NAME("dynamodb"), NAME("putItem"), REQUEST},
    {NAME("dynamodb"), NAME("updateItem"), REQUEST},
    {NAME("dynamodb"), NAME("deleteItem"), REQUEST},
    {NAME("ecs"), NAME("runTask"), REQUEST | SYNC | TOKEN},
    {NAME("eks"), NAME("createCluster"), REQUEST | SYNC},
    {NAME("eks"), NAME("deleteCluster"), REQUEST | SYNC},
    {NAME("eks"), NAME("createFargateProfile"), REQUEST | SYNC},
    {NAME("eks"), NAME("deleteFargateProfile"), REQUEST | SYNC},
    {NAME("eks"), NAME("createNodegroup"), REQUEST | SYNC},
    {NAME("eks"), NAME("deleteNodegroup"), REQUEST | SYNC},
    {NAME("eks"), NAME("runJob"), REQUEST | SYNC | TOKEN},
    {NAME("eks"), NAME("call"), REQUEST},
    {NAME("elasticmapreduce"), NAME("createCluster"), REQUEST | SYNC},
    {NAME("elasticmapreduce"), NAME("terminateCluster"), REQUEST | SYNC},
    {NAME("elasticmapreduce"), NAME("addStep"), REQUEST | SYNC},
    {NAME("elasticmapreduce"), NAME("cancelStep"), REQUEST},
    {NAME("elasticmapreduce"), NAME("setClusterTerminationProtection"), REQUEST},
    {NAME("elasticmapreduce"), NAME("modifyInstanceFleetByName"), REQUEST},
    {NAME("elasticmapreduce"), NAME("modifyInstanceGroupByName"), REQUEST},
    {NAME("emr-containers"), NAME("createVirtualCluster"), REQUEST},
    {NAME("emr-containers"), NAME("deleteVirtualCluster"), REQUEST | SYNC},
    {NAME("emr-containers"), NAME("startJobRun"), REQUEST | SYNC},
    {NAME("emr-serverless"), NAME("createApplication"), REQUEST | SYNC},
    {NAME("emr-serverless"), NAME("startApplication"), REQUEST | SYNC},
    {NAME("emr-serverless"), NAME("stopApplication"), REQUEST | SYNC},
    {NAME("emr-serverless"), NAME("deleteApplication"), REQUEST | SYNC},
    {NAME("emr-serverless"), NAME("startJobRun"), REQUEST | SYNC},
    {NAME("emr-serverless"), NAME("cancelJobRun"), REQUEST | SYNC},
    {NAME("events"), NAME("putEvents"), REQUEST | TOKEN},
    {NAME("glue"), NAME("startJobRun"), REQUEST | SYNC},
    {NAME("http"), NAME("invoke"), REQUEST},
    {NAME("lambda"), NAME("invoke"), REQUEST | TOKEN},
    {NAME("mediaconvert"), NAME("createJob"), REQUEST | SYNC},
    {NAME("sagemaker"), NAME("createEndpoint"), REQUEST},
    {NAME("sagemaker"), NAME("createEndpointConfig"), REQUEST},
    {NAME("sagemaker"), NAME("updateEndpoint"), REQUEST},
    {NAME("sagemaker"), NAME("createModel"), REQUEST},
    {NAME("sagemaker"), NAME("createHyperParameterTuningJob"), REQUEST | SYNC},
    {NAME("sagemaker"), NAME("createLabelingJob"), REQUEST | SYNC},
    {NAME("sagemaker"), NAME("createProcessingJob"), REQUEST | SYNC},
    {NAME("sagemaker"), NAME("createTrainingJob"), REQUEST | SYNC},
    {NAME("sagemaker"), NAME("createTransformJob"), REQUEST | SYNC},
    {NAME("sns"), NAME("publish"), REQUEST | TOKEN},
    {NAME("sqs"), NAME("sendMessage"), REQUEST | TOKEN},
    {NAME("states"), NAME("startExecution"), REQUEST | SYNC | TOKEN},
};

/* Jobs that are started without being waited for, and what asks after them. */
static const struct {
    ps_str service, verb, poll;
} polls[] = {
    {NAME("glue"), NAME("startCrawler"), NAME("getCrawler")},
    {NAME("glue"), NAME("startWorkflowRun"), NAME("getWorkflowRun")},
    {NAME("glue"), NAME("startDataQualityRulesetEvaluationRun"),
     NAME("getDataQualityRulesetEvaluationRun")},
    {NAME("transcribe"), NAME("startTranscriptionJob"), NAME("getTranscriptionJob")},
    {NAME("textract"), NAME("startDocumentAnalysis"), NAME("getDocumentAnalysis")},
    {NAME("textract"), NAME("startDocumentTextDetection"), NAME("getDocumentTextDetection")},
    {NAME("rekognition"), NAME("startLabelDetection"), NAME("getLabelDetection")},
    {NAME("ssm"), NAME("startAutomationExecution"), NAME("getAutomationExecution")},
    {NAME("redshiftdata"), NAME("executeStatement"), NAME("describeStatement")},
    {NAME("rds"), NAME("startExportTask"), NAME("describeExportTasks")},
    {NAME("cloudformation"), NAME("createStack"), NAME("describeStacks")},
};

/* Services that aws-sdk:* calls by another name than their ARNs and optimised integrations do. */
static const struct {
    ps_str service, sdk;
} renamed[] = {
    {NAME("states"), NAME("sfn")},
    {NAME("stepfunctions"), NAME("sfn")},
    {NAME("events"), NAME("eventbridge")},
    {NAME("elasticmapreduce"), NAME("emr")},
    {NAME("emr-containers"), NAME("emrcontainers")},
    {NAME("emr-serverless"), NAME("emrserverless")},
    {NAME("redshift-data"), NAME("redshiftdata")},
    {NAME("bedrock-runtime"), NAME("bedrockruntime")},
    {NAME("logs"), NAME("cloudwatchlogs")},
};

static bool sdk_action(const ps_resource *r)
{
    return r->service.len > PS_STR("aws-sdk:").len && r->verb.len > 0 && r->verb.p[0] >= 'a' &&
           r->verb.p[0] <= 'z' && !memchr(r->verb.p, '.', r->verb.len) &&
           r->pattern != PS_PATTERN_SYNC;
}

ps_knowledge ps_resource_known(const ps_resource *r)
{
    if (r->family != PS_FAMILY_TASK || ps_str_equal(r->service, PS_STR("lua"))) {
        return PS_KNOWN;
    }
    if (!r->integration) {
        return PS_FOREIGN;
    }
    if (ps_str_starts(r->service, PS_STR("aws-sdk:"))) {
        return sdk_action(r) ? PS_KNOWN : PS_UNKNOWN;
    }
    /* too young for the guide's tables: its actions are taken on trust */
    if (ps_str_equal(r->service, PS_STR("bedrock-agentcore"))) {
        return r->pattern == PS_PATTERN_REQUEST ? PS_KNOWN : PS_UNKNOWN;
    }
    bool second = ps_str_ends(r->action, PS_STR(".sync:2"));
    if (second && !ps_str_equal(r->service, PS_STR("states"))) {
        return PS_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof catalog / sizeof catalog[0]; i++) {
        if (ps_str_equal(catalog[i].service, r->service) &&
            ps_str_equal(catalog[i].verb, r->verb)) {
            return catalog[i].patterns & (1u << r->pattern) ? PS_KNOWN : PS_UNKNOWN;
        }
    }
    return PS_UNKNOWN;
}

ps_str ps_resource_sdk_service(const ps_resource *r)
{
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++) {
        if (ps_str_equal(renamed[i].service, r->service)) {
            return renamed[i].sdk;
        }
    }
    return r->service;
}

ps_str ps_resource_poll(const ps_resource *r)
{
    ps_str service = ps_resource_sdk_service(r);
    for (size_t i = 0; i < sizeof polls / sizeof polls[0]; i++) {
        if (ps_str_equal(polls[i].service, service) && ps_str_equal(polls[i].verb, r->verb)) {
            return polls[i].poll;
        }
    }
    return PS_STR("");
}
