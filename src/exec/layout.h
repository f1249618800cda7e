/* layout.h -- an execution's insides, shared by the files of exec/ and by nobody else.
 *
 * An exec is a tree of frames. A frame runs one States object (the top, a branch, an iteration): it
 * stands at one state, in one phase. Phases marked "ready" are on the ready queue; the others wait
 * for an input, a timer, or child frames. Every phase evaluates first and changes something only
 * afterwards, so that one that has to ask a Lua function (PS_FAULT_CALL) can simply be run again.
 *
 *   ENTER -> BEGIN -> WORKING -> OUTCOME -> EXIT -> next state's ENTER, or the parent's next step
 *              |  ^      `- task: an input or a timer ends it            ^
 *              |  `---- BACKOFF <- retry                                 |
 *              |`-> SLEEPING (Wait) -------------------------------------|
 *              `--> CHILDREN (Parallel, Map), READING, WRITING (Distributed Map) */
#ifndef PS_EXEC_LAYOUT_H
#define PS_EXEC_LAYOUT_H

#include "exec/exec.h"
#include "exec/history.h"

typedef enum ps_phase {
    PS_PHASE_ENTER,    /* ready */
    PS_PHASE_BEGIN,    /* ready: what goes in is evaluated, the work starts */
    PS_PHASE_WORKING,  /* waits for a task's outcome */
    PS_PHASE_OUTCOME,  /* ready: `failed` and result or error are there */
    PS_PHASE_SLEEPING, /* waits for a Wait state's timer */
    PS_PHASE_BACKOFF,  /* waits for a retry's timer */
    PS_PHASE_SPAWN,    /* ready: starts iterations as far as MaxConcurrency allows */
    PS_PHASE_CHILDREN, /* waits for child frames, or child executions */
    PS_PHASE_READING,  /* waits for READ */
    PS_PHASE_ITEMS,    /* ready: rows are read; selected and batched into child inputs */
    PS_PHASE_WRITING,  /* waits for WRITE */
    PS_PHASE_EXIT,     /* ready: what goes out is evaluated */
    PS_PHASE_CATCH,    /* ready: leaves through `catcher` */
    PS_PHASE_STOPPED,  /* the execution is over: see redrive.c */
    PS_PHASE_COUNT
} ps_phase;

#define PS_NEVER INT64_MAX
#define PS_NOT_QUEUED ((size_t)-1)

typedef struct ps_frame ps_frame;

/* A Distributed Map's run: child executions instead of child frames. */
typedef struct ps_run {
    ps_value *arn;
    ps_value *label;   /* PS_STRING */
    ps_value *items;   /* PS_ARRAY of child inputs; before PHASE_ITEMS is over: of rows */
    int64_t max_items; /* 0: all */
    bool has_count, has_percentage;
    int64_t tolerated_count;
    double tolerated_percentage;
    size_t failed;
    ps_value **errors; /* by item: NULL, or {Error, Cause, Name} */
    uint64_t *tokens;  /* by item: of the outstanding CHILD, or 0 */
    /* by item: the name of a child that is to be redriven and was not asked for yet; NULL without
     * a redrive */
    ps_value **again;
    size_t again_count, again_at; /* how many; none stands before again_at */
    int64_t redrives;
} ps_run;

struct ps_frame {
    ps_frame *parent;
    size_t number; /* in a snapshot being written or read */
    size_t index;  /* branch, or item */
    const ps_graph *graph;
    const ps_state *state;
    ps_phase phase;
    bool calling; /* a Lua function's answer is awaited, then `phase` runs again */

    uint64_t previous; /* the last event of this chain */
    uint64_t entered;  /* id of the state's entered event */
    uint64_t before;   /* the last event before that: what an EvaluationFailed follows */
    int64_t entered_ms;
    ps_scope scope;
    ps_value *input;  /* as it came in */
    ps_value *result; /* of the state's work; when `failed` the error's name */
    ps_value *cause;
    bool failed;
    bool late_heartbeat; /* failed by its heartbeat: States.HeartbeatTimeout matches too */
    const ps_catcher *catcher;
    ps_value *answers; /* PS_ARRAY: Lua answers of the phase under way */

