/* integration_catalog.c -- the optimised services: their models, and how their errors are named.
 * Source: AWS Step Functions Developer Guide, the page of each service; class names of the AWS SDK
 * for Java. */
#include "aws/integration.h"

#define NAME(text)                                                                                 \
    {                                                                                              \
        text, sizeof text - 1                                                                      \
    }
#define V1(name, model, prefix, java, fallback, metadata)                                          \
    {                                                                                              \
        NAME(name), NAME(model), NAME(prefix), NAME(java), NAME(fallback), PS_SDK_V1, metadata     \
    }
/* Of version 2 prefix, service and fallback have one name. */
#define V2(name, model, prefix)                                                                    \
    {                                                                                              \
        NAME(name), NAME(model), NAME(prefix), NAME(prefix), NAME(prefix "Exception"), PS_SDK_V2,  \
            false                                                                                  \
    }

static const ps_integration_service services[] = {
    V1("athena", "athena", "Athena", "AmazonAthena", "AmazonAthenaException", true),
    V1("batch", "batch", "Batch", "AWSBatch", "AWSBatchException", true),
    V2("bedrock", "bedrock", "Bedrock"),
    V1("codebuild", "codebuild", "CodeBuild", "AWSCodeBuild", "AWSCodeBuildException", true),
    V2("databrew", "databrew", "DataBrew"),
    V1("dynamodb", "dynamodb", "DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException", true),
    V1("ecs", "ecs", "ECS", "AmazonECS", "AmazonECSException", true),
    V2("eks", "eks", "EKS"),
    V1("elasticmapreduce", "emr", "ElasticMapReduce", "AmazonElasticMapReduce",
       "AmazonElasticMapReduceException", true),
    V2("emr-containers", "emr-containers", "EMRContainers"),
    V2("emr-serverless", "emr-serverless", "EMRServerless"),
    V1("events", "events", "EventBridge", "AmazonEventBridge", "AmazonEventBridgeException", false),
    V1("glue", "glue", "Glue", "AWSGlue", "AWSGlueException", false),
    V1("lambda", "lambda", "Lambda", "AWSLambda", "AWSLambdaException", true),
    V2("mediaconvert", "mediaconvert", "MediaConvert"),
    V1("sagemaker", "sagemaker", "SageMaker", "AmazonSageMaker", "AmazonSageMakerException", true),
    V1("sns", "sns", "SNS", "AmazonSNS", "AmazonSNSException", true),
    V1("sqs", "sqs", "SQS", "AmazonSQS", "AmazonSQSException", true),
    V1("states", "stepfunctions", "StepFunctions", "AWSStepFunctions", "AWSStepFunctionsException",
       true),
};

const ps_integration_service *ps_integration_service_find(ps_str name)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (ps_str_equal(services[i].name, name)) {
            return &services[i];
        }
    }
    return NULL;
}
