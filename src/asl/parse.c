/* parse.c -- definition to machine: states, their graphs, and the transitions between them. */
#include "asl/parse.h"
#include "asl/check.h"
#include "asl/check_value.h"
#include "base/mem.h"

#include <stdlib.h>

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

ps_status ps_parse_graph(ps_parser *p, const ps_value *object, ps_state *owner, size_t branch,
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
        if ((status = ps_parse_state(p, v, s)) != PS_OK) {
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
    p.machine_jsonata = ps_check_language(definition, false);
    if (check(definition, err) != PS_OK ||
        ps_parse_int(&p, definition, "TimeoutSeconds", &m->timeout_seconds) != PS_OK ||
        ps_parse_graph(&p, definition, NULL, 0, &m->top) != PS_OK) {
        goto fail;
    }
    return m;
fail:
    ps_machine_unref(m);
    return NULL;
}
