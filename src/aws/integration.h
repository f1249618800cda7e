/* integration.h -- what Step Functions makes of a Task's arguments and of a service's answer.
 *
 * Two families. The optimised integrations ("dynamodb") were made with the AWS SDK for Java 1,
 * the others ("aws-sdk:dynamodb", and optimised ones of later years) with version 2; names of
 * errors, words of causes and what surrounds a result follow from that.
 * Pure: the caller writes, signs and sends the call, and reads the reply. */
#ifndef PS_AWS_INTEGRATION_H
#define PS_AWS_INTEGRATION_H

#include "aws/protocol.h"

typedef enum ps_sdk { PS_SDK_V1, PS_SDK_V2 } ps_sdk;

/* What holds for all actions of an optimised service. */
typedef struct ps_integration_service {
    ps_str name;     /* "states" */
    ps_str model;    /* "stepfunctions" */
    ps_str prefix;   /* of error names: "StepFunctions" */
    ps_str java;     /* as causes name the service: "AWSStepFunctions" */
    ps_str fallback; /* the error of a code that the model does not know */
    ps_sdk sdk;
    bool metadata; /* results carry SdkHttpMetadata and SdkResponseMetadata */
} ps_integration_service;

/* The optimised service, or NULL: "aws-sdk:..." and what is none of ours. */
const ps_integration_service *ps_integration_service_find(ps_str name);

/* -- names (integration_name.c) -------------------------------------------------------------- */

/* Java's way with the words of a service id or shape: "DynamoDB" -> "DynamoDb", "IoT Events" ->
 * "IotEvents", "EC2AccessDenied" -> "Ec2AccessDenied". */
void ps_java_name(ps_str text, ps_buf *out);
/* The prefix of aws-sdk errors by the service's id: "Directory Service" -> "Directory"; in lower
 * case it is the service's name after "aws-sdk:". */
void ps_java_service(ps_str service_id, ps_buf *out);
/* The class of an error by its code or shape: "NoSuchBucket" -> "NoSuchBucketException". */
void ps_java_exception(ps_str code, ps_sdk sdk, ps_buf *out);
/* A member as definitions and results spell it: "taskArn" -> "TaskArn", "equals" ->
 * "EqualsValue". */
void ps_pascal_name(ps_str member, ps_buf *out);

/* A PS_STRING of bytes that a server sent; what is not UTF-8 becomes U+FFFD. */
ps_value *ps_integration_text(ps_str bytes);

/* -- arguments (integration_params.c) ---------------------------------------------------------- */

/* What a call knows beside its arguments. PS_STRINGs, borrowed; NULL where they do not matter. */
typedef struct ps_integration_call {
    ps_str service, verb; /* "sqs", "sendMessage" */
    bool sync;
    bool parsed; /* of an execution's end: input and output as JSON, not as text (.sync:2) */
    const ps_value *execution_arn, *machine_arn;
    ps_str name; /* states:startExecution without a Name: this one; empty: none */
} ps_integration_call;

/* The parameters of `op` that `arguments` stand for: members by their model's names, nulls left
 * out, values that are no text written as JSON where text or bytes are wanted, and what Step
 * Functions adds by itself.
 *
 * Errors: PS_EINPUT  arguments that are no object, a member that `op` does not have, a value that
 *                    cannot be of its type; the text names the place */
ps_value *ps_integration_params(const ps_integration_call *call, const ps_operation *op,
                                const ps_value *arguments, ps_error *err);

/* -- results (integration_result.c) ------------------------------------------------------------ */

/* A value of `shape` as results spell it: members in Pascal case; timestamps as ISO 8601 text, or
 * as milliseconds (V1); bytes as text, in base 64 where they are none. */
ps_value *ps_integration_spell(const ps_shape *shape, const ps_value *v, ps_sdk sdk);

/* The result of a Task from what the service answered: `result` of ps_protocol_read, spelt, with
 * what Step Functions adds.
 *
 * reply  status and headers are looked at; NULL: nothing is told of them */
ps_value *ps_integration_result(const ps_integration_call *call, const ps_operation *op,
                                const ps_value *arguments, const ps_value *result,
                                const ps_reply *reply);

/* -- failures (integration_error.c) --------------------------------------------------------------
 */

typedef struct ps_task_error {
    ps_value *error, *cause; /* PS_STRINGs */
} ps_task_error;

void ps_task_error_free(ps_task_error *e);

/* A service's refusal, as ps_protocol_refusal read it. */
typedef struct ps_refused {
    ps_str code, message, request_id;
    ps_str shape; /* the exception's name in the model; empty: it has none */
    int status;
    ps_str headers; /* lines */
    int attempts;   /* how often the call was sent; 0: the cause does not tell */
} ps_refused;

void ps_integration_refused(const ps_integration_call *call, const ps_operation *op,
                            const ps_refused *refused, ps_task_error *out);
/* No reply came; `why`: "Unable to execute HTTP request: ...". */
void ps_integration_unreached(const ps_integration_call *call, const ps_operation *op, ps_str why,
                              ps_task_error *out);
/* A reply that is accepted and yet a failure: a function that raised, entries that an event bus
 * did not take, tasks that a cluster did not start. False: it is none.
 *
 * result  of ps_protocol_read; spelt: what ps_integration_result made of it */
bool ps_integration_failed(const ps_integration_call *call, const ps_value *result,
                           const ps_value *spelt, const ps_reply *reply, ps_task_error *out);

#endif