    uint32_t attempt; /* retries so far in this visit */
    int64_t *retried; /* by retrier; NULL until the first */

    /* a task under way */
    uint64_t token;    /* of the command that is awaited: TASK, READ, WRITE or CALL; 0: none */
    uint64_t reserved; /* of the TASK to come: its task token names it already; 0: none */
    ps_stage stage;
    ps_value *arguments, *role, *task_token, *submitted;
    int64_t timeout_seconds, heartbeat_seconds; /* -1: none */
    int64_t timeout_ms, heartbeat_ms;           /* when they are due; PS_NEVER */

    /* timer: one heap entry a frame */
    int64_t deadline_ms;
    uint64_t timer_seq;
    size_t heap_at;

    /* ready queue */
    ps_frame *ready_next, *ready_previous;
    bool ready;

    /* children: Parallel and inline Map */
    ps_frame *first_child, *last_child, *next_sibling, *previous_sibling;
    ps_value *items;     /* Map: what is iterated over */
    ps_value *effective; /* Map: `$` of ItemSelector; Parallel: the branches' input */
    ps_value **results;  /* by index */
    size_t width;        /* branches or items */
    size_t started, done;
    size_t held; /* printed bytes of the results so far */
    size_t concurrency;
    ps_run *run; /* Distributed Map */
};

/* What a token stands for. */
typedef struct ps_pending {
    uint64_t token;
    ps_frame *frame;
    ps_command_kind kind; /* TASK, CALL, CHILD, READ, WRITE */
    size_t index;         /* CHILD: the item */
    bool polled;          /* handed out at least once: to forget it takes a CANCEL */
    ps_value *name;       /* CALL: the function; CHILD: the child's name */
    ps_value *input;      /* CALL: arguments; READ, WRITE: parameters */
} ps_pending;

/* Outstanding tokens, by number; see tokens.c. */
typedef struct ps_tokens {
    ps_pending *slots; /* token 0: free */
    size_t capacity, count;
} ps_tokens;

/* Labels of the exec's random streams. */
typedef enum ps_stream {
    PS_STREAM_UUID = 1,
    PS_STREAM_JITTER,
    PS_STREAM_TASK_TOKEN,
    PS_STREAM_MAP_RUN
} ps_stream;

/* A command to hand out: a token to poll, or a CANCEL. */
typedef struct ps_queued {
    uint64_t token;
    bool cancel;
} ps_queued;

struct ps_exec {
    ps_machine *machine;
    const ps_profile *profile;
    const ps_graph *graph;
    ps_value *arn, *name, *role_arn, *machine_arn, *machine_name, *region;
    ps_value *activities; /* PS_ARRAY of ARNs that exist; NULL: all do */
    ps_value *input;
    int64_t started_ms, now_ms;
    int64_t deadline_ms;           /* of the whole execution */
    int64_t redrives, redriven_ms; /* how often, and when last */
    uint8_t seed[32];
    uint64_t positions[PS_STREAM_MAP_RUN + 1]; /* of the random streams */

    ps_exec_status status;
    ps_value *output, *error, *cause;
    bool finish_polled;

    ps_frame *top; /* stopped when the execution is over; NULL after success */
    ps_frame *ready_first, *ready_last;
    ps_frame **heap; /* by (deadline_ms, timer_seq) */
    size_t heap_count, heap_capacity;
    uint64_t timer_seq, next_token;
    ps_tokens tokens;
    ps_queued *queue; /* commands to hand out, from queue_at on */
    size_t queue_at, queue_count, queue_capacity;
    ps_history history;
    struct ps_recorder *recorder; /* NULL: what is given is not kept */
    ps_blobs *blobs;              /* NULL: there are none */
    uint32_t burst;               /* transitions since the burst began */
    bool more;                    /* the burst ended by its budget: poll owes a MORE */

