/* path_call.c -- functions at the end of a path: $.list.length(), $.sum($.a, 5). AWS refuses them;
 * Jayway has them. */
#include "base/mem.h"
#include "base/utf8.h"
#include "expr/path_layout.h"
#include "value/json.h"

#include <math.h>

static const struct {
    ps_str name;
    ps_path_fn fn;
} functions[] = {
#define ROW(text, id)                                                                              \
    {                                                                                              \
        {text, sizeof text - 1}, id                                                                \
    }
    ROW("avg", PS_FN_AVG),           ROW("stddev", PS_FN_STDDEV), ROW("sum", PS_FN_SUM),
    ROW("min", PS_FN_MIN),           ROW("max", PS_FN_MAX),       ROW("concat", PS_FN_CONCAT),
    ROW("length", PS_FN_LENGTH),     ROW("size", PS_FN_LENGTH),   ROW("append", PS_FN_APPEND),
    ROW("keys", PS_FN_KEYS),         ROW("first", PS_FN_FIRST),   ROW("last", PS_FN_LAST),
    ROW("distinct", PS_FN_DISTINCT), ROW("index", PS_FN_INDEX),
#undef ROW
};

/* -- compiling --------------------------------------------------------------------------------- */

static ps_str trim(ps_str s)
{
    while (s.len && memchr(" \t\r\n", s.p[0], 4)) {
        s = (ps_str){s.p + 1, s.len - 1};
    }
    while (s.len && memchr(" \t\r\n", s.p[s.len - 1], 4)) {
        s.len--;
    }
    return s;
}

/* length($.a) counts what is in $.a: the path is read as $.a.* */
static void open_up(ps_chain *chain)
{
    if (chain->count == 0 || chain->ends_in_call) {
        return;
    }
    chain->steps = ps_realloc(chain->steps, chain->count + 1, sizeof *chain->steps);
    chain->steps[chain->count++] =
        (ps_step){.kind = PS_STEP_WILDCARD, .upstream_definite = chain->definite};
    chain->capacity = chain->count;
    chain->definite = false;
    chain->plain = false;
}

static ps_status add_argument(ps_path_compiler *c, ps_path_call *call, ps_str text)
{
    ps_path_argument argument = {0};
    if (!text.len) {
        return PS_OK;
    }
    if (text.p[0] == '$' || text.p[0] == '@') {
        argument.chain = ps_chain_new(c, text);
        if (argument.chain && call->fn == PS_FN_LENGTH) {
            open_up(argument.chain);
        }
    } else {
        argument.value = ps_json_parse(text, NULL, c->err);
    }
    if (!argument.chain && !argument.value) {
        return c->err->code;
    }
    call->arguments = ps_realloc(call->arguments, call->count + 1, sizeof *call->arguments);
    call->arguments[call->count++] = argument;
    return PS_OK;
}

/* The end of the argument at `at`: a comma or the ')' of the call itself. */
static size_t argument_end(ps_str text, size_t at)
{
    size_t depth = 0;
    for (; at < text.len; at++) {
        char c = text.p[at];
        if (c == '"' || c == '\'') {
            at = ps_path_unescaped(text, at, c);
            if (at == PS_NOWHERE) {
                return PS_NOWHERE;
            }
        } else if (memchr("([{", c, 3)) {
            depth++;
        } else if (depth == 0 && (c == ',' || c == ')')) {
            return at;
        } else if (memchr(")]}", c, 3)) {
            if (depth == 0) {
                return PS_NOWHERE;
            }
            depth--;
        }
    }
    return PS_NOWHERE;
}

static bool find_function(ps_str name, ps_path_call *call)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (ps_str_equal(functions[i].name, name)) {
            call->fn = functions[i].fn;
            call->name = functions[i].name;
            return true;
        }
    }
    return false;
}

ps_path_call *ps_path_call_parse(ps_path_compiler *c, ps_str name, ps_str text, size_t *at)
{
    ps_path_call *call = ps_alloc_zeroed(1, sizeof *call);
    if (!find_function(name, call)) {
        ps_fail(c->err, PS_EINPUT, c->base + *at, "JSONPath: function %.*s() does not exist",
                (int)(name.len < 40 ? name.len : 40), name.p);
        goto fail;
    }
    for (bool more = true; more;) {
        size_t end = argument_end(text, *at);
        if (end == PS_NOWHERE) {
            ps_fail(c->err, PS_EINPUT, c->base + *at, "JSONPath: expected ')' behind arguments");
            goto fail;
        }
        size_t base = c->base;
        c->base += *at;
        ps_status status = add_argument(c, call, trim((ps_str){text.p + *at, end - *at}));
        c->base = base;
        if (status != PS_OK) {
            goto fail;
        }
        more = text.p[end] == ',';
        *at = end + 1;
    }
    return call;
fail:
    ps_path_call_free(call);
    return NULL;
}

void ps_path_call_free(ps_path_call *call)
{
    if (!call) {
        return;
    }
    for (size_t i = 0; i < call->count; i++) {
        ps_chain_free(call->arguments[i].chain);
        ps_value_unref(call->arguments[i].value);
    }
    ps_free(call->arguments);
    ps_free(call);
}

/* -- evaluating -------------------------------------------------------------------------------- */

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
