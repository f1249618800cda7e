/* event_types.h -- the history's event types: one table, read by the recorder, the printer and
 * docs.
 *
 * Source: the API model's HistoryEvent (states-2016-11-23). */
#ifndef PS_EXEC_EVENT_TYPES_H
#define PS_EXEC_EVENT_TYPES_H

/* What an event's details hold, and in which slots of the record. */
typedef enum ps_event_shape {
    PS_SHAPE_NONE,         /* no details object */
    PS_SHAPE_BEGUN,        /* v0 input, v1 roleArn */
    PS_SHAPE_OUTPUT,       /* v0 output */
    PS_SHAPE_FAILURE,      /* v0 error, v1 cause */
    PS_SHAPE_ENTERED,      /* state, v0 input */
    PS_SHAPE_EXITED,       /* state, v0 output, v1 assigned variables */
    PS_SHAPE_SCHEDULED,    /* state, v0 parameters, v1 role, v2 region, n timeout, m heartbeat
                              (seconds) */
    PS_SHAPE_INVOKED,      /* state, v0 input, v1 role, n timeout: Lambda functions */
    PS_SHAPE_QUEUED,       /* state, v0 input, n timeout, m heartbeat: activities */
    PS_SHAPE_TARGET,       /* state: resourceType, resource */
    PS_SHAPE_WORKER,       /* v0 worker name */
    PS_SHAPE_RESULT,       /* state, v0 output: with resourceType, resource */
    PS_SHAPE_TASK_FAILURE, /* state, v0 error, v1 cause: with resourceType, resource */
    PS_SHAPE_LENGTH,       /* n length */
    PS_SHAPE_ITERATION,    /* state, n index */
    PS_SHAPE_MAP_RUN,      /* v0 mapRunArn; n redriveCount */
    PS_SHAPE_REDRIVEN,     /* n redriveCount */
    PS_SHAPE_EVALUATION,   /* state, v0 error, v1 cause, v2 location */
} ps_event_shape;

