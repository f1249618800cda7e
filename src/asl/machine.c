/* machine.c -- owning a compiled definition: references, and freeing also what is half built. */
#include "asl/machine.h"
#include "base/mem.h"

ps_str ps_state_kind_name(ps_state_kind kind)
{
    static const ps_str names[] = {
#define ROW(id, text) [PS_STATE_##id] = {text, sizeof text - 1},
        PS_STATE_KINDS(ROW)
#undef ROW
    };
    return names[kind];
}

ps_machine *ps_machine_ref(ps_machine *m)
{
    m->refs++;
    return m;
}

static void free_graph(ps_graph *g)
{
    if (g) {
        ps_free(g->states);
        ps_free(g);
    }
}

static void free_count(ps_count *c)
{
    ps_path_free(c->path);
    ps_template_free(c->query);
}

static void free_retry(ps_state *s)
{
    for (size_t i = 0; i < s->retrier_count; i++) {
        ps_free(s->retriers[i].errors);
    }
    for (size_t i = 0; i < s->catcher_count; i++) {
        ps_free(s->catchers[i].errors);
        ps_path_free(s->catchers[i].result_path);
        ps_template_free(s->catchers[i].assign);
        ps_template_free(s->catchers[i].output);
    }
    ps_free(s->retriers);
    ps_free(s->catchers);
}

static void free_map(ps_state *s)
{
    ps_path_free(s->items_path);
    ps_template_free(s->items);
    free_count(&s->max_concurrency);
    free_count(&s->tolerated_count);
    free_count(&s->tolerated_percentage);
    free_count(&s->max_items_per_batch);
    free_count(&s->max_bytes_per_batch);
    ps_template_free(s->batch_input);
    if (s->reader) {
        ps_template_free(s->reader->parameters);
        free_count(&s->reader->max_items);
        ps_free(s->reader);
    }
    if (s->writer) {
        ps_template_free(s->writer->parameters);
        ps_free(s->writer);
    }
}

static void free_state(ps_state *s)
{
    ps_path_free(s->input_path.path);
    ps_path_free(s->output_path.path);
    ps_path_free(s->result_path);
    ps_template_free(s->parameters);
    ps_template_free(s->selector);
    ps_template_free(s->assign);
    ps_template_free(s->output);
    free_count(&s->timeout);
    free_count(&s->heartbeat);
    ps_template_free(s->credentials);
    free_retry(s);
    ps_choices_free(s->choices);
    for (size_t i = 0; i < s->rule_count; i++) {
        ps_template_free(s->rules[i].assign);
        ps_template_free(s->rules[i].condition);
        ps_template_free(s->rules[i].output);
    }
    ps_free(s->rules);
    free_count(&s->seconds);
    ps_path_free(s->timestamp_path);
    ps_template_free(s->timestamp);
    ps_template_free(s->error_path);
    ps_template_free(s->cause_path);
    for (size_t i = 0; i < s->branch_count; i++) {
        free_graph(s->branches[i]);
    }
    ps_free(s->branches);
    free_map(s);
    ps_value_unref(s->path);
    ps_free(s);
}

void ps_machine_unref(ps_machine *m)
{
    if (!m || --m->refs > 0) {
        return;
    }
    for (size_t i = 0; i < m->state_count; i++) {
        free_state(m->all[i]);
    }
    ps_free(m->all);
    free_graph(m->top);
    ps_value_unref(m->definition);
    ps_free(m);
}