    /* evaluation */
    ps_env env;
    ps_calls calls;
    ps_rand rand;     /* the UUID stream while an evaluation runs */
    ps_states states; /* what $states shows meanwhile */
    ps_frame *evaluating;
    ps_value *context;       /* $$ of the evaluation under way, built on first use */
    ps_value *context_fixed; /* its Execution and StateMachine parts */
    ps_value *stages;        /* of the state entered last, when observed; see observe.c */
    ps_value *item;          /* $$.Map.Item while an ItemSelector is evaluated */
};

/* -- frame.c: frames, queue, timers ----------------------------------------------------------- */

ps_frame *ps_frame_new(ps_exec *x, ps_frame *parent, const ps_graph *graph, size_t index,
                       ps_value *input_take);
/* Frees the frame and all below it, cancelling what is outstanding. */
void ps_frame_kill(ps_exec *x, ps_frame *f);
/* Queues the frame behind the others that are ready; `next` in front of them: it goes on at once.
 */
void ps_frame_ready(ps_exec *x, ps_frame *f, ps_phase phase);
void ps_frame_next(ps_exec *x, ps_frame *f, ps_phase phase);
void ps_frame_unready(ps_exec *x, ps_frame *f);
/* Sets the frame's one timer; PS_NEVER removes it. */
void ps_frame_timer(ps_exec *x, ps_frame *f, int64_t deadline_ms);
/* The same for a frame that is loaded: its place among equal deadlines is kept. */
void ps_frame_timer_restore(ps_exec *x, ps_frame *f, int64_t deadline_ms, uint64_t seq);
/* Forgets what belongs to the visit of one state (not its children: they are gone by then). */
void ps_frame_clear_visit(ps_frame *f);
/* Runs one phase of a ready frame. */
void ps_frame_step(ps_exec *x, ps_frame *f);
/* Appends an event to the frame's chain: its id becomes the chain's last. */
ps_event *ps_frame_event(ps_exec *x, ps_frame *f, ps_event_type type);
/* Appends an event that hangs on the chain without becoming its last. */
ps_event *ps_frame_side_event(ps_exec *x, ps_frame *f, ps_event_type type);

/* -- flow.c: entering, leaving, failing ---------------------------------------------------------
 */

void ps_flow_enter(ps_exec *x, ps_frame *f);
void ps_flow_exit(ps_exec *x, ps_frame *f);
/* The state's input after InputPath and Parameters: a new reference, or NULL: the frame has been
 * told. */
ps_value *ps_flow_effective(ps_exec *x, ps_frame *f);
/* The state's work is done; `result` leaves through PHASE_EXIT. */
void ps_flow_result_take(ps_exec *x, ps_frame *f, ps_value *result);
/* How a state's result, or a catcher's error output, leaves: absent fields do nothing. */
typedef struct ps_departure {
    const ps_template *assign;
    const ps_path *result_path;
    bool discard_result;
    const ps_filter *output_path;
    const ps_template *output; /* JSONata, instead of the paths */
    const ps_state *next;
} ps_departure;
/* Assign, then ResultPath and OutputPath, or Output, then away. */
void ps_flow_depart_take(ps_exec *x, ps_frame *f, ps_value *v, const ps_departure *d);
/* Leaves `f`'s state with its output for `next`, or ends the frame where `next` is NULL. */
void ps_flow_leave_take(ps_exec *x, ps_frame *f, ps_value *output, ps_value *assigned,
                        const ps_state *next);
/* What an evaluation that came back empty means: asks the Lua function, or fails the state. */
void ps_flow_fault(ps_exec *x, ps_frame *f);
/* Fails the state with an error of the engine's: wrapped in AWS's words "An error occurred ...". */
void ps_flow_fail(ps_exec *x, ps_frame *f, const char *error, const char *cause_format, ...)
    __attribute__((format(printf, 4, 5)));
