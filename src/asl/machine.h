/* machine.h -- the compiled definition: immutable, reference-counted, shared by all its executions.
 *
 * Every path, template and rule is compiled here once. Structures are open to exec/, which reads
 * them; only parse.c fills them. Whatever is absent is NULL, or the default named beside it. */
#ifndef PS_ASL_MACHINE_H
#define PS_ASL_MACHINE_H

#include "asl/resource.h"
#include "expr/choice.h"
#include "expr/path.h"
#include "expr/template.h"

/* id, Type in definitions, prefix of its events' names */
#define PS_STATE_KINDS(X)                                                                          \
    X(PASS, "Pass")                                                                                \
    X(TASK, "Task")                                                                                \
    X(CHOICE, "Choice")                                                                            \
    X(WAIT, "Wait")                                                                                \
    X(SUCCEED, "Succeed")                                                                          \
    X(FAIL, "Fail")                                                                                \
    X(PARALLEL, "Parallel")                                                                        \
    X(MAP, "Map")
typedef enum ps_state_kind {
#define ROW(id, text) PS_STATE_##id,
    PS_STATE_KINDS(ROW)
#undef ROW
        PS_STATE_KIND_COUNT
} ps_state_kind;

typedef struct ps_state ps_state;
typedef struct ps_graph ps_graph;
typedef struct ps_machine ps_machine;

/* An integer field, and its ...Path form; `given` false: absent. */
typedef struct ps_count {
    bool given;
    double literal;     /* seconds, or a count or percentage */
    ps_path *path;      /* instead of the literal */
    ps_template *query; /* in JSONata, instead of the literal: an expression */
} ps_count;

typedef struct ps_retrier {
    const ps_value *
        *errors; /* ErrorEquals, `error_count` PS_STRINGs, borrowed from the definition */
    size_t error_count;
    int64_t interval_seconds;  /* 1 */
    int64_t max_attempts;      /* 3 */
    double backoff_rate;       /* 2.0 */
    int64_t max_delay_seconds; /* 0: none */
    bool full_jitter;
} ps_retrier;

typedef struct ps_catcher {
    const ps_value **errors;
    size_t error_count;
    ps_state *next;
    ps_path *result_path; /* NULL: "$" unless discard */
    bool discard_result;  /* ResultPath: null */
    ps_template *assign;
    ps_template *output; /* JSONata */
} ps_catcher;

/* InputPath, OutputPath: absent is "$". */
typedef struct ps_filter {
    bool discard;  /* null: {} */
    ps_path *path; /* NULL: "$" */
} ps_filter;

typedef struct ps_rule { /* what a Choice rule does when it matches */
    ps_state *next;
    ps_template *assign;
    ps_template *condition, *output; /* JSONata */
    const ps_value *predicate;       /* JSONata: a Condition "lua:name"; else NULL */
} ps_rule;

/* ReaderConfig.InputType */
typedef enum ps_reader_input {
    PS_INPUT_NONE, /* plain listing */
    PS_INPUT_JSON,
    PS_INPUT_JSONL,
    PS_INPUT_CSV,
    PS_INPUT_MANIFEST,
    PS_INPUT_PARQUET,
} ps_reader_input;

typedef struct ps_reader {    /* ItemReader */
    const ps_value *resource; /* PS_STRING */
    ps_template *parameters;
    const ps_value *config; /* ReaderConfig as written, or NULL */
    ps_reader_input input;
    ps_count max_items;
} ps_reader;

typedef struct ps_writer {    /* ResultWriter */
    const ps_value *resource; /* may be NULL: WriterConfig alone */
    ps_template *parameters;
    const ps_value *config; /* WriterConfig as written, or NULL */
} ps_writer;

struct ps_state {
    ps_state_kind kind;
    const ps_value *name; /* PS_STRING, borrowed from the definition */
    size_t id;            /* its number in the whole machine: machine->all[id] */
    ps_graph *graph;      /* the States object it stands in */
    ps_state *next;       /* NULL: End, or a kind without Next */
    bool jsonata;         /* its QueryLanguage: templates are JSONata's, and no paths */

    /* input and output processing */
    ps_filter input_path, output_path;
    ps_template *parameters; /* Parameters, Arguments; of a Map: ItemSelector (or its old form) */
    ps_template *selector;   /* ResultSelector */
    ps_path *result_path;    /* NULL: "$" unless discard_result */
    bool discard_result;     /* ResultPath: null */
    ps_template *assign;
    ps_template *output; /* JSONata: NULL is the result as it is */

    /* Pass */
    const ps_value *result;

    /* Task */
    const ps_value *resource; /* PS_STRING */
    ps_resource target;
    ps_count timeout, heartbeat; /* seconds */
    ps_template *credentials;    /* the whole Credentials object */

    /* Task, Parallel, Map */
    ps_retrier *retriers;
    size_t retrier_count;
    ps_catcher *catchers;
    size_t catcher_count;

    /* Choice */
    ps_choices *choices; /* NULL in JSONata: the rules have conditions */
    ps_rule *rules;      /* as many as Choices */
    size_t rule_count;
    ps_state *otherwise; /* Default */

    /* Wait */
    ps_count seconds;
    ps_path *timestamp_path;
    int64_t timestamp_ms; /* of a literal Timestamp */
    bool has_timestamp;
    ps_template *timestamp; /* JSONata: an expression */

    /* Fail */
    const ps_value *error, *cause;        /* PS_STRING or NULL */
    ps_template *error_path, *cause_path; /* ps_template_expression; in JSONata Error and Cause */

    /* Parallel: its branches; Map: one, the item processor */
    ps_graph **branches;
    size_t branch_count;

    /* Map */
    bool distributed;
    bool express_children; /* ProcessorConfig.ExecutionType EXPRESS */
    ps_path *items_path;   /* NULL: "$" */
    ps_template *items;    /* JSONata: NULL is the input */
    ps_count max_concurrency, tolerated_count, tolerated_percentage;
    ps_reader *reader;
    ps_writer *writer;
    ps_count max_items_per_batch, max_bytes_per_batch; /* ItemBatcher; has_batcher tells */
    ps_template *batch_input;
    bool has_batcher;
    const ps_value *label; /* PS_STRING; NULL: derived from the state's name */

    /* For the Lua side: state path "/Outer/Inner" for handler names; PS_STRING, owned */
    ps_value *path;
};

struct ps_graph { /* one States object */
    ps_state *start;
    ps_state **states; /* in the definition's order */
    size_t count;
    ps_state *owner; /* the Parallel or Map it belongs to; NULL at the top */
    size_t branch;   /* its index in owner->branches */
};

struct ps_machine {
    size_t refs;
    ps_value *definition; /* as read, substitutions applied */
    ps_graph *top;
    ps_state **all; /* every state, by id */
    size_t state_count;
    int64_t timeout_seconds; /* 0: none */
    const ps_value *comment;
};

/* Compiles a checked or unchecked definition. NULL with `err` set to the first finding's text where
 * it has errors: call ps_check for all of them. */
ps_machine *ps_machine_new(const ps_value *definition, ps_error *err);
ps_machine *ps_machine_ref(ps_machine *m);
void ps_machine_unref(ps_machine *m);

/* "Pass", "Task" ... */
ps_str ps_state_kind_name(ps_state_kind kind);

#endif
