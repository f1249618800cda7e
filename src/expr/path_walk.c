/* path_walk.c -- walks a document along the steps of a chain and gathers what it finds, in Jayway's
 * order and with its odd corners. */
#include "expr/path_walker.h"

static bool is_array(const ps_value *v)
{
    return ps_value_kind(v) == PS_ARRAY;
}

static bool is_object(const ps_value *v)
{
    return ps_value_kind(v) == PS_OBJECT;
}

ps_walk ps_walker_enter(ps_path_job *job)
{
    if (++job->frames > PS_MAX_PATH_FRAMES) {
        ps_env_fail(job->env, PS_STR("States.Runtime"), "A JSONPath is nested too deep");
        return PS_WALK_FAULT;
    }
    return PS_WALK_ON;
}

ps_walk ps_path_burn(ps_path_job *job, size_t amount)
{
    if (job->fuel < amount) {
        job->fuel = 0;
        ps_env_fail(job->env, PS_STR("States.Runtime"),
                    "Evaluating a JSONPath took more steps than allowed");
        return PS_WALK_FAULT;
    }
    job->fuel -= amount;
    return PS_WALK_ON;
}

/* -- results and their paths ------------------------------------------------------------------- */

static ps_walk add_result(ps_walker *w, ps_value *v)
{
    if (++w->found > PS_MAX_PATH_RESULTS) {
        ps_value_unref(v);
        ps_env_fail(w->job->env, PS_STR("States.Runtime"),
                    "A JSONPath found more results than allowed");
        return PS_WALK_FAULT;
    }
    if (w->paths) {
        ps_array_add_take(w->paths, ps_string(ps_buf_str(&w->path)));
    }
    if (!w->results) {
        ps_value_set_take(&w->last, v);
    } else if (ps_value_depth(v) >= PS_MAX_DEPTH) {
        ps_value_unref(v);
        ps_env_fail(w->job->env, PS_STR("States.Runtime"),
                    "A JSONPath's result is nested too deep");
        return PS_WALK_FAULT;
    } else {
        ps_array_add_take(w->results, v);
    }
    return PS_WALK_ON;
}

void ps_walker_push_name(ps_walker *w, ps_str name)
{
    if (w->paths) {
        ps_buf_add(&w->path, PS_STR("['"));
        ps_buf_add(&w->path, name);
        ps_buf_add(&w->path, PS_STR("']"));
    }
}

void ps_walker_push_index(ps_walker *w, int64_t index)
{
    if (w->paths) {
        ps_buf_addf(&w->path, "[%lld]", (long long)index);
    }
}

/* -- members and elements ---------------------------------------------------------------------- */

ps_walk ps_walker_member(ps_walker *w, size_t next, ps_str name, const ps_value *v)
{
    size_t mark = w->path.len;
    ps_walker_push_name(w, name);
    ps_walk walked = ps_walker_walk(w, next, v);
    w->path.len = mark;
    return walked;
}

/* An index out of range is silently nothing; a negative one counts from the end. */
ps_walk ps_walker_element(ps_walker *w, size_t next, const ps_value *array, int64_t index)
{
    int64_t count = (int64_t)ps_value_count(array);
    int64_t effective = index < 0 ? count + index : index;
    if (effective < 0 || effective >= count) {
        return ps_path_burn(w->job, 1);
    }
    size_t mark = w->path.len;
    ps_walker_push_index(w, index);
    ps_walk walked = ps_walker_walk(w, next, ps_array_at(array, (size_t)effective));
    w->path.len = mark;
    return walked;
}

/* `sure`: exactly one member is looked for, so that its absence is an answer too. */
static ps_walk step_name(ps_walker *w, size_t i, ps_str name, bool sure, const ps_value *at)
{
    const ps_value *v = ps_object_get(at, name);
    if (v) {
        return ps_walker_member(w, i + 1, name, v);
    }
    bool leaf = i + 1 == w->chain->count;
    return w->strict || (sure && !leaf) ? PS_WALK_MISSING : PS_WALK_ON;
}