/* Fails the state with an error as it is: Retry and Catch, else the frame fails. */
void ps_flow_failed_take(ps_exec *x, ps_frame *f, ps_value *error, ps_value *cause);
/* Whether `v` is within the profile's payload limit; false: the frame has been told. */
bool ps_flow_fits(ps_exec *x, ps_frame *f, const ps_value *v);
/* Evaluates Assign with `v` as `$`: true with *assigned (NULL where there is none). */
bool ps_flow_assign(ps_exec *x, ps_frame *f, const ps_template *t, const ps_value *v,
                    ps_value **assigned);

/* -- retry.c --------------------------------------------------------------------------------------
 */

/* Retry and Catch of a failed state: true when one of them took it over. */
bool ps_retry_or_catch(ps_exec *x, ps_frame *f);
void ps_retry_catch(ps_exec *x, ps_frame *f);

/* -- by state type: BEGIN and what comes after
 * ------------------------------------------------------ */

void ps_simple_begin(ps_exec *x, ps_frame *f); /* Pass, Choice, Wait, Succeed, Fail */
void ps_task_begin(ps_exec *x, ps_frame *f);
void ps_task_outcome(ps_exec *x, ps_frame *f);
/* What a worker says; the outcome's history is written at once, its consequences when the frame's
 * turn comes. */
void ps_task_started(ps_exec *x, ps_frame *f, const ps_value *worker);
void ps_task_submitted(ps_exec *x, ps_frame *f, const ps_value *v);
void ps_task_beat(ps_exec *x, ps_frame *f);
void ps_task_resume(ps_exec *x, ps_frame *f, const ps_outcome *o);
/* The token of the task that handed out task token `text`; 0: none. */
uint64_t ps_task_find(const ps_exec *x, ps_str text);
/* A due timer of a working task: writes the timeout's event, readies the outcome. */
void ps_task_timed_out(ps_exec *x, ps_frame *f);
void ps_parallel_begin(ps_exec *x, ps_frame *f);
void ps_map_begin(ps_exec *x, ps_frame *f);
void ps_map_spawn(ps_exec *x, ps_frame *f);
/* An item as its child gets it: after ItemSelector. A new reference, or NULL with a fault.
 *
 * key     of an object's member, or NULL
 * source  what $$.Map.Item.Source tells, or NULL: nothing */
ps_value *ps_map_select(ps_exec *x, ps_frame *f, const ps_value *key, const ps_value *item,
                        const ps_value *source, size_t index);
/* A child frame ended well, or not. `child` is gone afterwards. */
void ps_children_done_take(ps_exec *x, ps_frame *child, ps_value *output);
void ps_children_failed(ps_exec *x, ps_frame *child, ps_value *error, ps_value *cause);
/* Ends all children of a state that fails, with their events. */
void ps_children_cut(ps_exec *x, ps_frame *f);
/* Forgets the results: what there was to do is done, or has to be done anew. */
void ps_children_drop_results(ps_frame *f);
/* Frees what belongs to children: results, items, run. */
void ps_children_clear(ps_exec *x, ps_frame *f);
/* Counts one more result; false: the execution's memory budget is spent, the frame has been told.
 */
bool ps_children_hold(ps_exec *x, ps_frame *f, const ps_value *result);
/* Distributed Map. */
void ps_distributed_begin_take(ps_exec *x, ps_frame *f, ps_value *effective, ps_value *items);
void ps_distributed_spawn(ps_exec *x, ps_frame *f);
void ps_distributed_items(ps_exec *x, ps_frame *f);
void ps_distributed_rows(ps_exec *x, ps_frame *f, const ps_outcome *o);
/* `name` is the child's. */
void ps_distributed_child(ps_exec *x, ps_frame *f, size_t index, const ps_value *name,
                          const ps_outcome *o);
void ps_distributed_written(ps_exec *x, ps_frame *f, const ps_outcome *o);
void ps_run_free(ps_exec *x, ps_run *run, size_t width);
/* The run's limits have changed while children run. */
void ps_distributed_updated(ps_exec *x, ps_frame *f);
/* The limits in a record's object. */
ps_run_limits ps_run_limits_read(const ps_value *v);
/* What did not succeed is to be asked for again. */
void ps_run_reopen(ps_run *run, size_t width);

