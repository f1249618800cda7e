/* path_parse.c -- text to steps. What Jayway takes, also where it is odd, is taken here. */
#include "base/mem.h"
#include "expr/path_layout.h"

#include <limits.h>

typedef struct reader {
    ps_path_compiler *c;
    ps_str text;
    size_t at;
    ps_chain *chain;
} reader;

static ps_status refuse(reader *r, const char *expected)
{
    return ps_fail(r->c->err, PS_EINPUT, r->c->base + r->at, "JSONPath: expected %s", expected);
}

/* -- looking ahead: spaces only are insignificant ---------------------------------------------- */

static size_t next_significant(ps_str text, size_t from)
{
    size_t at = from + 1;
    while (at < text.len && text.p[at] == ' ') {
        at++;
    }
    return at;
}

/* The offset of `c` when it comes next behind `from`, else PS_NOWHERE. */
static size_t next_is(ps_str text, size_t from, char c)
{
    size_t at = next_significant(text, from);
    return at < text.len && text.p[at] == c ? at : PS_NOWHERE;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* -- steps ------------------------------------------------------------------------------------- */

static void step_clear(ps_step *step)
{
    if (step->names) {
        for (size_t i = 0; i < step->count; i++) {
            ps_value_unref(step->names[i]);
        }
    }
    ps_free(step->names);
    ps_free(step->indices);
    ps_path_filter_free(step->filter);
    ps_path_call_free(step->call);
}

/* Owns what `step` holds, also when it fails. */
static ps_status append_take(reader *r, ps_step step)
{
    ps_chain *chain = r->chain;
    if (chain->count == PS_MAX_PATH_STEPS) {
        step_clear(&step);
        return ps_fail(r->c->err, PS_ELIMIT, r->c->base + r->at, "JSONPath: more than %d steps",
                       PS_MAX_PATH_STEPS);
    }
    if (chain->count == chain->capacity) {
        chain->capacity = ps_grow(chain->capacity, chain->count + 1);
        chain->steps = ps_realloc(chain->steps, chain->capacity, sizeof *chain->steps);
    }
    chain->steps[chain->count++] = step;
    return PS_OK;
}

static void add_name(ps_step *step, size_t *capacity, ps_value *name)
{
    if (step->count == *capacity) {
        *capacity = *capacity ? ps_grow(*capacity, step->count + 1) : 1;
        step->names = ps_realloc(step->names, *capacity, sizeof *step->names);
    }
    step->names[step->count++] = name;
}

static ps_status append_names_take(reader *r, ps_step step)
{
    step.kind = step.count == 1 ? PS_STEP_NAME : PS_STEP_NAMES;
    step.name = ps_value_str(step.names[0]);
    return append_take(r, step);
}

/* ['a'], ["a", "b"]: whatever stands between a comma and the next quote is passed over. */
static ps_status read_names(reader *r, char quote)
{
    ps_step step = {0};
    size_t capacity = 0;
    size_t begin = 0;
    size_t last_quote = 0;
    bool inside = false;
    bool after_comma = false;
    size_t at = r->at + 1;
    for (; at < r->text.len; at++) {
        char c = r->text.p[at];
        if (c == '\\') {
            at++;
        } else if (inside && c == quote) {
            size_t next = next_significant(r->text, at);
            char follows = next < r->text.len ? r->text.p[next] : ' ';
            ps_value *name = follows == ']' || follows == ','
                                 ? ps_path_unescape((ps_str){r->text.p + begin, at - begin})
                                 : NULL;
            if (!name) {
                r->at = at;
                step_clear(&step);
                return refuse(r, "',' or ']' behind a well-formed quoted name");
            }
            add_name(&step, &capacity, name);
            last_quote = at;
            inside = false;
        } else if (!inside && c == quote) {
            begin = at + 1;
            inside = true;
            after_comma = false;
        } else if (!inside && (c == ']' || c == ',')) {
            if (after_comma) {
                break;
            }
            if (c == ']') {
                break;
            }
            after_comma = true;
        }
    }
    size_t close = step.count ? next_is(r->text, last_quote, ']') : PS_NOWHERE;
    if (inside || after_comma || close == PS_NOWHERE) {
        step_clear(&step);
        return refuse(r, "a quoted name and ']'");
    }
    r->at = close + 1;
    return append_names_take(r, step);
}

/* An int as Integer.parseInt reads it. */
static bool read_int(ps_str text, int32_t *out)
{
    bool negative = text.len > 0 && text.p[0] == '-';
    size_t at = negative ? 1 : 0;
    int64_t n = 0;
    if (at == text.len) {
        return false;
    }
    for (; at < text.len; at++) {
        if (!is_digit(text.p[at])) {
            return false;
        }
        n = n * 10 + (text.p[at] - '0');
        if (n > (int64_t)INT32_MAX + 1) {
            return false;
        }
    }
    n = negative ? -n : n;
    if (n > INT32_MAX) {
        return false;
    }
    *out = (int32_t)n;
    return true;
}

/* Cuts the part before the next `separator` off `*rest`; the last part leaves it without a pointer.
 */
static ps_str cut(ps_str *rest, char separator)
{
    const char *p = memchr(rest->p, separator, rest->len);
    ps_str part = {rest->p, p ? (size_t)(p - rest->p) : rest->len};
    *rest = p ? (ps_str){p + 1, rest->len - part.len - 1} : (ps_str){NULL, 0};
    return part;
}

static ps_str trim(ps_str s)
{
    while (s.len && (unsigned char)s.p[0] <= ' ') {
        s = (ps_str){s.p + 1, s.len - 1};
    }
    while (s.len && (unsigned char)s.p[s.len - 1] <= ' ') {
        s.len--;
    }
    return s;
}

/* 1:3, 1:, :3. A step (1:3:2) is read over, as Jayway does. */
static ps_status append_slice(reader *r, ps_str text)
{
    ps_step step = {.kind = PS_STEP_SLICE};
    ps_str from = cut(&text, ':');
    ps_str to = cut(&text, ':');
    step.has_from = from.len > 0;
    step.has_to = to.len > 0;
    bool fits = (!step.has_from || read_int(from, &step.from)) &&
                (!step.has_to || read_int(to, &step.to)) && (step.has_from || step.has_to);
    return fits ? append_take(r, step) : refuse(r, "a slice such as [1:3]");
}

static ps_status append_indices(reader *r, ps_str text)
{
    ps_step step = {0};
    size_t capacity = 0;
    while (text.p) {
        int32_t index;
        if (!read_int(trim(cut(&text, ',')), &index)) {
            ps_free(step.indices);
            return refuse(r, "an index");
        }
        if (step.count == capacity) {
            capacity = capacity ? ps_grow(capacity, step.count + 1) : 1;
            step.indices = ps_realloc(step.indices, capacity, sizeof *step.indices);
        }
        step.indices[step.count++] = index;
    }
    step.kind = step.count == 1 ? PS_STEP_INDEX : PS_STEP_INDICES;
    return append_take(r, step);
}

static ps_status read_numbers(reader *r)
{
    const char *end = memchr(r->text.p + r->at, ']', r->text.len - r->at);
    if (!end) {
        return refuse(r, "']'");
    }
    const char *begin = r->text.p + r->at + 1;
    ps_str inside = trim((ps_str){begin, (size_t)(end - begin)});
    bool slice = false;
    for (size_t i = 0; i < inside.len; i++) {
        char c = inside.p[i];
        slice = slice || c == ':';
        if (!is_digit(c) && c != ',' && c != '-' && c != ':' && c != ' ') {
            return refuse(r, "an index, a slice, '*', '?' or a quoted name");
        }
    }
    ps_status status = slice ? append_slice(r, inside) : append_indices(r, inside);
    r->at = (size_t)(end - r->text.p) + 1;
    return status;
}

static ps_status read_filter(reader *r, size_t question)
{
    size_t open = next_is(r->text, question, '(');
    size_t close = open == PS_NOWHERE ? PS_NOWHERE : ps_path_closing(r->text, open, '(', ')', true);
    size_t end = close == PS_NOWHERE ? PS_NOWHERE : next_is(r->text, close, ']');
    if (end == PS_NOWHERE) {
        return refuse(r, "a filter [?(...)]");
    }
    size_t base = r->c->base;
    r->c->base += open;
    ps_path_filter *filter =
        ps_path_filter_parse(r->c, (ps_str){r->text.p + open, close + 1 - open});
    r->c->base = base;
    if (!filter) {
        return r->c->err->code;
    }
    r->at = end + 1;
    return append_take(r, (ps_step){.kind = PS_STEP_FILTER, .filter = filter});
}

static ps_status read_bracket(reader *r)
{
    size_t next = next_significant(r->text, r->at);
    char c = next < r->text.len ? r->text.p[next] : ' ';
    if (c == '\'' || c == '"') {
        return read_names(r, c);
    }
    if (is_digit(c) || c == '-' || c == ':') {
        return read_numbers(r);
    }
    if (c == '?') {
        return read_filter(r, next);
    }
    size_t close = c == '*' ? next_is(r->text, next, ']') : PS_NOWHERE;
    if (close == PS_NOWHERE) {
        return refuse(r, "an index, a slice, '*', '?' or a quoted name, and ']'");
    }
    r->at = close + 1;
    return append_take(r, (ps_step){.kind = PS_STEP_WILDCARD});
}

static ps_status read_call(reader *r, ps_str name)
{
    r->at += name.len + 1;
    ps_path_call *call = ps_path_call_parse(r->c, name, r->text, &r->at);
    if (!call) {
        return r->c->err->code;
    }
    r->c->has_calls = true;
    return append_take(r, (ps_step){.kind = PS_STEP_CALL, .call = call});
}

/* A name that needs no quotes ends at '.', '[' or '('; all else but a space belongs to it. */
static ps_status read_word(reader *r)
{
    size_t at = r->at;
    for (; at < r->text.len; at++) {
        char c = r->text.p[at];
        if (c == ' ') {
            return refuse(r, "['...'] around a name with spaces");
        }
        if (c == '.' || c == '[' || c == '(') {
            break;
        }
    }
    ps_str name = {r->text.p + r->at, at - r->at};
    if (at < r->text.len && r->text.p[at] == '(') {
        return read_call(r, name);
    }
    ps_step step = {0};
    size_t capacity = 0;
    add_name(&step, &capacity, ps_string(name));
    r->at = at;
    return append_names_take(r, step);
}

/* One step, with the dots before it. */
static ps_status read_step(reader *r)
{
    if (r->text.p[r->at] == '.') {
        bool scan = r->at + 1 < r->text.len && r->text.p[r->at + 1] == '.';
        r->at += scan ? 2 : 1;
        if (r->at >= r->text.len || r->text.p[r->at] == '.') {
            return refuse(r, "a name, '*' or '[' behind a dot");
        }
        if (scan && append_take(r, (ps_step){.kind = PS_STEP_SCAN}) != PS_OK) {
            return r->c->err->code;
        }
    }
    switch (r->text.p[r->at]) {
    case '[':
        return read_bracket(r);
    case '*':
        r->at++;
        return append_take(r, (ps_step){.kind = PS_STEP_WILDCARD});
    default:
        return read_word(r);
    }
}

/* -- the chain --------------------------------------------------------------------------------- */

static bool step_definite(const ps_step *step, bool last)
{
    switch (step->kind) {
    case PS_STEP_NAME:
    case PS_STEP_INDEX:
    case PS_STEP_CALL:
        return true;
    case PS_STEP_NAMES:
        return last; /* the members are put into one object */
    default:
        return false;
    }
}

static void describe(ps_chain *chain)
{
    chain->definite = true;
    chain->plain = true;
    for (size_t i = 0; i < chain->count; i++) {
        ps_step *step = &chain->steps[i];
        step->upstream_definite = chain->definite;
        chain->definite = chain->definite && step_definite(step, i + 1 == chain->count);
        chain->plain = chain->plain && (step->kind == PS_STEP_NAME || step->kind == PS_STEP_INDEX);
    }
    chain->ends_in_call = chain->count && chain->steps[chain->count - 1].kind == PS_STEP_CALL;
}

/* $..path.sum() is one sum over all that $..path finds: it becomes $.sum($..path). */
static void invert_call(ps_path_compiler *c, ps_chain *chain)
{
    size_t at = 0;
    while (at < chain->count && chain->steps[at].kind != PS_STEP_CALL) {
        at++;
    }
    if (!chain->ends_in_call || chain->steps[0].kind != PS_STEP_SCAN || at == chain->count) {
        return;
    }
    ps_step last = chain->steps[at];
    ps_chain *inner = ps_alloc_zeroed(1, sizeof *inner);
    *inner = *chain;
    inner->count = at;
    inner->from_item = false;
    inner->slot = c->slots++;
    describe(inner);
    for (size_t i = at + 1; i < chain->count; i++) {
        step_clear(&chain->steps[i]);
    }
    ps_path_call *call = last.call;
    for (size_t i = 0; i < call->count; i++) {
        ps_chain_free(call->arguments[i].chain);
        ps_value_unref(call->arguments[i].value);
    }
    call->arguments = ps_realloc(call->arguments, 1, sizeof *call->arguments);
    call->arguments[0] = (ps_path_argument){.chain = inner};
    call->count = 1;
    *chain = (ps_chain){.from_item = chain->from_item, .slot = chain->slot};
    chain->steps = ps_alloc_zeroed(1, sizeof *chain->steps);
    chain->steps[0] = last;
    chain->count = chain->capacity = 1;
    describe(chain);
}

ps_status ps_chain_parse(ps_path_compiler *c, ps_str text, ps_chain *out)
{
    while (text.len > 1 && text.p[text.len - 1] == ' ') {
        text.len--;
    }
    *out = (ps_chain){.from_item = text.p[0] == '@'};
    reader r = {.c = c, .text = text, .at = 1, .chain = out};
    if (c->nesting == PS_MAX_PATH_NESTING) {
        return ps_fail(c->err, PS_ELIMIT, c->base, "JSONPath: nested deeper than %d",
                       PS_MAX_PATH_NESTING);
    }
    if (text.len > 1 && text.p[1] != '.' && text.p[1] != '[') {
        return refuse(&r, "'.' or '[' behind the root");
    }
    c->nesting++;
    ps_status status = PS_OK;
    bool rest = false;
    while (status == PS_OK && r.at < text.len && !rest) {
        status = read_step(&r);
        /* Jayway does not look at a last single byte: `$['a']x` is `$['a']` */
        rest = status == PS_OK && r.at + 1 == text.len &&
               out->steps[out->count - 1].kind != PS_STEP_CALL;
    }
    c->has_rest = c->has_rest || rest;
    c->nesting--;
    if (status == PS_OK) {
        out->slot = c->slots++;
        describe(out);
        invert_call(c, out);
    }
    return status;
}

void ps_chain_clear(ps_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++) {
        step_clear(&chain->steps[i]);
    }
    ps_free(chain->steps);
    *chain = (ps_chain){0};
}

ps_chain *ps_chain_new(ps_path_compiler *c, ps_str text)
{
    ps_chain *chain = ps_alloc_zeroed(1, sizeof *chain);
    if (ps_chain_parse(c, text, chain) != PS_OK) {
        ps_chain_free(chain);
        return NULL;
    }
    return chain;
}

void ps_chain_free(ps_chain *chain)
{
    if (chain) {
        ps_chain_clear(chain);
        ps_free(chain);
    }
}
