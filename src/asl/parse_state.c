/* parse_state.c -- one state: what its type has, compiled; transitions come later. */
#include "asl/check_value.h"
#include "asl/parse.h"
#include "base/mem.h"
#include "base/timetext.h"
#include "expr/query.h"

static ps_status read_pass(ps_parser *p, const ps_value *v, ps_state *s)
{
    s->result = ps_parse_field(v, "Result");
    return ps_parse_arguments(p, v, &s->parameters);
}

/* lambda:invoke names its function among its arguments: by its name or its ARN. */
static void name_invoked(const ps_value *object, bool jsonata, ps_resource *target)
{
    const ps_value *parameters = ps_parse_field(object, jsonata ? "Arguments" : "Parameters");
    if (!parameters || ps_value_kind(parameters) != PS_OBJECT ||
        !ps_str_equal(target->service, PS_STR("lambda")) ||
        !ps_str_equal(target->verb, PS_STR("invoke"))) {
        return;
    }
    const ps_value *name = ps_object_get(parameters, PS_STR("FunctionName"));
    ps_resource named;
    if (name && ps_value_kind(name) == PS_STRING && !(jsonata && ps_query_is(ps_value_str(name)))) {
        bool arn = ps_resource_parse(ps_value_str(name), &named) &&
                   named.family == PS_FAMILY_LAMBDA && named.function.len;
        target->function = arn ? named.function : ps_value_str(name);
    }
}

static ps_status read_task(ps_parser *p, const ps_value *v, ps_state *s)
{
    ps_status status;
    if ((status = ps_parse_string(p, v, "Resource", &s->resource)) != PS_OK ||
        (status = ps_parse_arguments(p, v, &s->parameters)) != PS_OK ||
        (status = ps_parse_count(p, v, "TimeoutSeconds", &s->timeout)) != PS_OK ||
        (status = ps_parse_count(p, v, "HeartbeatSeconds", &s->heartbeat)) != PS_OK ||
        (status = ps_parse_template(p, v, "Credentials", &s->credentials)) != PS_OK) {
        return status;
    }
    if (s->resource && ps_str_starts(ps_value_str(s->resource), PS_STR("${"))) {
        return ps_parse_wrong(p, "Resource",
                              "filled in: give a value for its placeholder (set, --set)");
    }
    if (!s->resource || !ps_resource_parse(ps_value_str(s->resource), &s->target)) {
        return ps_parse_wrong(p, "Resource", "an ARN or lua:<name>");
    }
    name_invoked(v, p->jsonata, &s->target);
    return PS_OK;
}

static ps_status read_choice(ps_parser *p, const ps_value *v, ps_state *s)
{
    const ps_value *rules = NULL;
    ps_status status = ps_parse_array(p, v, "Choices", &rules);
    if (status != PS_OK) {
        return status;
    }
    if (!rules) {
        return ps_parse_wrong(p, "Choices", "there");
    }
    if (!p->jsonata) {
        s->choices = ps_choices_new(rules, NULL, NULL, p->err);
        if (!s->choices) {
            return p->err->code;
        }
    }
    size_t count = ps_value_count(rules);
    s->rules = ps_alloc_zeroed(count, sizeof *s->rules);
    for (size_t i = 0; i < count; i++) {
        s->rule_count = i + 1;
        const ps_value *rule = ps_array_at(rules, i);
        if ((status = ps_parse_template(p, rule, "Assign", &s->rules[i].assign)) != PS_OK ||
            (status = ps_parse_query(p, rule, "Condition", &s->rules[i].condition)) != PS_OK ||
            (status = ps_parse_query(p, rule, "Output", &s->rules[i].output)) != PS_OK) {
            return status;
        }
        const ps_value *condition = p->jsonata ? ps_parse_field(rule, "Condition") : NULL;
        if (condition && ps_value_kind(condition) == PS_STRING &&
            ps_str_starts(ps_value_str(condition), PS_STR("lua:"))) {
            s->rules[i].predicate = condition;
        }
        if (p->jsonata && !condition) {
            return ps_parse_wrong(p, "Condition", "in every rule of Choices");
        }
    }
    return PS_OK;
}

static ps_status read_wait(ps_parser *p, const ps_value *v, ps_state *s)
{
    const ps_value *timestamp = NULL;
    ps_status status;
    if ((status = ps_parse_count(p, v, "Seconds", &s->seconds)) != PS_OK ||
        (status = ps_parse_string(p, v, "Timestamp", &timestamp)) != PS_OK ||
        (status = ps_parse_path(p, v, "TimestampPath", &s->timestamp_path)) != PS_OK) {
        return status;
    }
    if (timestamp && p->jsonata && ps_query_is(ps_value_str(timestamp))) {
        return ps_parse_query(p, v, "Timestamp", &s->timestamp);
    }
    if (timestamp) {
        if (!ps_time_parse(ps_value_str(timestamp), &s->timestamp_ms, NULL)) {
            return ps_parse_wrong(p, "Timestamp", "an RFC 3339 timestamp");
        }
        s->has_timestamp = true;
    }
    if (!s->seconds.given && !s->has_timestamp && !s->timestamp_path) {
        return ps_parse_wrong(p, "Seconds", "there");
    }
    return PS_OK;
}

