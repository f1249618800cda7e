/* resource.c -- takes a Resource apart. */
#include "asl/resource.h"

/* The slice up to the next `stop` (or the end) from *at; *at moves past the stop. False where there
 * is no stop left. */
static bool cut(ps_str text, char stop, size_t *at, ps_str *out)
{
    const char *start = text.p + *at;
    size_t left = text.len - *at;
    const char *end = left ? memchr(start, stop, left) : NULL;
    if (!end) {
        return false;
    }
    *out = (ps_str){start, (size_t)(end - start)};
    *at += out->len + 1;
    return true;
}

static ps_str after(ps_str text, size_t at)
{
    return (ps_str){text.p + at, text.len - at};
}

static ps_str without(ps_str text, ps_str suffix)
{
    return (ps_str){text.p, text.len - suffix.len};
}

static void read_pattern(ps_str action, ps_resource *out)
{
    static const struct {
        ps_str suffix;
        ps_pattern pattern;
    } patterns[] = {
        {{".sync", 5}, PS_PATTERN_SYNC},
        {{".sync:2", 7}, PS_PATTERN_SYNC},
        {{".waitForTaskToken", 17}, PS_PATTERN_TOKEN},
    };
    out->action = action;
    out->verb = action;
    out->pattern = PS_PATTERN_REQUEST;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        if (ps_str_ends(action, patterns[i].suffix)) {
            out->pattern = patterns[i].pattern;
            out->verb = without(action, patterns[i].suffix);
            return;
        }
    }
}

/* "lua:name", "lua:name.waitForTaskToken": a job of Lua's own has no .sync, for its handler may
 * wait. */
static bool read_lua(ps_str text, ps_resource *out)
{
    const ps_str token = PS_STR(".waitForTaskToken");
    out->service = (ps_str){text.p, 3};
    out->action = after(text, 4);
    out->verb = out->action;
    if (ps_str_ends(out->action, token)) {
        out->pattern = PS_PATTERN_TOKEN;
        out->verb = without(out->action, token);
    }
    out->function = out->verb;
    return out->verb.len > 0;
}

/* What follows "arn:aws:states:<region>:<account>:". */
static void read_integration(ps_str rest, ps_resource *out)
{
    const ps_str sdk = PS_STR("aws-sdk:");
    size_t at = ps_str_starts(rest, sdk) ? sdk.len : 0;
    ps_str service;
    out->integration = true;
    if (!cut(rest, ':', &at, &service)) {
        read_pattern(rest, out);
        return;
    }
    out->service = (ps_str){rest.p, at - 1};
    read_pattern(after(rest, at), out);
}

/* "scheme:rest": the States Language lets a resource be any URI; who runs it is the driver's
 * matter. */
static bool read_uri(ps_str text, ps_resource *out)
{
    size_t at = 0;
    if (!cut(text, ':', &at, &out->service) || out->service.len < 2 || at == text.len) {
        return false;
    }
    for (size_t i = 0; i < out->service.len; i++) {
        char c = out->service.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(i > 0 && ((c >= '0' && c <= '9') || memchr("+.-", c, 3)))) {
            return false;
        }
    }
    out->action = out->verb = after(text, at);
    return true;
}

bool ps_resource_parse(ps_str text, ps_resource *out)
{
    const ps_str function = PS_STR("function:"), activity = PS_STR("activity:");
    *out = (ps_resource){.service = PS_STR(""),
                         .action = PS_STR(""),
                         .verb = PS_STR(""),
                         .function = PS_STR(""),
                         .region = PS_STR("")};
    if (ps_str_starts(text, PS_STR("lua:"))) {
        return read_lua(text, out);
    }
    if (!ps_str_starts(text, PS_STR("arn:"))) {
        return read_uri(text, out);
    }
    size_t at = 0;
    ps_str arn, partition, service, account;
    if (!cut(text, ':', &at, &arn) || !ps_str_equal(arn, PS_STR("arn")) ||
        !cut(text, ':', &at, &partition) || partition.len == 0 || !cut(text, ':', &at, &service) ||
        service.len == 0 || !cut(text, ':', &at, &out->region) || !cut(text, ':', &at, &account)) {
        return false;
    }
    ps_str rest = after(text, at);
    if (rest.len == 0) {
        return false;
    }
    bool states = ps_str_equal(service, PS_STR("states"));
    if (states && !ps_str_starts(rest, activity)) {
        read_integration(rest, out);
        return true;
    }
    out->service = service;
    out->action = out->verb = rest;
    if (states) {
        out->family = PS_FAMILY_ACTIVITY;
        out->function = after(rest, activity.len);
    } else if (ps_str_equal(service, PS_STR("lambda")) && ps_str_starts(rest, function)) {
        out->family = PS_FAMILY_LAMBDA;
        at += function.len;
        if (!cut(text, ':', &at, &out->function)) { /* else a version or alias follows */
            out->function = after(text, at);
        }
    }
    return true;
}
