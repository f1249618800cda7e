/* check_warn.c -- what AWS takes and what is yet probably a mistake: warnings about one state. */
#include "asl/check_value.h"

static ps_str string_at(const ps_value *array, size_t i)
{
    const ps_value *v = ps_array_at(array, i);
    return ps_value_kind(v) == PS_STRING ? ps_value_str(v) : PS_STR("");
}

static bool uncatchable(ps_str name)
{
    return ps_str_equal(name, PS_STR("States.Runtime")) ||
           ps_str_equal(name, PS_STR("States.DataLimitExceeded"));
}

/* Whether errors of this name never come so far, or are never offered. */
static bool is_taken(const ps_value *seen, ps_str name)
{
    bool by_wildcard = ps_object_get(seen, PS_STR("States.TaskFailed")) &&
                       !ps_str_equal(name, PS_STR("States.ALL")) &&
                       !ps_str_equal(name, PS_STR("States.Timeout")) &&
                       !ps_str_equal(name, PS_STR("States.HeartbeatTimeout"));
    return ps_object_get(seen, name) || by_wildcard || uncatchable(name);
}

static void doubt_list(ps_walk *w, const ps_value *state, const char *field, const char *code)
{
    const ps_value *list = ps_check_get(state, field);
    ps_value *seen = ps_object(8);
    bool there = list && ps_value_kind(list) == PS_ARRAY;
    ps_mark outer = ps_walk_enter(w, ps_str_from(field));
    for (size_t i = 0; there && i < ps_value_count(list); i++) {
        const ps_value *errors = ps_check_get(ps_array_at(list, i), "ErrorEquals");
        if (!errors || ps_value_kind(errors) != PS_ARRAY || ps_value_count(errors) == 0) {
            continue;
        }
        size_t taken = 0;
        for (size_t k = 0; k < ps_value_count(errors); k++) {
            taken += is_taken(seen, string_at(errors, k));
        }
        for (size_t k = 0; k < ps_value_count(errors); k++) {
            ps_object_put_take(seen, string_at(errors, k), ps_bool(true));
        }
        if (taken == ps_value_count(errors)) {
            ps_mark mark = ps_walk_enter_index(w, i);
            ps_walk_warn(w, code,
                         "No error ever matches this entry of %s: its names are taken by "
                         "entries before it, or cannot be caught",
                         field);
            ps_walk_leave(w, mark);
        }
    }
    ps_walk_leave(w, outer);
    ps_value_unref(seen);
}

/* A request to a service, and a Lambda function, end by themselves. */
static bool may_hang(const ps_value *state)
{
    ps_resource r;
    if (!ps_resource_parse(ps_check_text(state, "Resource"), &r) || r.family == PS_FAMILY_LAMBDA) {
        return false;
    }
    return !r.integration || r.pattern != PS_PATTERN_REQUEST;
}

static void doubt_task(ps_walk *w, const ps_value *state)
{
    const ps_value *timeout = ps_check_get(state, "TimeoutSeconds");
    const ps_value *heartbeat = ps_check_get(state, "HeartbeatSeconds");
    if (!timeout && !ps_check_get(state, "TimeoutSecondsPath") && may_hang(state)) {
        ps_walk_warn(w, "TASK_WITHOUT_TIMEOUT",
                     "Without TimeoutSeconds nothing ends this task if its answer never comes");
    }
    if (timeout && heartbeat && ps_value_is_number(timeout) && ps_value_is_number(heartbeat) &&
        ps_number_compare(heartbeat, timeout) >= 0) {
        ps_walk_warn(w, "HEARTBEAT_TOO_LONG",
                     "HeartbeatSeconds should be smaller than TimeoutSeconds");
    }
}

/* "$.a", "$$.b" or "States.Format(...)": what would be an expression under another name. */
static bool looks_dynamic(ps_str s, bool *call)
{
    *call = ps_str_starts(s, PS_STR("States.")) && ps_str_ends(s, PS_STR(")"));
    return *call || ps_str_starts(s, PS_STR("$.")) || ps_str_starts(s, PS_STR("$$.")) ||
           ps_str_starts(s, PS_STR("$["));
}