static ps_status read_succeed(ps_parser *p, const ps_value *v, ps_state *s)
{
    (void)p, (void)v, (void)s;
    return PS_OK;
}

static ps_status read_expression(const ps_parser *p, const ps_value *v, const char *name,
                                 ps_template **out)
{
    const ps_value *text = NULL;
    ps_status status = ps_parse_string(p, v, name, &text);
    if (status != PS_OK || !text) {
        return status;
    }
    *out = ps_template_expression(ps_value_str(text), p->err);
    return *out ? PS_OK : p->err->code;
}

static ps_status read_fail(ps_parser *p, const ps_value *v, ps_state *s)
{
    ps_status status;
    if (p->jsonata) {
        status = ps_parse_query(p, v, "Error", &s->error_path);
        return status == PS_OK ? ps_parse_query(p, v, "Cause", &s->cause_path) : status;
    }
    if ((status = ps_parse_string(p, v, "Error", &s->error)) != PS_OK ||
        (status = ps_parse_string(p, v, "Cause", &s->cause)) != PS_OK ||
        (status = read_expression(p, v, "ErrorPath", &s->error_path)) != PS_OK) {
        return status;
    }
    return read_expression(p, v, "CausePath", &s->cause_path);
}

static ps_status read_parallel(ps_parser *p, const ps_value *v, ps_state *s)
{
    const ps_value *branches = NULL;
    ps_status status;
    if ((status = ps_parse_array(p, v, "Branches", &branches)) != PS_OK ||
        (status = ps_parse_arguments(p, v, &s->parameters)) != PS_OK) {
        return status;
    }
    if (!branches) {
        return ps_parse_wrong(p, "Branches", "there");
    }
    size_t count = ps_value_count(branches);
    s->branches = ps_alloc_zeroed(count, sizeof(ps_graph *));
    for (size_t i = 0; i < count; i++) {
        s->branch_count = i + 1;
        status = ps_parse_graph(p, ps_array_at(branches, i), s, i, &s->branches[i]);
        if (status != PS_OK) {
            return status;
        }
    }
    return PS_OK;
}

static ps_status read_map(ps_parser *p, const ps_value *v, ps_state *s)
{
    ps_status status = ps_parse_map(p, v, s);
    if (status != PS_OK) {
        return status;
    }
    const ps_value *processor = ps_parse_field(v, "ItemProcessor");
    if (!processor) {
        processor = ps_parse_field(v, "Iterator");
    }
    if (!processor) {
        return ps_parse_wrong(p, "ItemProcessor", "there");
    }
    s->branches = ps_alloc_zeroed(1, sizeof(ps_graph *));
    s->branch_count = 1;
    return ps_parse_graph(p, processor, s, 0, &s->branches[0]);
}

static ps_status read_kind(const ps_parser *p, const ps_value *v, ps_state_kind *out)
{
    const ps_value *type = NULL;
    ps_status status = ps_parse_string(p, v, "Type", &type);
    if (status != PS_OK) {
        return status;
    }
    for (int kind = 0; type && kind < PS_STATE_KIND_COUNT; kind++) {
        if (ps_str_equal(ps_value_str(type), ps_state_kind_name((ps_state_kind)kind))) {
            *out = (ps_state_kind)kind;
            return PS_OK;
        }
    }
    return ps_parse_wrong(p, "Type", "a state's type");
}

ps_status ps_parse_state(ps_parser *p, const ps_value *v, ps_state *s)
{
    typedef ps_status read_fn(ps_parser * p, const ps_value *v, ps_state *s);
    static read_fn *const readers[] = {
        [PS_STATE_PASS] = read_pass,         [PS_STATE_TASK] = read_task,
        [PS_STATE_CHOICE] = read_choice,     [PS_STATE_WAIT] = read_wait,
        [PS_STATE_SUCCEED] = read_succeed,   [PS_STATE_FAIL] = read_fail,
        [PS_STATE_PARALLEL] = read_parallel, [PS_STATE_MAP] = read_map,
    };
    ps_status status;
    p->jsonata = s->jsonata = ps_check_language(v, p->machine_jsonata);
    if ((status = read_kind(p, v, &s->kind)) != PS_OK ||
        (status = ps_parse_filter(p, v, "InputPath", &s->input_path)) != PS_OK ||
        (status = ps_parse_filter(p, v, "OutputPath", &s->output_path)) != PS_OK ||
        (status = ps_parse_result_path(p, v, &s->result_path, &s->discard_result)) != PS_OK ||
        (status = ps_parse_template(p, v, "ResultSelector", &s->selector)) != PS_OK ||
        (status = ps_parse_template(p, v, "Assign", &s->assign)) != PS_OK ||
        (status = ps_parse_query(p, v, "Output", &s->output)) != PS_OK ||
        (status = ps_parse_retriers(p, v, s)) != PS_OK) {
        return status;
    }
    status = readers[s->kind](p, v, s);
    p->jsonata = s->jsonata; /* the states inside of it may have another */
    return status;
}