/* ['a', 'b'] at the end makes one object of the members that are there. */
static ps_walk merge_names(ps_walker *w, const ps_step *step, const ps_value *at)
{
    ps_value *merged = ps_object(step->count);
    size_t mark = w->path.len;
    for (size_t i = 0; i < step->count; i++) {
        ps_str name = ps_value_str(step->names[i]);
        const ps_value *v = ps_object_get(at, name);
        if (v) {
            ps_object_set_take(merged, ps_value_ref(step->names[i]), ps_value_ref(v));
        } else if (w->strict) {
            ps_value_unref(merged);
            return PS_WALK_MISSING;
        }
        if (w->paths) {
            ps_buf_add(&w->path, i ? PS_STR(", '") : PS_STR("['"));
            ps_buf_add(&w->path, name);
            ps_buf_add_char(&w->path, '\'');
        }
    }
    if (w->paths) {
        ps_buf_add_char(&w->path, ']');
    }
    ps_walk walked = add_result(w, merged);
    w->path.len = mark;
    return walked;
}

static ps_walk step_names(ps_walker *w, size_t i, const ps_value *at)
{
    const ps_step *step = &w->chain->steps[i];
    if (!is_object(at)) {
        return step->upstream_definite ? PS_WALK_MISSING : PS_WALK_ON;
    }
    if (step->kind == PS_STEP_NAME) {
        return step_name(w, i, step->name, step->upstream_definite, at);
    }
    if (i + 1 == w->chain->count) {
        return merge_names(w, step, at);
    }
    ps_walk walked = PS_WALK_ON;
    for (size_t n = 0; n < step->count && walked == PS_WALK_ON; n++) {
        walked = step_name(w, i, ps_value_str(step->names[n]), false, at);
    }
    return walked;
}

/* The range of a slice as Jayway takes it: only [n:] counts a negative start from the end at once;
 * in [-2:1] the indices -2, -1, 0 are visited, each for itself. */
static void slice_range(const ps_step *step, int64_t count, int64_t *from, int64_t *to)
{
    *from = step->has_from ? step->from : 0;
    *to = step->has_to ? step->to : count;
    if (!step->has_to) {
        *from = *from < 0 ? (count + *from > 0 ? count + *from : 0) : *from;
    } else if (!step->has_from && *to < 0) {
        *to += count;
    }
    if (*to > count) {
        *to = count;
    }
    if (count == 0) {
        *to = *from;
    }
    /* what lies before the first element gives nothing */
    if (*from < -count) {
        *from = -count;
    }
}

static ps_walk step_array(ps_walker *w, size_t i, const ps_value *at)
{
    const ps_step *step = &w->chain->steps[i];
    ps_walk walked = PS_WALK_ON;
    if (!is_array(at)) {
        return step->upstream_definite ? PS_WALK_MISSING : PS_WALK_ON;
    }
    if (step->kind == PS_STEP_SLICE) {
        int64_t from, to;
        slice_range(step, (int64_t)ps_value_count(at), &from, &to);
        for (int64_t n = from; n < to && walked == PS_WALK_ON; n++) {
            walked = ps_walker_element(w, i + 1, at, n);
        }
        return walked;
    }
    for (size_t n = 0; n < step->count && walked == PS_WALK_ON; n++) {
        walked = ps_walker_element(w, i + 1, at, step->indices[n]);
    }
    return walked;
}

static ps_walk step_wildcard(ps_walker *w, size_t i, const ps_value *at)
{
    ps_walk walked = PS_WALK_ON;
    if (is_object(at)) {
        for (size_t n = 0; n < ps_value_count(at) && walked == PS_WALK_ON; n++) {
            walked = ps_walker_member(w, i + 1, ps_value_str(ps_object_key_at(at, n)),
                                      ps_object_value_at(at, n));
        }
    } else if (is_array(at)) {
        for (size_t n = 0; n < ps_value_count(at) && walked == PS_WALK_ON; n++) {
            walked = ps_walker_element(w, i + 1, at, (int64_t)n);
            if (walked == PS_WALK_MISSING && !w->strict) {
                walked = PS_WALK_ON;
            }
        }
    }
    return walked;
}

/* -- filters ----------------------------------------------------------------------------------- */

/* On an object the filter judges the object itself, on an array each element. */
static ps_walk step_filter(ps_walker *w, size_t i, const ps_value *at)
{
    const ps_step *step = &w->chain->steps[i];
    ps_walk walked = PS_WALK_ON;
    bool pass;
    if (is_object(at)) {
        walked = ps_path_filter_pass(w->job, step->filter, at, &pass);
        return walked == PS_WALK_ON && pass ? ps_walker_walk(w, i + 1, at) : walked;
    }
    if (!is_array(at)) {
        return step->upstream_definite ? PS_WALK_INVALID : PS_WALK_ON;
    }
    for (size_t n = 0; n < ps_value_count(at) && walked == PS_WALK_ON; n++) {
        walked = ps_path_filter_pass(w->job, step->filter, ps_array_at(at, n), &pass);
        if (walked == PS_WALK_ON && pass) {
            walked = ps_walker_element(w, i + 1, at, (int64_t)n);
        }
    }
    return walked;
}

