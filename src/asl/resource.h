/* resource.h -- what a Task's Resource means: ARN -> service, action, pattern, event family. */
#ifndef PS_ASL_RESOURCE_H
#define PS_ASL_RESOURCE_H

#include "base/str.h"

/* Which history events a task writes. */
typedef enum ps_family {
    PS_FAMILY_TASK,     /* TaskScheduled ...: service integrations, lua:..., anything else */
    PS_FAMILY_LAMBDA,   /* LambdaFunctionScheduled ...: a function's own ARN */
    PS_FAMILY_ACTIVITY, /* ActivityScheduled ... */
} ps_family;

typedef enum ps_pattern {
    PS_PATTERN_REQUEST, /* request and response */
    PS_PATTERN_SYNC,    /* .sync, .sync:2: run a job and wait for its end */
    PS_PATTERN_TOKEN,   /* .waitForTaskToken */
} ps_pattern;

/* All slices are borrowed from the resource's text. */
typedef struct ps_resource {
    ps_family family;
    ps_pattern pattern;
    bool integration; /* arn:aws:states:::<service>:<action> */
    ps_str service;   /* resourceType in history: "lambda", "sqs", "aws-sdk:s3", "lua"; ... */
    ps_str action;    /* resource in history: "invoke", "startExecution.sync:2" */
    ps_str verb;      /* the action without its pattern: "startExecution" */
    ps_str function;  /* a Lambda function's or activity's name; for "lua:x" x; else empty. Of
                       * lambda:invoke the compiler puts in what Parameters name. */
    ps_str region;    /* of the ARN; empty where it has none */
} ps_resource;

/* Takes `text` apart. False where it is not a resource at all (neither an ARN nor "lua:..." nor
 * another URI; of that `service` is the scheme and `action` the rest). */
bool ps_resource_parse(ps_str text, ps_resource *out);

typedef enum ps_knowledge {
    PS_KNOWN,   /* AWS would take it (an action of aws-sdk:* is taken on trust) */
    PS_UNKNOWN, /* AWS refuses it: no such action, or not in this pattern */
    PS_FOREIGN, /* something that Step Functions does not call, but a driver may */
} ps_knowledge;

/* Looks the integration up in the catalog of optimised actions. */
ps_knowledge ps_resource_known(const ps_resource *r);

/* For an action that is not optimised: the name of its service after "aws-sdk:" (empty: unknown),
 * and the action that tells whether the job is done (empty: none known). Static, or borrowed as
 * r->service is. */
ps_str ps_resource_sdk_service(const ps_resource *r);
ps_str ps_resource_poll(const ps_resource *r);

#endif