/* -- evaluate.c: expressions on behalf of a frame ------------------------------------------------
 */

/* Between begin and end expressions may be evaluated with &x->env. */
void ps_evaluate_begin(ps_exec *x, ps_frame *f);
/* Keeps the random stream's position; call only when all went well. */
void ps_evaluate_end(ps_exec *x);
/* Reads a path for an input or output field: NULL with a fault in AWS's words. */
ps_value *ps_evaluate_path(ps_exec *x, const ps_path *p, const ps_value *input);
/* InputPath or OutputPath. */
ps_value *ps_evaluate_filter(ps_exec *x, const ps_filter *filter, const ps_value *input);
/* An integer field or its Path form: *out, -1 where absent. False with a fault. `field` is the Path
 * form's name. */
bool ps_evaluate_count(ps_exec *x, const ps_count *count, const ps_value *input, const char *field,
                       int64_t *out);
/* The field's literal as an integer; one beyond 2^53 as that. */
int64_t ps_count_literal(const ps_count *count);
/* A number, or a string that spells one (AWS takes both): a new reference, else NULL. */
ps_value *ps_evaluate_number(const ps_value *v);
/* A value as AWS quotes it in causes: strings bare, the rest as JSON. */
void ps_evaluate_quote(const ps_value *v, ps_buf *out);

/* -- observe.c: stages of input and output processing, for whoever asked to see them --------------
 */

void ps_observe_enter(ps_exec *x, const ps_frame *f);
void ps_observe(ps_exec *x, const char *stage, const ps_value *v);
/* One more element of a stage that is an array. */
void ps_observe_each(ps_exec *x, const char *stage, const ps_value *v);

/* -- tokens.c
 * --------------------------------------------------------------------------------------- */

ps_pending *ps_tokens_add(ps_tokens *t, uint64_t token); /* zeroed but for the token */
ps_pending *ps_tokens_get(const ps_tokens *t, uint64_t token);
void ps_tokens_remove(ps_tokens *t, uint64_t token);

/* -- exec.c
 * ------------------------------------------------------------------------------------------ */

/* The next number for a command. */
uint64_t ps_exec_reserve(ps_exec *x);
/* A new outstanding command, to be handed out by poll; `name` and `input` are owned by it. */
uint64_t ps_exec_command(ps_exec *x, ps_frame *f, ps_command_kind kind, size_t index,
                         ps_value *name_take, ps_value *input_take);
/* Time goes on to now_ms, never back. */
void ps_exec_clock(ps_exec *x, int64_t now_ms);
/* The execution's own time begins now. */
void ps_exec_set_deadline(ps_exec *x);
/* Forgets an outstanding command; one that was handed out already is cancelled. */
void ps_exec_cancel(ps_exec *x, uint64_t token);
/* The same as ps_exec_command under a number reserved before; borrowed until the next command. */
ps_pending *ps_exec_restore(ps_exec *x, uint64_t token, ps_frame *f, ps_command_kind kind,
                            size_t index, ps_value *name_take, ps_value *input_take);
/* One more command for poll to hand out: a token's, or its cancellation. */
void ps_exec_enqueue(ps_exec *x, uint64_t token, bool cancel);
/* Whether an entry of the queue is neither void by now nor a command handed out before, which its
 * token tells. */
bool ps_exec_waits(const ps_exec *x, const ps_queued *q);
/* `seconds` from now; PS_NEVER where that is beyond any clock. */
int64_t ps_exec_after(const ps_exec *x, int64_t seconds);
/* The region in an ARN: between its third and fourth colon. A new PS_STRING. */
ps_value *ps_exec_region(const ps_value *arn);
/* The execution is over. `error`, `cause`, `output` are owned by the exec from now on. */
void ps_exec_finish_take(ps_exec *x, ps_exec_status status, ps_value *output, ps_value *error,
                         ps_value *cause);
/* A random stream to draw from, and the way to put its position back. */
ps_rand ps_exec_stream(const ps_exec *x, ps_stream label);
void ps_exec_stream_end(ps_exec *x, const ps_rand *r);

#endif
