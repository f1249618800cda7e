/* path_call.c -- what the functions at the end of a path give. */
#include "expr/path_layout.h"
#include "value/json.h"

#include <math.h>

static ps_walk broken(ps_path_job *job, const char *why)
{
    ps_env_fail(job->env, PS_STR("States.Runtime"), "%s", why);
    return PS_WALK_FAULT;
}

/* The arguments' values, read from the document. */
static ps_walk read_arguments(ps_path_job *job, const ps_path_call *call, ps_value **out)
{
    ps_value *values = ps_array(call->count);
    for (size_t i = 0; i < call->count; i++) {
        ps_value *v = ps_value_ref(call->arguments[i].value);
        if (!v) {
            ps_walk walked =
                ps_chain_read(job, call->arguments[i].chain, job->document, false, &v, NULL);
            if (walked != PS_WALK_ON) {
                ps_value_unref(values);
                return walked;
            }
        }
        if (ps_value_depth(v) >= PS_MAX_DEPTH) {
            ps_value_unref(v);
            ps_value_unref(values);
            return broken(job, "A JSONPath's result is nested too deep");
        }
        ps_array_add_take(values, v);
    }
    *out = values;
    return PS_WALK_ON;
}

typedef struct sums {
    size_t count;
    double sum, squares, min, max;
} sums;

static void add_number(sums *s, const ps_value *v)
{
    if (!ps_value_is_number(v)) {
        return;
    }
    double d = ps_value_double(v);
    s->min = s->count && s->min <= d ? s->min : d;
    s->max = s->count && s->max >= d ? s->max : d;
    s->sum += d;
    s->squares += d * d;
    s->count++;
}

static void add_numbers(sums *s, const ps_value *array)
{
    for (size_t i = 0; i < ps_value_count(array); i++) {
        add_number(s, ps_array_at(array, i));
    }
}

static ps_walk aggregate(ps_path_job *job, ps_path_fn fn, const ps_value *model,
                         const ps_value *arguments, ps_value **out)
{
    sums s = {0};
    double d;
    if (ps_value_kind(model) == PS_ARRAY) {
        add_numbers(&s, model);
    }
    for (size_t i = 0; i < ps_value_count(arguments); i++) {
        const ps_value *v = ps_array_at(arguments, i);
        if (ps_value_kind(v) == PS_ARRAY) {
            add_numbers(&s, v);
        } else {
            add_number(&s, v);
        }
    }
    if (!s.count) {
        return broken(job, "Aggregation function attempted to calculate value using empty array");
    }
    double count = (double)s.count;
    switch (fn) {
    case PS_FN_AVG:
        d = s.sum / count;
        break;
    case PS_FN_STDDEV:
        d = sqrt(s.squares / count - s.sum * s.sum / count / count);
        break;
    case PS_FN_MIN:
        d = s.min;
        break;
    case PS_FN_MAX:
        d = s.max;
        break;
    default:
        d = s.sum;
        break;
    }
    if (!isfinite(d)) {
        return broken(job, "An aggregation function has no finite result");
    }
    *out = ps_double(d);
    return PS_WALK_ON;
}

static void add_text(const ps_value *v, bool strings_only, ps_buf *out)
{
    if (ps_value_kind(v) == PS_STRING) {
        ps_buf_add(out, ps_value_str(v));
    } else if (!strings_only && ps_value_kind(v) != PS_NULL) {
        ps_json_print(v, out);
    }
}

static ps_walk concat(const ps_value *model, const ps_value *arguments, ps_value **out)
{
    ps_buf text = {0};
    if (ps_value_kind(model) == PS_ARRAY) {
        for (size_t i = 0; i < ps_value_count(model); i++) {
            add_text(ps_array_at(model, i), true, &text);
        }
    }
    for (size_t i = 0; i < ps_value_count(arguments); i++) {
        const ps_value *v = ps_array_at(arguments, i);
        if (ps_value_kind(v) != PS_ARRAY) {
            add_text(v, false, &text);
            continue;
        }
        for (size_t n = 0; n < ps_value_count(v); n++) {
            add_text(ps_array_at(v, n), false, &text);
        }
    }
    *out = ps_string(ps_buf_str(&text));
    ps_buf_free(&text);
    return PS_WALK_ON;
}

static ps_walk length(const ps_value *model, const ps_value *arguments, ps_value **out)
{
    const ps_value *first = ps_value_count(arguments) ? ps_array_at(arguments, 0) : NULL;
    const ps_value *counted = first && ps_value_kind(first) == PS_ARRAY ? first : model;
    *out = ps_value_depth(counted) ? ps_int((int64_t)ps_value_count(counted)) : ps_null();
    return PS_WALK_ON;
}