static void doubt_template(ps_walk *w, const ps_value *v, ps_str key)
{
    bool call;
    ps_kind kind = ps_value_kind(v);
    if (kind == PS_STRING && key.len > 0 && !ps_str_ends(key, PS_STR(".$")) &&
        looks_dynamic(ps_value_str(v), &call)) {
        ps_finding f = {.code = "NO_DOLLAR", .warning = true};
        ps_buf dynamic = {0};
        ps_buf_addf(&dynamic, "%.*s.$", PS_WORDS(key));
        ps_buf_addf(&f.message, "The value of '%.*s' looks like %s, but is taken literally",
                    PS_WORDS(key), call ? "an intrinsic function call" : "a JSONPath");
        ps_buf_addf(&f.hint, "did you mean \"%.*s\"?", PS_WORDS(ps_buf_str(&dynamic)));
        ps_finding_rename(w, &f, key, ps_buf_str(&dynamic));
        ps_walk_add(w, &f);
        ps_buf_free(&dynamic);
    }
    for (size_t i = 0; kind == PS_ARRAY && i < ps_value_count(v); i++) {
        ps_mark mark = ps_walk_enter_index(w, i);
        doubt_template(w, ps_array_at(v, i), PS_STR(""));
        ps_walk_leave(w, mark);
    }
    for (size_t i = 0; kind == PS_OBJECT && i < ps_value_count(v); i++) {
        ps_str name = ps_value_str(ps_object_key_at(v, i));
        const ps_value *member = ps_object_value_at(v, i);
        if (ps_value_kind(member) == PS_STRING) { /* located at the object that has it */
            doubt_template(w, member, name);
            continue;
        }
        ps_mark mark = ps_walk_enter(w, name);
        doubt_template(w, member, PS_STR(""));
        ps_walk_leave(w, mark);
    }
}

static void doubt_templates(ps_walk *w, const ps_value *state)
{
    static const char *const templates[] = {"Parameters", "ItemSelector", "ResultSelector",
                                            "Assign"};
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
        const ps_value *v = ps_check_get(state, templates[i]);
        if (v) {
            ps_mark mark = ps_walk_enter(w, ps_str_from(templates[i]));
            doubt_template(w, v, PS_STR(""));
            ps_walk_leave(w, mark);
        }
    }
}

/* A path where a literal belongs, in a field that has a ...Path form. */
static void doubt_literals(ps_walk *w, const ps_value *state)
{
    static const char *const fields[] = {
        "Error",
        "Cause",
        "Seconds",
        "Timestamp",
        "TimeoutSeconds",
        "HeartbeatSeconds",
        "MaxConcurrency",
        "ToleratedFailureCount",
        "ToleratedFailurePercentage",
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        bool call;
        ps_str name = ps_str_from(fields[i]);
        if (!looks_dynamic(ps_check_text(state, fields[i]), &call)) {
            continue;
        }
        ps_finding f = {.code = "NO_PATH", .warning = true};
        ps_buf path = {0};
        ps_buf_addf(&path, "%sPath", fields[i]);
        ps_buf_addf(&f.message, "The value of '%s' looks like a path, but is taken literally",
                    fields[i]);
        ps_buf_addf(&f.hint, "did you mean \"%.*s\"?", PS_WORDS(ps_buf_str(&path)));
        ps_finding_rename(w, &f, name, ps_buf_str(&path));
        ps_walk_add(w, &f);
        ps_buf_free(&path);
    }
}

static void doubt_pass(ps_walk *w, const ps_value *state)
{
    bool call;
    const ps_value *result = ps_check_get(state, "Result");
    if (result && ps_value_kind(result) == PS_STRING &&
        looks_dynamic(ps_value_str(result), &call)) {
        ps_mark mark = ps_walk_enter(w, PS_STR("Result"));
        ps_walk_warn(w, "PASS_RESULT_IS_STATIC",
                     "The Result of a Pass state is taken literally, not as a path or call");
        ps_walk_leave(w, mark);
    }
}

