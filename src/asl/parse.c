/* parse.c -- definition to machine: states, their graphs, and the transitions between them. */
#include "asl/parse.h"
#include "asl/check.h"
#include "base/mem.h"
#include "base/timetext.h"

#include <stdlib.h>

static ps_status read_graph(ps_parser *p, const ps_value *object, ps_state *owner, size_t branch,
                            ps_graph **out);

static ps_status refuse_jsonata(const ps_parser *p, const ps_value *object)
{
    const ps_value *language = NULL;
    ps_status status = ps_parse_string(p, object, "QueryLanguage", &language);
    if (status == PS_OK && language && !ps_str_equal(ps_value_str(language), PS_STR("JSONPath"))) {
        return ps_fail(p->err, PS_EUNSUPPORTED, 0, "JSONata is not supported yet");
    }
    return status;
}

static ps_status read_pass(ps_parser *p, const ps_value *v, ps_state *s)
{
    s->result = ps_parse_field(v, "Result");
    return ps_parse_template(p, v, "Parameters", &s->parameters);
}

static ps_status read_task(ps_parser *p, const ps_value *v, ps_state *s)
{
    ps_status status;
    if ((status = ps_parse_string(p, v, "Resource", &s->resource)) != PS_OK ||
        (status = ps_parse_template(p, v, "Parameters", &s->parameters)) != PS_OK ||
        (status = ps_parse_count(p, v, "TimeoutSeconds", &s->timeout)) != PS_OK ||
        (status = ps_parse_count(p, v, "HeartbeatSeconds", &s->heartbeat)) != PS_OK ||
        (status = ps_parse_template(p, v, "Credentials", &s->credentials)) != PS_OK) {
        return status;
    }
    if (!s->resource || !ps_resource_parse(ps_value_str(s->resource), &s->target)) {
        return ps_parse_wrong(p, "Resource", "an ARN or lua:<name>");
    }
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
    s->choices = ps_choices_new(rules, NULL, NULL, p->err);
    if (!s->choices) {
        return p->err->code;
    }
    size_t count = ps_value_count(rules);
    s->rules = ps_alloc_zeroed(count, sizeof *s->rules);
    for (size_t i = 0; i < count; i++) {
        s->rule_count = i + 1;
        status = ps_parse_template(p, ps_array_at(rules, i), "Assign", &s->rules[i].assign);
        if (status != PS_OK) {
            return status;
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
        (status = ps_parse_template(p, v, "Parameters", &s->parameters)) != PS_OK) {
        return status;
    }
    if (!branches) {
        return ps_parse_wrong(p, "Branches", "there");
    }
    size_t count = ps_value_count(branches);
    s->branches = ps_alloc_zeroed(count, sizeof(ps_graph *));
    for (size_t i = 0; i < count; i++) {
        s->branch_count = i + 1;
        status = read_graph(p, ps_array_at(branches, i), s, i, &s->branches[i]);
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
    return read_graph(p, processor, s, 0, &s->branches[0]);
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

static ps_status read_state(ps_parser *p, const ps_value *v, ps_state *s)
{
    typedef ps_status read_fn(ps_parser * p, const ps_value *v, ps_state *s);
    static read_fn *const readers[] = {
        [PS_STATE_PASS] = read_pass,         [PS_STATE_TASK] = read_task,
        [PS_STATE_CHOICE] = read_choice,     [PS_STATE_WAIT] = read_wait,
        [PS_STATE_SUCCEED] = read_succeed,   [PS_STATE_FAIL] = read_fail,
        [PS_STATE_PARALLEL] = read_parallel, [PS_STATE_MAP] = read_map,
    };
    ps_status status;
    if ((status = refuse_jsonata(p, v)) != PS_OK || (status = read_kind(p, v, &s->kind)) != PS_OK ||
        (status = ps_parse_filter(p, v, "InputPath", &s->input_path)) != PS_OK ||
        (status = ps_parse_filter(p, v, "OutputPath", &s->output_path)) != PS_OK ||
        (status = ps_parse_result_path(p, v, &s->result_path, &s->discard_result)) != PS_OK ||
        (status = ps_parse_template(p, v, "ResultSelector", &s->selector)) != PS_OK ||
        (status = ps_parse_template(p, v, "Assign", &s->assign)) != PS_OK ||
        (status = ps_parse_retriers(p, v, s)) != PS_OK) {
        return status;
    }
    return readers[s->kind](p, v, s);
}

/* "/Outer/Inner" */
static ps_value *state_path(const ps_graph *g, const ps_value *name)
{
    ps_buf path = {0};
    if (g->owner) {
        ps_buf_add(&path, ps_value_str(g->owner->path));
    }
    ps_buf_add_char(&path, '/');
    ps_buf_add(&path, ps_value_str(name));
    ps_value *v = ps_string(ps_buf_str(&path));
    ps_buf_free(&path);
    return v;
}

static ps_state *add_state(ps_parser *p, ps_graph *g, const ps_value *name)
{
    ps_machine *m = p->machine;
    ps_state *s = ps_alloc_zeroed(1, sizeof *s);
    if (m->state_count == p->capacity) {
        p->capacity = ps_grow(p->capacity, m->state_count + 1);
        m->all = ps_realloc(m->all, p->capacity, sizeof(ps_state *));
    }
    s->id = m->state_count;
    s->name = name;
    s->graph = g;
    s->path = state_path(g, name);
    m->all[m->state_count++] = s;
    g->states[g->count++] = s;
    return s;
}

static int by_name(const void *a, const void *b)
{
    const ps_state *const *x = a, *const *y = b;
    return ps_str_compare(ps_value_str((*x)->name), ps_value_str((*y)->name));
}

static int name_to_state(const void *key, const void *element)
{
    const ps_str *name = key;
    const ps_state *const *s = element;
    return ps_str_compare(*name, ps_value_str((*s)->name));
}

typedef struct directory { /* the states of one graph, sorted by name */
    ps_state **states;
    size_t count;
} directory;

/* The state that `object`'s field names; NULL in `out` where the field is absent. */
static ps_status read_target(const ps_parser *p, const directory *d, const ps_value *object,
                             const char *name, ps_state **out)
{
    const ps_value *v = NULL;
    ps_status status = ps_parse_string(p, object, name, &v);
    if (status != PS_OK || !v) {
        return status;
    }
    ps_str target = ps_value_str(v), words = ps_parse_quote(target, 40);
    ps_state **found = bsearch(&target, d->states, d->count, sizeof(ps_state *), name_to_state);
    if (!found) {
        return ps_fail(p->err, PS_EINPUT, 0, "Missing '%s' target: %.*s", name, (int)words.len,
                       words.p);
    }
    *out = *found;
    return PS_OK;
}

static bool goes_on(ps_state_kind kind)
{
    return kind != PS_STATE_CHOICE && kind != PS_STATE_SUCCEED && kind != PS_STATE_FAIL;
}

static ps_status link_choice(const ps_parser *p, const directory *d, const ps_value *v, ps_state *s)
{
    const ps_value *rules = ps_parse_field(v, "Choices");
    for (size_t i = 0; i < s->rule_count; i++) {
        ps_rule *rule = &s->rules[i];
        ps_status status = read_target(p, d, ps_array_at(rules, i), "Next", &rule->next);
        if (status != PS_OK) {
            return status;
        }
        if (!rule->next) {
            return ps_parse_wrong(p, "Next", "in every rule of Choices");
        }
    }
    return read_target(p, d, v, "Default", &s->otherwise);
}

static ps_status link_state(const ps_parser *p, const directory *d, const ps_value *v, ps_state *s)
{
    ps_status status;
    if (s->kind == PS_STATE_CHOICE) {
        return link_choice(p, d, v, s);
    }
    if (goes_on(s->kind)) {
        const ps_value *end = ps_parse_field(v, "End");
        bool ends = end && ps_value_kind(end) == PS_BOOL && ps_value_bool(end);
        if ((status = read_target(p, d, v, "Next", &s->next)) != PS_OK) {
            return status;
        }
        if (ends == (s->next != NULL)) {
            return ps_parse_wrong(p, "Next", "there, or End: true");
        }
    }
    const ps_value *catch = ps_parse_field(v, "Catch");
    for (size_t i = 0; i < s->catcher_count; i++) {
        ps_catcher *catcher = &s->catchers[i];
        status = read_target(p, d, ps_array_at(catch, i), "Next", &catcher->next);
        if (status != PS_OK) {
            return status;
        }
        if (!catcher->next) {
            return ps_parse_wrong(p, "Next", "in every catcher");
        }
    }
    return PS_OK;
}

static ps_status link_states(ps_parser *p, const ps_value *states, const ps_value *object,
                             ps_graph *g)
{
    directory d = {ps_alloc_zeroed(g->count, sizeof(ps_state *)), g->count};
    if (g->count > 0) {
        memcpy(d.states, g->states, g->count * sizeof(ps_state *));
        qsort(d.states, d.count, sizeof(ps_state *), by_name);
    }
    ps_status status = read_target(p, &d, object, "StartAt", &g->start);
    for (size_t i = 0; status == PS_OK && i < g->count; i++) {
        p->state = ps_value_str(g->states[i]->path);
        status = link_state(p, &d, ps_object_value_at(states, i), g->states[i]);
    }
    ps_free(d.states);
    return status;
}

static ps_status read_graph(ps_parser *p, const ps_value *object, ps_state *owner, size_t branch,
                            ps_graph **out)
{
    const ps_value *states = NULL;
    ps_str around = p->state;
    if (ps_value_kind(object) != PS_OBJECT) {
        return ps_parse_wrong(p, "States", "in an object");
    }
    ps_status status = ps_parse_object(p, object, "States", &states);
    if (status != PS_OK) {
        return status;
    }
    if (!states || ps_value_count(states) == 0) {
        return ps_parse_wrong(p, "States", "there, with one state at least");
    }
    ps_graph *g = *out = ps_alloc_zeroed(1, sizeof *g);
    g->owner = owner;
    g->branch = branch;
    g->states = ps_alloc_zeroed(ps_value_count(states), sizeof(ps_state *));
    for (size_t i = 0; i < ps_value_count(states); i++) {
        const ps_value *v = ps_object_value_at(states, i);
        ps_state *s = add_state(p, g, ps_object_key_at(states, i));
        p->state = ps_value_str(s->path);
        if (ps_value_kind(v) != PS_OBJECT) {
            return ps_parse_wrong(p, "States", "an object of objects");
        }
        if ((status = read_state(p, v, s)) != PS_OK) {
            return status;
        }
    }
    status = link_states(p, states, object, g);
    if (status == PS_OK && !g->start) {
        p->state = around;
        return ps_parse_wrong(p, "StartAt", "there");
    }
    p->state = around;
    return status;
}

/* The first error of the check, as `err`'s words. Resources that AWS does not know are the
 * profile's business, not the compiler's. */
static ps_status check(const ps_value *definition, ps_error *err)
{
    const ps_check_options options = {.unlimited = true};
    ps_value *findings = ps_check(definition, &options);
    ps_status status = PS_OK;
    if (ps_check_failed(findings)) {
        const ps_value *first = ps_array_at(findings, 0);
        const ps_value *location = ps_parse_field(first, "location");
        ps_str message = ps_parse_quote(ps_value_str(ps_parse_field(first, "message")), 90);
        ps_str where = ps_parse_quote(location ? ps_value_str(location) : PS_STR("/"), 60);
        status = ps_fail(err, PS_EINPUT, 0, "%.*s at %.*s", (int)message.len, message.p,
                         (int)where.len, where.p);
    }
    ps_value_unref(findings);
    return status;
}

ps_machine *ps_machine_new(const ps_value *definition, ps_error *err)
{
    ps_machine *m = ps_alloc_zeroed(1, sizeof *m);
    ps_parser p = {.machine = m, .state = PS_STR("/"), .err = err};
    m->refs = 1;
    m->definition = ps_value_ref(definition);
    if (ps_value_kind(definition) != PS_OBJECT) {
        ps_fail(err, PS_EINPUT, 0, "A definition should be an object");
        goto fail;
    }
    if (ps_value_depth(definition) > PS_MAX_DEPTH) {
        ps_fail(err, PS_ELIMIT, 0, "The definition is nested deeper than %d", PS_MAX_DEPTH);
        goto fail;
    }
    m->comment = ps_parse_field(definition, "Comment");
    if (check(definition, err) != PS_OK || refuse_jsonata(&p, definition) != PS_OK ||
        ps_parse_int(&p, definition, "TimeoutSeconds", &m->timeout_seconds) != PS_OK ||
        read_graph(&p, definition, NULL, 0, &m->top) != PS_OK) {
        goto fail;
    }
    return m;
fail:
    ps_machine_unref(m);
    return NULL;
}
