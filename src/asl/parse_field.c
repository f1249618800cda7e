/* parse_field.c -- one field of a state, of whichever shape, compiled. */
#include "asl/parse.h"
#include "base/mem.h"

#include <stdio.h>

const ps_value *ps_parse_field(const ps_value *object, const char *name)
{
    return ps_object_get(object, ps_str_from(name));
}

ps_str ps_parse_quote(ps_str text, size_t most)
{
    if (text.len > most) {
        text.len = most;
        while (text.len > 0 && ((unsigned char)text.p[text.len] & 0xC0) == 0x80) {
            text.len--;
        }
    }
    return text;
}

ps_status ps_parse_wrong(const ps_parser *p, const char *name, const char *expected)
{
    ps_str state = ps_parse_quote(p->state, 40);
    return ps_fail(p->err, PS_EINPUT, 0, "The field '%s' of '%.*s' should be %s", name,
                   (int)state.len, state.p, expected);
}

static ps_status read_kind(const ps_parser *p, const ps_value *object, const char *name,
                           ps_kind kind, const char *expected, const ps_value **out)
{
    const ps_value *v = ps_parse_field(object, name);
    if (v && ps_value_kind(v) != kind) {
        return ps_parse_wrong(p, name, expected);
    }
    *out = v;
    return PS_OK;
}

ps_status ps_parse_string(const ps_parser *p, const ps_value *object, const char *name,
                          const ps_value **out)
{
    return read_kind(p, object, name, PS_STRING, "a string", out);
}

ps_status ps_parse_object(const ps_parser *p, const ps_value *object, const char *name,
                          const ps_value **out)
{
    return read_kind(p, object, name, PS_OBJECT, "an object", out);
}

ps_status ps_parse_array(const ps_parser *p, const ps_value *object, const char *name,
                         const ps_value **out)
{
    return read_kind(p, object, name, PS_ARRAY, "an array", out);
}

ps_status ps_parse_int(const ps_parser *p, const ps_value *object, const char *name, int64_t *out)
{
    const ps_value *v = ps_parse_field(object, name);
    if (!v) {
        return PS_OK;
    }
    if (!ps_value_is_number(v) || !ps_value_int(v, out) || *out < 0) {
        return ps_parse_wrong(p, name, "a non-negative integer");
    }
    return PS_OK;
}

ps_status ps_parse_path(const ps_parser *p, const ps_value *object, const char *name, ps_path **out)
{
    const ps_value *v = NULL;
    ps_status status = ps_parse_string(p, object, name, &v);
    if (status != PS_OK || !v) {
        return status;
    }
    *out = ps_path_new(ps_value_str(v), p->err);
    return *out ? PS_OK : p->err->code;
}

ps_status ps_parse_template(const ps_parser *p, const ps_value *object, const char *name,
                            ps_template **out)
{
    const ps_value *v = ps_parse_field(object, name);
    if (!v) {
        return PS_OK;
    }
    *out = p->jsonata ? ps_template_query(v, NULL, NULL, p->err)
                      : ps_template_new(v, NULL, NULL, p->err);
    return *out ? PS_OK : p->err->code;
}

ps_status ps_parse_arguments(const ps_parser *p, const ps_value *object, ps_template **out)
{
    return ps_parse_template(p, object, p->jsonata ? "Arguments" : "Parameters", out);
}

ps_status ps_parse_query(const ps_parser *p, const ps_value *object, const char *name,
                         ps_template **out)
{
    return p->jsonata ? ps_parse_template(p, object, name, out) : PS_OK;
}

ps_status ps_parse_count(const ps_parser *p, const ps_value *object, const char *name,
                         ps_count *out)
{
    char path_name[48];
    (void)snprintf(path_name, sizeof path_name, "%sPath", name);
    const ps_value *v = ps_parse_field(object, name);
    if (v) {
        if (p->jsonata && ps_value_kind(v) == PS_STRING) {
            out->given = true;
            return ps_parse_template(p, object, name, &out->query);
        }
        if (!ps_value_is_number(v)) {
            return ps_parse_wrong(p, name, "a number");
        }
        out->given = true;
        out->literal = ps_value_double(v);
        return PS_OK;
    }
    ps_status status = ps_parse_path(p, object, path_name, &out->path);
    out->given = out->path != NULL;
    return status;
}

/* Reads a path that may be null; "$" is the default and thus stays NULL. */
static ps_status read_place(const ps_parser *p, const ps_value *object, const char *name,
                            ps_path **out, bool *discard)
{
    const ps_value *v = ps_parse_field(object, name);
    if (v && ps_value_kind(v) == PS_NULL) {
        *discard = true;
        return PS_OK;
    }
    ps_status status = ps_parse_path(p, object, name, out);
    if (status == PS_OK && *out && ps_path_whole(*out)) {
        ps_path_free(*out);
        *out = NULL;
    }
    return status;
}

