/* check_state.c -- one state: which fields its type has, and what they must say together. */
#include "asl/check_value.h"

#define P (1u << PS_STATE_PASS)
#define T (1u << PS_STATE_TASK)
#define C (1u << PS_STATE_CHOICE)
#define W (1u << PS_STATE_WAIT)
#define S (1u << PS_STATE_SUCCEED)
#define F (1u << PS_STATE_FAIL)
#define L (1u << PS_STATE_PARALLEL)
#define M (1u << PS_STATE_MAP)
#define LONGEST 99999999 /* seconds */

static const ps_field fields[] = {
    {PS_FIELD("Type"), PS_ANYWHERE, PS_BOTH, NULL, 0, 0, NULL},
    {PS_FIELD("Comment"), PS_ANYWHERE, PS_BOTH, NULL, 0, 0, NULL},
    {PS_FIELD("QueryLanguage"), PS_ANYWHERE, PS_BOTH, ps_check_enum, 0, 0, "JSONPath, JSONata"},
    {PS_FIELD("Next"), P | T | W | L | M, PS_BOTH, ps_check_string, 0, 0, NULL},
    {PS_FIELD("End"), P | T | W | L | M, PS_BOTH, ps_check_bool, 0, 0, NULL},
    {PS_FIELD("Output"), ~F, PS_JSONATA, ps_check_template, 0, 0, NULL},
    {PS_FIELD("Assign"), P | T | W | C | L | M, PS_BOTH, ps_check_assign, 0, 0, NULL},
    {PS_FIELD("Arguments"), T | L, PS_JSONATA, ps_check_template, 0, 0, NULL},
    {PS_FIELD("InputPath"), ~F, PS_JSONPATH, ps_check_nullable_path, 0, 0, NULL},
    {PS_FIELD("OutputPath"), ~F, PS_JSONPATH, ps_check_nullable_path, 0, 0, NULL},
    {PS_FIELD("ResultPath"), P | T | L | M, PS_JSONPATH, ps_check_result_path, 0, 0, NULL},
    {PS_FIELD("Parameters"), P | T | L | M, PS_JSONPATH, ps_check_template, 0, 0, NULL},
    {PS_FIELD("ResultSelector"), T | L | M, PS_JSONPATH, ps_check_template, 0, 0, NULL},
    {PS_FIELD("Retry"), T | L | M, PS_BOTH, ps_check_retry, 0, 0, NULL},
    {PS_FIELD("Catch"), T | L | M, PS_BOTH, ps_check_catch, 0, 0, NULL},
    {PS_FIELD("Result"), P, PS_JSONPATH, NULL, 0, 0, NULL},
    {PS_FIELD("Resource"), T, PS_BOTH, ps_check_task_resource, 0, 0, NULL},
    {PS_FIELD("TimeoutSeconds"), T, PS_BOTH, ps_check_integer, 1, LONGEST, NULL},
    {PS_FIELD("TimeoutSecondsPath"), T, PS_JSONPATH, ps_check_reference, 0, 0, NULL},
    {PS_FIELD("HeartbeatSeconds"), T, PS_BOTH, ps_check_integer, 1, LONGEST, NULL},
    {PS_FIELD("HeartbeatSecondsPath"), T, PS_JSONPATH, ps_check_reference, 0, 0, NULL},
    {PS_FIELD("Credentials"), T, PS_BOTH, ps_check_credentials, 0, 0, NULL},
    {PS_FIELD("Choices"), C, PS_BOTH, ps_check_choices, 0, 0, NULL},
    {PS_FIELD("Default"), C, PS_BOTH, ps_check_string, 0, 0, NULL},
    {PS_FIELD("Seconds"), W, PS_BOTH, ps_check_integer, 0, LONGEST, NULL},
    {PS_FIELD("SecondsPath"), W, PS_JSONPATH, ps_check_reference, 0, 0, NULL},
    {PS_FIELD("Timestamp"), W, PS_BOTH, ps_check_timestamp, 0, 0, NULL},
    {PS_FIELD("TimestampPath"), W, PS_JSONPATH, ps_check_reference, 0, 0, NULL},
    {PS_FIELD("Error"), F, PS_BOTH, ps_check_string, 0, 0, NULL},
    {PS_FIELD("ErrorPath"), F, PS_JSONPATH, ps_check_expression, 0, 0, NULL},
    {PS_FIELD("Cause"), F, PS_BOTH, ps_check_string, 0, 0, NULL},
    {PS_FIELD("CausePath"), F, PS_JSONPATH, ps_check_expression, 0, 0, NULL},
    {PS_FIELD("Branches"), L, PS_BOTH, ps_check_branches, 0, 0, NULL},
    {PS_FIELD("ItemProcessor"), M, PS_BOTH, ps_check_processor, 0, 0, NULL},
    {PS_FIELD("Iterator"), M, PS_BOTH, ps_check_processor, 0, 0, NULL},
    {PS_FIELD("ItemsPath"), M, PS_JSONPATH, ps_check_reference, 0, 0, NULL},
    {PS_FIELD("Items"), M, PS_JSONATA, ps_check_template, 0, 0, NULL},
    {PS_FIELD("ItemSelector"), M, PS_BOTH, ps_check_template, 0, 0, NULL},
    {PS_FIELD("ItemReader"), M, PS_BOTH, ps_check_reader, 0, 0, NULL},
    {PS_FIELD("ItemBatcher"), M, PS_BOTH, ps_check_batcher, 0, 0, NULL},
    {PS_FIELD("ResultWriter"), M, PS_BOTH, ps_check_writer, 0, 0, NULL},
    {PS_FIELD("MaxConcurrency"), M, PS_BOTH, ps_check_integer, 0, 0, NULL},
    {PS_FIELD("MaxConcurrencyPath"), M, PS_JSONPATH, ps_check_reference, 0, 0, NULL},
    {PS_FIELD("ToleratedFailureCount"), M, PS_BOTH, ps_check_integer, 0, 0, NULL},
    {PS_FIELD("ToleratedFailureCountPath"), M, PS_JSONPATH, ps_check_reference, 0, 0, NULL},
    {PS_FIELD("ToleratedFailurePercentage"), M, PS_BOTH, ps_check_number, 0, 100, NULL},
    {PS_FIELD("ToleratedFailurePercentagePath"), M, PS_JSONPATH, ps_check_reference, 0, 0, NULL},
    {PS_FIELD("Label"), M, PS_BOTH, ps_check_label, 0, 0, NULL},
};

