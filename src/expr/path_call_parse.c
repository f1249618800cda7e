/* path_call_parse.c -- functions at the end of a path, $.list.length() or $.sum($.a, 5): their
 * names and arguments. AWS refuses them; Jayway has them. */
#include "base/mem.h"
#include "expr/path_layout.h"
#include "value/json.h"

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