/* What an Inline Map has and does not use. */
static void doubt_inline(ps_walk *w, const ps_value *state)
{
    static const char *const unused[] = {"ItemReader", "ItemBatcher", "ResultWriter", "Label"};
    const ps_value *processor = ps_check_get(state, "ItemProcessor");
    const ps_value *config = processor ? ps_check_get(processor, "ProcessorConfig") : NULL;
    if (config && ps_str_equal(ps_check_text(config, "Mode"), PS_STR("DISTRIBUTED"))) {
        return;
    }
    for (size_t i = 0; i < sizeof unused / sizeof unused[0]; i++) {
        if (ps_check_get(state, unused[i])) {
            ps_walk_warn(w, "UNUSED_FIELD", "%s has no effect in a Map that is not DISTRIBUTED",
                         unused[i]);
        }
    }
}

static void doubt_map(ps_walk *w, const ps_value *state)
{
    doubt_inline(w, state);
    const ps_value *old = ps_check_get(state, "Iterator");
    const ps_value *selector = ps_check_get(state, "Parameters");
    if (old && !ps_check_get(state, "ItemProcessor")) {
        ps_finding f = {.code = "DEPRECATED_FIELD", .warning = true};
        ps_buf_add(&f.message, PS_STR("Iterator is the old name of ItemProcessor"));
        ps_finding_rename(w, &f, PS_STR("Iterator"), PS_STR("ItemProcessor"));
        ps_walk_add(w, &f);
    }
    if (selector && !ps_check_get(state, "ItemSelector")) {
        ps_finding f = {.code = "DEPRECATED_FIELD", .warning = true};
        ps_buf_add(&f.message, PS_STR("Parameters of a Map is the old name of ItemSelector"));
        ps_finding_rename(w, &f, PS_STR("Parameters"), PS_STR("ItemSelector"));
        ps_walk_add(w, &f);
    }
}

static void doubt_variables(ps_walk *w, const ps_value *state)
{
    ps_value *read = ps_variables_read(state, w->jsonata);
    for (size_t i = 0; i < ps_value_count(read); i++) {
        ps_str name = ps_value_str(ps_object_key_at(read, i));
        const ps_names *scope = w->scope;
        while (scope && !ps_object_get(scope->assigned, name)) {
            scope = scope->isolated ? NULL : scope->outer;
        }
        if (!scope) {
            ps_walk_warn(w, "UNASSIGNED_VARIABLE",
                         "No state that runs before this one can assign the variable '$%.*s'",
                         PS_WORDS(name));
        }
    }
    ps_value_unref(read);
}

void ps_check_doubts(ps_walk *w, const ps_value *state, ps_state_kind kind)
{
    switch (kind) {
    case PS_STATE_TASK:
        doubt_task(w, state);
        break;
    case PS_STATE_PASS:
        doubt_pass(w, state);
        break;
    case PS_STATE_MAP:
        doubt_map(w, state);
        break;
    case PS_STATE_CHOICE:
        if (!ps_check_get(state, "Default")) {
            ps_walk_warn(w, "CHOICE_WITHOUT_DEFAULT",
                         "An input that no rule matches fails the execution: there is no Default");
        }
        break;
    case PS_STATE_WAIT:
    case PS_STATE_SUCCEED:
    case PS_STATE_FAIL:
    case PS_STATE_PARALLEL:
    case PS_STATE_KIND_COUNT:
        break;
    }
    doubt_list(w, state, "Retry", "RETRIER_NEVER_MATCHES");
    doubt_list(w, state, "Catch", "CATCHER_NEVER_MATCHES");
    if (!w->jsonata) {
        doubt_templates(w, state);
        doubt_literals(w, state);
    }
    doubt_variables(w, state);
}