static ps_walk append(const ps_value *model, const ps_value *arguments, ps_value **out)
{
    if (ps_value_kind(model) != PS_ARRAY) {
        *out = ps_value_ref(model);
        return PS_WALK_ON;
    }
    *out = ps_array_copy(model);
    for (size_t i = 0; i < ps_value_count(arguments); i++) {
        ps_array_add_take(*out, ps_value_ref(ps_array_at(arguments, i)));
    }
    return PS_WALK_ON;
}

static ps_walk keys(const ps_value *model, ps_value **out)
{
    if (ps_value_kind(model) != PS_OBJECT) {
        *out = ps_null();
        return PS_WALK_ON;
    }
    *out = ps_array(ps_value_count(model));
    for (size_t i = 0; i < ps_value_count(model); i++) {
        ps_array_add_take(*out, ps_value_ref(ps_object_key_at(model, i)));
    }
    return PS_WALK_ON;
}

/* A negative index counts from the end, but never reaches the first element. */
static ps_walk element(ps_path_job *job, const ps_value *model, int64_t index, ps_value **out)
{
    if (ps_value_kind(model) != PS_ARRAY) {
        return broken(job, "Aggregation function attempted to calculate value using empty array");
    }
    int64_t count = (int64_t)ps_value_count(model);
    int64_t effective = index < 0 ? count + index : index;
    if (effective >= count || effective < (index < 0 ? 1 : 0)) {
        return broken(job, "Target index is larger than the count of elements");
    }
    *out = ps_value_ref(ps_array_at(model, (size_t)effective));
    return PS_WALK_ON;
}

static ps_walk distinct(ps_path_job *job, const ps_value *model, ps_value **out)
{
    ps_walk walked = PS_WALK_ON;
    if (ps_value_kind(model) != PS_ARRAY) {
        return broken(job, "Aggregation function attempted unique values using non array");
    }
    ps_value *unique = ps_array(0);
    for (size_t i = 0; i < ps_value_count(model) && walked == PS_WALK_ON; i++) {
        const ps_value *v = ps_array_at(model, i);
        bool known = false;
        for (size_t n = 0; n < ps_value_count(unique) && !known && walked == PS_WALK_ON; n++) {
            walked = ps_path_burn(job, 1 + ps_value_bytes(v) / 32);
            known = ps_value_equal(ps_array_at(unique, n), v);
        }
        if (!known) {
            ps_array_add_take(unique, ps_value_ref(v));
        }
    }
    *out = unique;
    return walked;
}

static ps_walk call_with(ps_path_job *job, const ps_path_call *call, const ps_value *model,
                         const ps_value *arguments, ps_value **out)
{
    int64_t index = 0;
    switch (call->fn) {
    case PS_FN_AVG:
    case PS_FN_STDDEV:
    case PS_FN_SUM:
    case PS_FN_MIN:
    case PS_FN_MAX:
        return aggregate(job, call->fn, model, arguments, out);
    case PS_FN_CONCAT:
        return concat(model, arguments, out);
    case PS_FN_LENGTH:
        return length(model, arguments, out);
    case PS_FN_APPEND:
        return append(model, arguments, out);
    case PS_FN_KEYS:
        return keys(model, out);
    case PS_FN_FIRST:
        return element(job, model, 0, out);
    case PS_FN_LAST:
        return element(job, model, -1, out);
    case PS_FN_DISTINCT:
        return distinct(job, model, out);
    case PS_FN_INDEX:
        if (!ps_value_count(arguments) || !ps_value_is_number(ps_array_at(arguments, 0)) ||
            !ps_value_int(ps_array_at(arguments, 0), &index)) {
            return broken(job, "index() needs a whole number");
        }
        return element(job, model, index, out);
    }
    return PS_WALK_INVALID;
}

ps_walk ps_path_call_eval(ps_path_job *job, const ps_path_call *call, const ps_value *model,
                          ps_value **out)
{
    ps_value *arguments = NULL;
    ps_walk walked = read_arguments(job, call, &arguments);
    if (walked == PS_WALK_ON) {
        walked = ps_path_burn(job, 1 + (ps_value_depth(model) ? ps_value_count(model) : 0));
    }
    if (walked == PS_WALK_ON) {
        walked = call_with(job, call, model, arguments, out);
    }
    ps_value_unref(arguments);
    if (walked != PS_WALK_ON) {
        ps_value_unref(*out);
        *out = NULL;
    }
    return walked;
}
