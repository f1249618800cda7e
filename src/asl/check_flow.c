/* check_flow.c -- the transitions of one graph: targets, ends, and what cannot be reached. */
#include "asl/check_value.h"
#include "base/mem.h"

#include <stdlib.h>

#define NOWHERE SIZE_MAX

typedef struct entry {
    ps_str name;
    size_t state; /* its number in the definition's order */
} entry;

typedef struct edges {
    size_t *targets;
    size_t count, capacity;
} edges;

typedef struct graph {
    ps_walk *w;
    const ps_value *states;
    size_t count;
    entry *by_name;
    edges edges;
    size_t *first; /* state i's edges are first[i] up to first[i + 1] */
    bool *reached, *ends;
    size_t *queue;
} graph;

static int by_name(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    return ps_str_compare(x->name, y->name);
}

static size_t find_state(const graph *g, ps_str name)
{
    entry key = {name, 0};
    const entry *found = g->count ? bsearch(&key, g->by_name, g->count, sizeof key, by_name) : NULL;
    return found ? found->state : NOWHERE;
}

static void report_missing(graph *g, ps_str target)
{
    ps_walk *w = g->w;
    ps_finding f = {.code = "MISSING_TRANSITION_TARGET"};
    ps_str meant = PS_STR("");
    size_t near = 0;
    ps_buf_addf(&f.message, "Missing 'Next' target: %.*s", PS_WORDS(target));
    for (size_t i = 0; i < g->count && near < 2 && w->guesses > 0; i++) {
        ps_str name = ps_value_str(ps_object_key_at(g->states, i));
        if (ps_walk_near(w, target, name)) {
            meant = near++ ? meant : name;
        }
    }
    if (near > 0) {
        ps_buf_addf(&f.hint, "did you mean \"%.*s\"?", PS_WORDS(meant));
    }
    if (near == 1) {
        ps_finding_replace_take(w, &f, PS_STR(""), ps_string(meant));
    }
    ps_walk_add(w, &f);
}

/* The state that a member of `object` names, reported where there is none. */
static size_t read_target(graph *g, const ps_value *object, const char *field)
{
    const ps_value *v = ps_check_get(object, field);
    if (!v || ps_value_kind(v) != PS_STRING) {
        return NOWHERE;
    }
    size_t state = find_state(g, ps_value_str(v));
    if (state == NOWHERE && !ps_check_placeholder(v)) {
        ps_mark mark = ps_walk_enter(g->w, ps_str_from(field));
        report_missing(g, ps_value_str(v));
        ps_walk_leave(g->w, mark);
    }
    return state;
}

static void add_edge(graph *g, const ps_value *object, const char *field)
{
    size_t state = read_target(g, object, field);
    if (state == NOWHERE) {
        return;
    }
    edges *e = &g->edges;
    if (e->count == e->capacity) {
        e->capacity = ps_grow(e->capacity, e->count + 1);
        e->targets = ps_realloc(e->targets, e->capacity, sizeof *e->targets);
    }
    e->targets[e->count++] = state;
}

static void add_edges_of(graph *g, const ps_value *state, const char *list)
{
    const ps_value *v = ps_check_get(state, list);
    if (!v || ps_value_kind(v) != PS_ARRAY) {
        return;
    }
    ps_mark outer = ps_walk_enter(g->w, ps_str_from(list));
    for (size_t i = 0; i < ps_value_count(v); i++) {
        ps_mark mark = ps_walk_enter_index(g->w, i);
        add_edge(g, ps_array_at(v, i), "Next");
        ps_walk_leave(g->w, mark);
    }
    ps_walk_leave(g->w, outer);
}

static bool is_end(const ps_value *state)
{
    const ps_value *end = ps_check_get(state, "End");
    ps_state_kind kind = ps_check_state_kind(state);
    return kind == PS_STATE_SUCCEED || kind == PS_STATE_FAIL ||
           (end &&
            (ps_check_placeholder(end) || (ps_value_kind(end) == PS_BOOL && ps_value_bool(end))));
}

static void collect_edges(graph *g)
{
    ps_mark outer = ps_walk_enter(g->w, PS_STR("States"));
    for (size_t i = 0; i < g->count; i++) {
        const ps_value *state = ps_object_value_at(g->states, i);
        ps_mark mark = ps_walk_enter(g->w, ps_value_str(ps_object_key_at(g->states, i)));
        g->first[i] = g->edges.count;
        add_edge(g, state, "Next");
        add_edges_of(g, state, "Choices");
        add_edge(g, state, "Default");
        add_edges_of(g, state, "Catch");
        g->ends[i] = is_end(state);
        ps_walk_leave(g->w, mark);
    }
    g->first[g->count] = g->edges.count;
    ps_walk_leave(g->w, outer);
}

static void reach(graph *g, size_t start)
{
    size_t head = 0, tail = 0;
    if (start != NOWHERE) {
        g->reached[start] = true;
        g->queue[tail++] = start;
    }
    while (head < tail) {
        size_t state = g->queue[head++];
        for (size_t i = g->first[state]; i < g->first[state + 1]; i++) {
            size_t next = g->edges.targets[i];
            if (!g->reached[next]) {
                g->reached[next] = true;
                g->queue[tail++] = next;
            }
        }
    }
}

