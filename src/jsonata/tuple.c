/* tuple.c -- paths that bind variables on their way (@, #) or look back (%): streams of tuples.
 *
 * A tuple is a record: the context under "@", and a member for each variable bound so far. */
#include "jsonata/eval.h"

static const ps_str context_key = {"@", 1};

ps_jx ps_jx_tuple_context(ps_jx tuple)
{
    return ps_jx_get(tuple, context_key);
}

ps_jx_frame *ps_jx_tuple_frame(ps_jx_run *run, ps_jx tuple, ps_jx_frame *parent)
{
    ps_jx_frame *f = ps_jx_frame_new(run, parent, 1);
    f->tuple = tuple.record;
    return f;
}

static ps_jx_list *stream_new(ps_jx_run *run)
{
    return ps_jx_list_new(run, 0, PS_JX_SEQUENCE | PS_JX_TUPLES);
}

static void set_all(ps_jx_run *run, ps_jx_record *tuple, const ps_jx_record *from)
{
    ps_jx_burn(run, 2 + from->count);
    for (size_t i = 0; i < from->count; i++) {
        ps_jx_set(run, tuple, from->p[i].key, from->p[i].value);
    }
}

/* The tuples that one result of a step makes of `from`. */
static ps_jx extend(ps_jx_run *run, const ps_node *step, const ps_jx_record *from, ps_jx v,
                    size_t number, bool is_tuple)
{
    ps_jx_record *tuple = ps_jx_record_new(run, from->count + 2);
    set_all(run, tuple, from);
    if (is_tuple) {
        set_all(run, tuple, v.record);
        return ps_jx_object(tuple);
    }
    ps_jx before = ps_jx_get(ps_jx_object(tuple), context_key);
    ps_jx_set(run, tuple, step->focus.len ? step->focus : context_key, v);
    if (step->index.len) {
        ps_jx_set(run, tuple, step->index, ps_jx_number((double)number));
    }
    if (step->ancestor.len) {
        ps_jx_set(run, tuple, step->ancestor, before);
    }
    return ps_jx_object(tuple);
}

static ps_jx stages(ps_jx_run *run, const ps_node *step, ps_jx stream, ps_jx_frame *frame)
{
    for (size_t i = 0; i < step->stage_count; i++) {
        const ps_stage *stage = &step->stages[i];
        if (stage->kind == PS_STAGE_FILTER) {
            stream = ps_jx_filter(run, stage->predicate, stream, frame);
            continue;
        }
        size_t count = ps_jx_count(stream);
        ps_jx_burn(run, count);
        for (size_t k = 0; k < count; k++) {
            ps_jx_record *tuple = ps_jx_at(stream, k).record;
            ps_jx_set(run, tuple, stage->index, ps_jx_number((double)k));
        }
    }
    return stream;
}

static ps_jx with_context(ps_jx_run *run, ps_jx v, ps_str name, size_t number)
{
    ps_jx_record *tuple = ps_jx_record_new(run, 2);
    ps_jx_set(run, tuple, context_key, v);
    if (name.len) {
        ps_jx_set(run, tuple, name, ps_jx_number((double)number));
    }
    return ps_jx_object(tuple);
}

static ps_jx stream_of(ps_jx_run *run, ps_jx array, ps_str index)
{
    ps_jx_list *list = stream_new(run);
    size_t count = ps_jx_count(array);
    ps_jx_burn(run, count);
    for (size_t i = 0; i < count; i++) {
        ps_jx_add(run, list, with_context(run, ps_jx_at(array, i), index, i));
    }
    return ps_jx_array(list);
}

static void step_one(ps_jx_run *run, const ps_node *step, ps_jx tuple, ps_jx_list *list,
                     ps_jx_frame *frame)
{
    ps_jx_frame *own = ps_jx_tuple_frame(run, tuple, frame);
    ps_jx v = ps_jx_eval(run, step, ps_jx_tuple_context(tuple), own);
    ps_jx_frame_release(run, own);
    if (v.kind == PS_JX_UNDEFINED) {
        return;
    }
    if (v.kind != PS_JX_ARRAY) {
        ps_jx_add(run, list, extend(run, step, tuple.record, v, 0, false));
        return;
    }
    bool is_tuple = ps_jx_flags(v) & PS_JX_TUPLES;
    size_t count = ps_jx_count(v);
    for (size_t i = 0; i < count; i++) {
        ps_jx_add(run, list, extend(run, step, tuple.record, ps_jx_at(v, i), i, is_tuple));
    }
}

ps_jx ps_jx_tuple_path(ps_jx_run *run, const ps_node *path, size_t first, ps_jx sequence,
                       ps_jx_frame *frame)
{
    ps_jx stream = PS_JX_NOTHING;
    for (size_t i = first; i < path->list.count; i++) {
        const ps_node *step = path->list.p[i];
        if (step->kind == PS_NODE_SORT) {
            if (stream.kind == PS_JX_UNDEFINED) {
                ps_jx sorted = ps_jx_sort(run, step, sequence, frame);
                stream = stream_of(run, sorted, step->index);
            } else {
                stream = ps_jx_sort(run, step, stream, frame);
            }
        } else {
            if (stream.kind == PS_JX_UNDEFINED) {
                stream = stream_of(run, sequence, PS_STR(""));
            }
            ps_jx_list *list = stream_new(run);
            size_t count = ps_jx_count(stream);
            for (size_t k = 0; k < count; k++) {
                step_one(run, step, ps_jx_at(stream, k), list, frame);
            }
            stream = ps_jx_array(list);
        }
        stream = stages(run, step, stream, frame);
    }
    if (stream.kind == PS_JX_UNDEFINED) {
        stream = ps_jx_array(stream_new(run));
    }
    ps_jx v = stream;
    if (!path->tuple) {
        ps_jx_list *list = ps_jx_list_new(run, ps_jx_count(stream), PS_JX_SEQUENCE);
        for (size_t i = 0; i < ps_jx_count(stream); i++) {
            ps_jx_add(run, list, ps_jx_tuple_context(ps_jx_at(stream, i)));
        }
        v = ps_jx_array(list);
    }
    if (path->keep_singleton) {
        v.list->flags |= PS_JX_KEEP_SINGLETON;
    }
    return path->group ? ps_jx_group(run, path->group, stream, frame) : v;
}