static const struct {
    unsigned kinds;
    bool required;
    const char *names[5];
} groups[] = {
    {P | T | W | L | M, true, {"Next", "End"}},
    {W, true, {"SecondsPath", "Seconds", "TimestampPath", "Timestamp"}},
    {T, false, {"TimeoutSeconds", "TimeoutSecondsPath"}},
    {T, false, {"HeartbeatSeconds", "HeartbeatSecondsPath"}},
    {F, false, {"Error", "ErrorPath"}},
    {F, false, {"Cause", "CausePath"}},
    {M, true, {"ItemProcessor", "Iterator"}},
    {M, false, {"ItemSelector", "Parameters"}},
    {M, false, {"MaxConcurrency", "MaxConcurrencyPath"}},
    {M, false, {"ToleratedFailureCount", "ToleratedFailureCountPath"}},
    {M, false, {"ToleratedFailurePercentage", "ToleratedFailurePercentagePath"}},
};

static const struct {
    unsigned kinds;
    const char *names[2];
} required[] = {{T, {"Resource"}}, {L, {"Branches"}}, {C, {"Choices"}}};

ps_state_kind ps_check_state_kind(const ps_value *state)
{
    ps_str type = ps_check_text(state, "Type");
    int kind = 0;
    while (kind < PS_STATE_KIND_COUNT &&
           !ps_str_equal(type, ps_state_kind_name((ps_state_kind)kind))) {
        kind++;
    }
    return (ps_state_kind)kind;
}

static void report_type(ps_walk *w, const ps_value *state)
{
    static const char *const type[] = {"Type", NULL};
    const ps_value *v = ps_check_get(state, "Type");
    if (!v) {
        ps_check_required(w, state, type);
        return;
    }
    ps_mark mark = ps_walk_enter(w, PS_STR("Type"));
    if (ps_check_kind(w, v, PS_STRING)) {
        ps_finding f = {.code = PS_SCHEMA};
        ps_buf_add(&f.message, PS_STR("The field 'Type' should have one of these values: [Task, "
                                      "Wait, Pass, Succeed, Fail, Choice, Parallel, Map]"));
        for (int kind = 0; kind < PS_STATE_KIND_COUNT; kind++) {
            ps_str name = ps_state_kind_name((ps_state_kind)kind);
            if (ps_walk_near(w, ps_value_str(v), name)) {
                ps_buf_addf(&f.hint, "did you mean \"%.*s\"?", PS_WORDS(name));
                ps_finding_replace_take(w, &f, PS_STR(""), ps_string(name));
                break;
            }
        }
        ps_walk_add(w, &f);
    }
    ps_walk_leave(w, mark);
}

/* True where the state may not have the language it names. */
static bool check_downgrade(ps_walk *w, const ps_value *state)
{
    if (w->machine_jsonata && !ps_check_language(state, true)) {
        ps_walk_error(w, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole "
                         "state machine");
        return true;
    }
    return false;
}

static void check_activity(ps_walk *w, const ps_value *state)
{
    ps_resource r;
    if (ps_check_get(state, "Credentials") &&
        ps_resource_parse(ps_check_text(state, "Resource"), &r) && r.family == PS_FAMILY_ACTIVITY) {
        ps_walk_error_in(w, PS_STR("Credentials"),
                         "The field 'Credentials' is not supported for activities");
    }
}

void ps_check_state(ps_walk *w, const ps_value *state)
{
    if (!ps_check_kind(w, state, PS_OBJECT)) {
        return;
    }
    ps_state_kind kind = ps_check_state_kind(state);
    if (kind == PS_STATE_KIND_COUNT) {
        report_type(w, state);
        return;
    }
    unsigned bit = 1u << kind;
    bool outer = w->jsonata;
    w->jsonata = ps_check_language(state, w->machine_jsonata);
    bool downgraded = check_downgrade(w, state);
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        if (required[i].kinds & bit) {
            ps_check_required(w, state, required[i].names);
        }
    }
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (groups[i].kinds & bit) {
            ps_check_one_of(w, state, groups[i].names, groups[i].required);
        }
    }
    ps_check_fields(w, state, fields, sizeof fields / sizeof fields[0], bit, !downgraded);
    check_activity(w, state);
    if (w->options->warnings) {
        ps_check_doubts(w, state, kind);
    }
    w->jsonata = outer;
}