/* -- all steps --------------------------------------------------------------------------------- */

static ps_walk step_call(ps_walker *w, size_t i, const ps_value *at)
{
    const ps_path_call *call = w->chain->steps[i].call;
    ps_value *v = NULL;
    ps_walk walked = ps_path_call_eval(w->job, call, at, &v);
    if (walked != PS_WALK_ON) {
        return walked;
    }
    size_t mark = w->path.len;
    if (w->paths) {
        ps_buf_add_char(&w->path, '.');
        ps_buf_add(&w->path, call->name);
    }
    walked = add_result(w, ps_value_ref(v));
    w->path.len = mark;
    if (walked == PS_WALK_ON && i + 1 < w->chain->count) {
        walked = ps_walker_walk(w, i + 1, v);
    }
    ps_value_unref(v);
    return walked;
}

static ps_walk dispatch(ps_walker *w, size_t i, const ps_value *at)
{
    switch (w->chain->steps[i].kind) {
    case PS_STEP_NAME:
    case PS_STEP_NAMES:
        return step_names(w, i, at);
    case PS_STEP_INDEX:
    case PS_STEP_INDICES:
    case PS_STEP_SLICE:
        return step_array(w, i, at);
    case PS_STEP_WILDCARD:
        return step_wildcard(w, i, at);
    case PS_STEP_SCAN:
        return ps_value_depth(at) ? ps_walker_scan(w, i + 1, at) : PS_WALK_ON;
    case PS_STEP_FILTER:
        return step_filter(w, i, at);
    case PS_STEP_CALL:
        return step_call(w, i, at);
    }
    return PS_WALK_ON;
}

ps_walk ps_walker_walk(ps_walker *w, size_t i, const ps_value *at)
{
    if (i == w->chain->count) {
        ps_walk burnt = ps_path_burn(w->job, 1);
        return burnt == PS_WALK_ON ? add_result(w, ps_value_ref(at)) : burnt;
    }
    if (ps_walker_enter(w->job) != PS_WALK_ON) {
        return PS_WALK_FAULT;
    }
    ps_walk walked = ps_path_burn(w->job, 1);
    if (walked == PS_WALK_ON) {
        walked = dispatch(w, i, at);
    }
    w->job->frames--;
    return walked;
}

const ps_value *ps_chain_plain(const ps_chain *chain, const ps_value *item)
{
    for (size_t i = 0; i < chain->count && item; i++) {
        const ps_step *step = &chain->steps[i];
        if (step->kind == PS_STEP_NAME) {
            item = is_object(item) ? ps_object_get(item, step->name) : NULL;
            continue;
        }
        int64_t count = is_array(item) ? (int64_t)ps_value_count(item) : 0;
        int64_t index = step->indices[0] < 0 ? count + step->indices[0] : step->indices[0];
        item = index >= 0 && index < count ? ps_array_at(item, (size_t)index) : NULL;
    }
    return item;
}

ps_walk ps_chain_read(ps_path_job *job, const ps_chain *chain, const ps_value *item, bool strict,
                      ps_value **out, ps_value *paths)
{
    *out = NULL;
    if (chain->plain && !paths) {
        *out = ps_value_ref(ps_chain_plain(chain, item));
        return *out ? ps_path_burn(job, 1) : PS_WALK_MISSING;
    }
    ps_walker w = {.job = job, .chain = chain, .strict = strict, .paths = paths};
    w.results = chain->definite ? NULL : ps_array(0);
    if (paths) {
        ps_buf_add_char(&w.path, chain->from_item ? '@' : '$');
    }
    ps_walk walked = ps_walker_walk(&w, 0, item);
    ps_buf_free(&w.path);
    if (walked == PS_WALK_ON && chain->definite && !w.last) {
        walked = PS_WALK_MISSING;
    }
    if (walked == PS_WALK_ON) {
        *out = ps_value_ref(w.results ? w.results : w.last);
    }
    ps_value_unref(w.results);
    ps_value_unref(w.last);
    return walked;
}