ps_status ps_parse_filter(const ps_parser *p, const ps_value *object, const char *name,
                          ps_filter *out)
{
    return read_place(p, object, name, &out->path, &out->discard);
}

ps_status ps_parse_result_path(const ps_parser *p, const ps_value *object, ps_path **out,
                               bool *discard)
{
    ps_status status = read_place(p, object, "ResultPath", out, discard);
    if (status == PS_OK && *out &&
        (ps_path_where(*out) != PS_ROOT_INPUT || !ps_path_reference(*out))) {
        return ps_parse_wrong(p, "ResultPath", "a reference path");
    }
    return status;
}

static ps_status read_error_names(const ps_parser *p, const ps_value *object,
                                  const ps_value ***names, size_t *count)
{
    const ps_value *list = NULL;
    ps_status status = ps_parse_array(p, object, "ErrorEquals", &list);
    if (status != PS_OK) {
        return status;
    }
    if (!list) {
        return ps_parse_wrong(p, "ErrorEquals", "there");
    }
    *names = ps_alloc_zeroed(ps_value_count(list), sizeof **names);
    for (size_t i = 0; i < ps_value_count(list); i++) {
        const ps_value *name = ps_array_at(list, i);
        if (ps_value_kind(name) != PS_STRING) {
            return ps_parse_wrong(p, "ErrorEquals", "an array of strings");
        }
        (*names)[(*count)++] = name;
    }
    return PS_OK;
}

static ps_status read_retrier(const ps_parser *p, const ps_value *v, ps_retrier *r)
{
    if (ps_value_kind(v) != PS_OBJECT) {
        return ps_parse_wrong(p, "Retry", "an array of objects");
    }
    *r = (ps_retrier){.interval_seconds = 1, .max_attempts = 3, .backoff_rate = 2.0};
    const ps_value *jitter = NULL, *rate = ps_parse_field(v, "BackoffRate");
    ps_status status;
    if ((status = read_error_names(p, v, &r->errors, &r->error_count)) != PS_OK ||
        (status = ps_parse_int(p, v, "IntervalSeconds", &r->interval_seconds)) != PS_OK ||
        (status = ps_parse_int(p, v, "MaxAttempts", &r->max_attempts)) != PS_OK ||
        (status = ps_parse_int(p, v, "MaxDelaySeconds", &r->max_delay_seconds)) != PS_OK ||
        (status = ps_parse_string(p, v, "JitterStrategy", &jitter)) != PS_OK) {
        return status;
    }
    r->full_jitter = jitter && ps_str_equal(ps_value_str(jitter), PS_STR("FULL"));
    if (rate) {
        if (!ps_value_is_number(rate)) {
            return ps_parse_wrong(p, "BackoffRate", "a number");
        }
        r->backoff_rate = ps_value_double(rate);
    }
    return PS_OK;
}

static ps_status read_catcher(const ps_parser *p, const ps_value *v, ps_catcher *c)
{
    if (ps_value_kind(v) != PS_OBJECT) {
        return ps_parse_wrong(p, "Catch", "an array of objects");
    }
    ps_status status;
    if ((status = read_error_names(p, v, &c->errors, &c->error_count)) != PS_OK ||
        (status = ps_parse_result_path(p, v, &c->result_path, &c->discard_result)) != PS_OK) {
        return status;
    }
    if ((status = ps_parse_query(p, v, "Output", &c->output)) != PS_OK) {
        return status;
    }
    return ps_parse_template(p, v, "Assign", &c->assign);
}

ps_status ps_parse_retriers(const ps_parser *p, const ps_value *object, ps_state *s)
{
    const ps_value *retry = NULL, *catch = NULL;
    ps_status status;
    if ((status = ps_parse_array(p, object, "Retry", &retry)) != PS_OK ||
        (status = ps_parse_array(p, object, "Catch", &catch)) != PS_OK) {
        return status;
    }
    if (retry) {
        s->retriers = ps_alloc_zeroed(ps_value_count(retry), sizeof *s->retriers);
        for (size_t i = 0; i < ps_value_count(retry); i++) {
            s->retrier_count = i + 1;
            if ((status = read_retrier(p, ps_array_at(retry, i), &s->retriers[i])) != PS_OK) {
                return status;
            }
        }
    }
    if (catch) {
        s->catchers = ps_alloc_zeroed(ps_value_count(catch), sizeof *s->catchers);
        for (size_t i = 0; i < ps_value_count(catch); i++) {
            s->catcher_count = i + 1;
            if ((status = read_catcher(p, ps_array_at(catch, i), &s->catchers[i])) != PS_OK) {
                return status;
            }
        }
    }
    return PS_OK;
}
