/* check.c -- the walk over a definition: the machine, its graphs, their states. */
#include "asl/check.h"
#include "asl/check_value.h"
#include "base/utf8.h"

#define GUESSES 100000 /* comparisons for "did you mean", over the whole definition */
#define NAME_LENGTH 80

static const ps_field machine_fields[] = {
    {PS_FIELD("Comment"), PS_ANYWHERE, PS_BOTH, NULL, 0, 0, NULL},
    {PS_FIELD("Version"), PS_ANYWHERE, PS_BOTH, ps_check_enum, 0, 0, "1.0"},
    {PS_FIELD("QueryLanguage"), PS_ANYWHERE, PS_BOTH, ps_check_enum, 0, 0, "JSONPath, JSONata"},
    {PS_FIELD("TimeoutSeconds"), PS_ANYWHERE, PS_BOTH, ps_check_integer, 0, 99999999, NULL},
    {PS_FIELD("StartAt"), PS_ANYWHERE, PS_BOTH, ps_check_string, 0, 0, NULL},
    {PS_FIELD("States"), PS_ANYWHERE, PS_BOTH, NULL, 0, 0, NULL},
};

static const ps_field branch_fields[] = {
    {PS_FIELD("Comment"), PS_ANYWHERE, PS_BOTH, NULL, 0, 0, NULL},
    {PS_FIELD("StartAt"), PS_ANYWHERE, PS_BOTH, ps_check_string, 0, 0, NULL},
    {PS_FIELD("States"), PS_ANYWHERE, PS_BOTH, NULL, 0, 0, NULL},
};

static void check_state_name(ps_walk *w, ps_str name)
{
    if (name.len == 0 || ps_utf8_count(name) > NAME_LENGTH) {
        ps_walk_fault(w, "INVALID_STATE_NAME", "The name of a state must have 1 to %d characters",
                      NAME_LENGTH);
    }
    if (ps_object_get(w->states, name)) {
        ps_walk_fault(w, "DUPLICATE_STATE_NAME", "Duplicate State name: %.*s", PS_WORDS(name));
    }
    ps_object_put_take(w->states, name, ps_bool(true));
}

static void check_states(ps_walk *w, const ps_value *states, bool isolated)
{
    ps_value *assigned = ps_variables_assigned(states);
    ps_names scope = {assigned, w->scope, isolated};
    w->scope = &scope;
    for (size_t i = 0; i < ps_value_count(states); i++) {
        ps_str name = ps_value_str(ps_object_key_at(states, i));
        ps_mark mark = ps_walk_enter(w, name);
        check_state_name(w, name);
        ps_check_state(w, ps_object_value_at(states, i));
        ps_walk_leave(w, mark);
    }
    w->scope = scope.outer;
    ps_value_unref(assigned);
}

void ps_check_graph(ps_walk *w, const ps_value *object, bool isolated)
{
    static const char *const required[] = {"States", "StartAt", NULL};
    ps_check_required(w, object, required);
    const ps_value *states = ps_check_get(object, "States");
    if (!states) {
        return;
    }
    bool top = w->where.len == 0;
    w->sink = w->flow;
    ps_check_flow(w, object, top);
    w->sink = w->fields;
    ps_mark mark = ps_walk_enter(w, PS_STR("States"));
    if (ps_check_kind(w, states, PS_OBJECT)) {
        if (ps_value_count(states) == 0) {
            ps_walk_error(w, "Value cannot be empty");
        }
        check_states(w, states, isolated);
    }
    ps_walk_leave(w, mark);
}

void ps_check_branches(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_ARRAY)) {
        return;
    }
    if (ps_value_count(v) == 0) {
        ps_walk_error(w, "Value cannot be empty");
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *branch = ps_array_at(v, i);
        ps_mark mark = ps_walk_enter_index(w, i);
        if (ps_check_kind(w, branch, PS_OBJECT)) {
            ps_check_fields(w, branch, branch_fields,
                            sizeof branch_fields / sizeof branch_fields[0], PS_ANYWHERE, false);
            ps_check_graph(w, branch, false);
        }
        ps_walk_leave(w, mark);
    }
}

static void check_machine(ps_walk *w, const ps_value *definition)
{
    if (ps_value_depth(definition) > PS_MAX_DEPTH) {
        ps_walk_fault(w, "TOO_DEEPLY_NESTED", "The definition is nested deeper than %d levels",
                      PS_MAX_DEPTH);
        return;
    }
    if (!ps_check_kind(w, definition, PS_OBJECT)) {
        return;
    }
    w->machine_jsonata = ps_check_language(definition, false);
    ps_check_fields(w, definition, machine_fields, sizeof machine_fields / sizeof machine_fields[0],
                    PS_ANYWHERE, false);
    ps_check_graph(w, definition, false);
}

ps_value *ps_check(const ps_value *definition, const ps_check_options *options)
{
    static const ps_check_options standard = {0};
    ps_walk w = {.options = options ? options : &standard,
                 .fields = ps_array(4),
                 .flow = ps_array(4),
                 .states = ps_object(8),
                 .labels = ps_object(4),
                 .guesses = GUESSES};
    w.sink = w.fields;
    w.express = w.options->express;
    check_machine(&w, definition);
    for (size_t i = 0; i < ps_value_count(w.flow); i++) {
        ps_array_add_take(w.fields, ps_value_ref(ps_array_at(w.flow, i)));
    }
    ps_value_unref(w.flow);
    ps_value_unref(w.states);
    ps_value_unref(w.labels);
    ps_buf_free(&w.where);
    ps_buf_free(&w.pointer);
    return w.fields;
}

static bool is_error(const ps_value *finding)
{
    return ps_str_equal(ps_check_text(finding, "severity"), PS_STR("ERROR"));
}

bool ps_check_failed(const ps_value *findings)
{
    for (size_t i = 0; i < ps_value_count(findings); i++) {
        if (is_error(ps_array_at(findings, i))) {
            return true;
        }
    }
    return false;
}

/* A message that ends in a space loses it before " at ", as on AWS. */
static void add_message(ps_buf *b, ps_str message)
{
    while (message.len > 0 && message.p[message.len - 1] == ' ') {
        message.len--;
    }
    ps_buf_add(b, message);
}

ps_value *ps_check_summary(const ps_value *findings)
{
    ps_buf b = {0};
    bool first = true;
    ps_buf_add(&b, PS_STR("Invalid State Machine Definition: '"));
    for (size_t i = 0; i < ps_value_count(findings); i++) {
        const ps_value *f = ps_array_at(findings, i);
        if (!is_error(f)) {
            continue;
        }
        ps_buf_add(&b, first ? PS_STR("") : PS_STR(", "));
        ps_buf_add(&b, ps_check_text(f, "code"));
        ps_buf_add(&b, PS_STR(": "));
        add_message(&b, ps_check_text(f, "message"));
        ps_buf_add(&b, PS_STR(" at "));
        ps_buf_add(&b, ps_check_get(f, "location") ? ps_check_text(f, "location") : PS_STR("null"));
        first = false;
    }
    ps_buf_add_char(&b, '\'');
    ps_value *v = ps_string(ps_buf_str(&b));
    ps_buf_free(&b);
    return v;
}