static void report_unreached(graph *g)
{
    ps_mark outer = ps_walk_enter(g->w, PS_STR("States"));
    for (size_t i = 0; i < g->count; i++) {
        ps_str name = ps_value_str(ps_object_key_at(g->states, i));
        if (!g->reached[i]) {
            ps_mark mark = ps_walk_enter(g->w, name);
            ps_walk_fault(g->w, "MISSING_TRANSITION_TARGET", "State \"%.*s\" is not reachable.",
                          PS_WORDS(name));
            ps_walk_leave(g->w, mark);
        }
    }
    ps_walk_leave(g->w, outer);
}

/* Marks in `leads` the states from which an end can be reached: backwards from the ends. */
static void mark_leading(graph *g, bool *leads)
{
    size_t *start = ps_alloc_zeroed(g->count + 1, sizeof *start);
    size_t *from = ps_alloc_zeroed(g->edges.count, sizeof *from);
    size_t tail = 0;
    for (size_t i = 0; i < g->edges.count; i++) {
        start[g->edges.targets[i]]++;
    }
    for (size_t i = 0, sum = 0; i <= g->count; i++) { /* to the end of each state's sources */
        sum += start[i];
        start[i] = sum;
    }
    for (size_t i = g->count; i-- > 0;) {
        for (size_t e = g->first[i]; e < g->first[i + 1]; e++) {
            from[--start[g->edges.targets[e]]] = i;
        }
        if (g->ends[i]) {
            leads[i] = true;
            g->queue[tail++] = i;
        }
    }
    for (size_t head = 0; head < tail; head++) {
        size_t state = g->queue[head];
        for (size_t e = start[state]; e < start[state + 1]; e++) {
            if (!leads[from[e]]) {
                leads[from[e]] = true;
                g->queue[tail++] = from[e];
            }
        }
    }
    ps_free(start);
    ps_free(from);
}

/* The first state that is reached but cannot end; AWS looks at this only for the whole machine. */
static void warn_endless(graph *g)
{
    bool *leads = ps_alloc_zeroed(g->count, sizeof *leads);
    mark_leading(g, leads);
    size_t i = 0;
    while (i < g->count && (leads[i] || !g->reached[i] || g->first[i] == g->first[i + 1])) {
        i++;
    }
    if (i < g->count) {
        ps_str name = ps_value_str(ps_object_key_at(g->states, i));
        ps_mark outer = ps_walk_enter(g->w, PS_STR("States"));
        ps_mark mark = ps_walk_enter(g->w, name);
        ps_walk_warn(g->w, "ENDLESS_LOOP", "No end can be reached from the state \"%.*s\"",
                     PS_WORDS(name));
        ps_walk_leave(g->w, mark);
        ps_walk_leave(g->w, outer);
    }
    ps_free(leads);
}

static bool any_end(const graph *g)
{
    size_t i = 0;
    while (i < g->count && !g->ends[i]) {
        i++;
    }
    return i < g->count;
}

static void check_graph(graph *g, const ps_value *object, bool top)
{
    const ps_value *start = ps_check_get(object, "StartAt");
    size_t at = read_target(g, object, "StartAt");
    collect_edges(g);
    if (top && !any_end(g)) {
        ps_finding f = {.code = "MISSING_END_STATE", .nowhere = true};
        ps_buf_add(&f.message, PS_STR("Workflow has no terminal state"));
        ps_walk_add(g->w, &f);
        return;
    }
    if (start && ps_value_kind(start) == PS_STRING && !ps_check_placeholder(start)) {
        reach(g, at);
        report_unreached(g);
        if (g->w->options->warnings) {
            warn_endless(g);
        }
    }
}

void ps_check_flow(ps_walk *w, const ps_value *object, bool top)
{
    const ps_value *states = ps_check_get(object, "States");
    if (!states || ps_value_kind(states) != PS_OBJECT || ps_value_count(states) == 0) {
        return;
    }
    size_t count = ps_value_count(states);
    graph g = {.w = w, .states = states, .count = count};
    g.by_name = ps_alloc_zeroed(count, sizeof *g.by_name);
    g.first = ps_alloc_zeroed(count + 1, sizeof *g.first);
    g.reached = ps_alloc_zeroed(count, sizeof *g.reached);
    g.ends = ps_alloc_zeroed(count, sizeof *g.ends);
    g.queue = ps_alloc_zeroed(count, sizeof *g.queue);
    for (size_t i = 0; i < count; i++) {
        g.by_name[i] = (entry){ps_value_str(ps_object_key_at(states, i)), i};
    }
    qsort(g.by_name, count, sizeof *g.by_name, by_name);
    check_graph(&g, object, top);
    ps_free(g.by_name);
    ps_free(g.first);
    ps_free(g.reached);
    ps_free(g.ends);
    ps_free(g.queue);
    ps_free(g.edges.targets);
}