/* id, type, name of the details object, shape */
#define PS_EVENT_TYPES(X)                                                                          \
    X(EXECUTION_STARTED, "ExecutionStarted", "executionStartedEventDetails", BEGUN)                \
    X(EXECUTION_SUCCEEDED, "ExecutionSucceeded", "executionSucceededEventDetails", OUTPUT)         \
    X(EXECUTION_FAILED, "ExecutionFailed", "executionFailedEventDetails", FAILURE)                 \
    X(EXECUTION_ABORTED, "ExecutionAborted", "executionAbortedEventDetails", FAILURE)              \
    X(EXECUTION_TIMED_OUT, "ExecutionTimedOut", "executionTimedOutEventDetails", FAILURE)          \
    X(PASS_ENTERED, "PassStateEntered", "stateEnteredEventDetails", ENTERED)                       \
    X(TASK_ENTERED, "TaskStateEntered", "stateEnteredEventDetails", ENTERED)                       \
    X(CHOICE_ENTERED, "ChoiceStateEntered", "stateEnteredEventDetails", ENTERED)                   \
    X(WAIT_ENTERED, "WaitStateEntered", "stateEnteredEventDetails", ENTERED)                       \
    X(SUCCEED_ENTERED, "SucceedStateEntered", "stateEnteredEventDetails", ENTERED)                 \
    X(FAIL_ENTERED, "FailStateEntered", "stateEnteredEventDetails", ENTERED)                       \
    X(PARALLEL_ENTERED, "ParallelStateEntered", "stateEnteredEventDetails", ENTERED)               \
    X(MAP_ENTERED, "MapStateEntered", "stateEnteredEventDetails", ENTERED)                         \
    X(PASS_EXITED, "PassStateExited", "stateExitedEventDetails", EXITED)                           \
    X(TASK_EXITED, "TaskStateExited", "stateExitedEventDetails", EXITED)                           \
    X(CHOICE_EXITED, "ChoiceStateExited", "stateExitedEventDetails", EXITED)                       \
    X(WAIT_EXITED, "WaitStateExited", "stateExitedEventDetails", EXITED)                           \
    X(SUCCEED_EXITED, "SucceedStateExited", "stateExitedEventDetails", EXITED)                     \
    X(PARALLEL_EXITED, "ParallelStateExited", "stateExitedEventDetails", EXITED)                   \
    X(MAP_EXITED, "MapStateExited", "stateExitedEventDetails", EXITED)                             \
    X(TASK_ABORTED, "TaskStateAborted", "", NONE)                                                  \
    X(WAIT_ABORTED, "WaitStateAborted", "", NONE)                                                  \
    X(MAP_ABORTED, "MapStateAborted", "", NONE)                                                    \
    X(PARALLEL_ABORTED, "ParallelStateAborted", "", NONE)                                          \
    X(LAMBDA_SCHEDULED, "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails", INVOKED) \
    X(LAMBDA_STARTED, "LambdaFunctionStarted", "", NONE)                                           \
    X(LAMBDA_SUCCEEDED, "LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails", OUTPUT)  \
    X(LAMBDA_FAILED, "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails", FAILURE)          \
    X(LAMBDA_TIMED_OUT, "LambdaFunctionTimedOut", "lambdaFunctionTimedOutEventDetails", FAILURE)   \
    X(ACTIVITY_SCHEDULED, "ActivityScheduled", "activityScheduledEventDetails", QUEUED)            \
    X(ACTIVITY_STARTED, "ActivityStarted", "activityStartedEventDetails", WORKER)                  \
    X(ACTIVITY_SUCCEEDED, "ActivitySucceeded", "activitySucceededEventDetails", OUTPUT)            \
    X(ACTIVITY_FAILED, "ActivityFailed", "activityFailedEventDetails", FAILURE)                    \
    X(ACTIVITY_TIMED_OUT, "ActivityTimedOut", "activityTimedOutEventDetails", FAILURE)             \
    X(TASK_SCHEDULED, "TaskScheduled", "taskScheduledEventDetails", SCHEDULED)                     \
    X(TASK_STARTED, "TaskStarted", "taskStartedEventDetails", TARGET)                              \
    X(TASK_SUBMITTED, "TaskSubmitted", "taskSubmittedEventDetails", RESULT)                        \
    X(TASK_SUCCEEDED, "TaskSucceeded", "taskSucceededEventDetails", RESULT)                        \
    X(TASK_FAILED, "TaskFailed", "taskFailedEventDetails", TASK_FAILURE)                           \
    X(TASK_TIMED_OUT, "TaskTimedOut", "taskTimedOutEventDetails", TASK_FAILURE)                    \
    X(PARALLEL_STARTED, "ParallelStateStarted", "", NONE)                                          \
    X(PARALLEL_SUCCEEDED, "ParallelStateSucceeded", "", NONE)                                      \
    X(PARALLEL_FAILED, "ParallelStateFailed", "", NONE)                                            \
    X(MAP_STARTED, "MapStateStarted", "mapStateStartedEventDetails", LENGTH)                       \
    X(MAP_SUCCEEDED, "MapStateSucceeded", "", NONE)                                                \
    X(MAP_FAILED, "MapStateFailed", "", NONE)                                                      \
    X(ITERATION_STARTED, "MapIterationStarted", "mapIterationStartedEventDetails", ITERATION)      \
    X(ITERATION_SUCCEEDED, "MapIterationSucceeded", "mapIterationSucceededEventDetails",           \
      ITERATION)                                                                                   \
    X(ITERATION_FAILED, "MapIterationFailed", "mapIterationFailedEventDetails", ITERATION)         \
    X(ITERATION_ABORTED, "MapIterationAborted", "mapIterationAbortedEventDetails", ITERATION)      \
    X(MAP_RUN_STARTED, "MapRunStarted", "mapRunStartedEventDetails", MAP_RUN)                      \
    X(MAP_RUN_SUCCEEDED, "MapRunSucceeded", "", NONE)                                              \
    X(MAP_RUN_FAILED, "MapRunFailed", "mapRunFailedEventDetails", FAILURE)                         \
    X(EXECUTION_REDRIVEN, "ExecutionRedriven", "executionRedrivenEventDetails", REDRIVEN)          \
    X(MAP_RUN_REDRIVEN, "MapRunRedriven", "mapRunRedrivenEventDetails", MAP_RUN)                   \
    X(EVALUATION_FAILED, "EvaluationFailed", "evaluationFailedEventDetails", EVALUATION)

typedef enum ps_event_type {
#define ROW(id, type, details, shape) PS_EVENT_##id,
    PS_EVENT_TYPES(ROW)
#undef ROW
        PS_EVENT_TYPE_COUNT
} ps_event_type;

#endif
