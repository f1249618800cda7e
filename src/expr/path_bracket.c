/* path_bracket.c -- the steps in brackets: names, indices, slices, wildcards, filters. What Jayway
 * takes, also where it is odd, is taken here. */
#include "base/mem.h"
#include "expr/path_reader.h"

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

/* -- kinds ------------------------------------------------------------------------------------- */

/* ['a'], ["a", "b"]: whatever stands between a comma and the next quote is passed over. */
static ps_status read_names(ps_path_reader *r, char quote)
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
                ps_step_clear(&step);
                return ps_path_refuse(r, "',' or ']' behind a well-formed quoted name");
            }
            ps_step_add_name_take(&step, &capacity, name);
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
        ps_step_clear(&step);
        return ps_path_refuse(r, "a quoted name and ']'");
    }
    r->at = close + 1;
    return ps_path_append_names_take(r, step);
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
static ps_status append_slice(ps_path_reader *r, ps_str text)
{
    ps_step step = {.kind = PS_STEP_SLICE};
    ps_str from = cut(&text, ':');
    ps_str to = cut(&text, ':');
    step.has_from = from.len > 0;
    step.has_to = to.len > 0;
    bool fits = (!step.has_from || read_int(from, &step.from)) &&
                (!step.has_to || read_int(to, &step.to)) && (step.has_from || step.has_to);
    return fits ? ps_path_append_take(r, step) : ps_path_refuse(r, "a slice such as [1:3]");
}

static ps_status append_indices(ps_path_reader *r, ps_str text)
{
    ps_step step = {0};
    size_t capacity = 0;
    while (text.p) {
        int32_t index;
        if (!read_int(trim(cut(&text, ',')), &index)) {
            ps_free(step.indices);
            return ps_path_refuse(r, "an index");
        }
        if (step.count == capacity) {
            capacity = capacity ? ps_grow(capacity, step.count + 1) : 1;
            step.indices = ps_realloc(step.indices, capacity, sizeof *step.indices);
        }
        step.indices[step.count++] = index;
    }
    step.kind = step.count == 1 ? PS_STEP_INDEX : PS_STEP_INDICES;
    return ps_path_append_take(r, step);
}

static ps_status read_numbers(ps_path_reader *r)
{
    const char *end = memchr(r->text.p + r->at, ']', r->text.len - r->at);
    if (!end) {
        return ps_path_refuse(r, "']'");
    }
    const char *begin = r->text.p + r->at + 1;
    ps_str inside = trim((ps_str){begin, (size_t)(end - begin)});
    bool slice = false;
    for (size_t i = 0; i < inside.len; i++) {
        char c = inside.p[i];
        slice = slice || c == ':';
        if (!is_digit(c) && c != ',' && c != '-' && c != ':' && c != ' ') {
            return ps_path_refuse(r, "an index, a slice, '*', '?' or a quoted name");
        }
    }
    ps_status status = slice ? append_slice(r, inside) : append_indices(r, inside);
    r->at = (size_t)(end - r->text.p) + 1;
    return status;
}

static ps_status read_filter(ps_path_reader *r, size_t question)
{
    size_t open = next_is(r->text, question, '(');
    size_t close = open == PS_NOWHERE ? PS_NOWHERE : ps_path_closing(r->text, open, '(', ')', true);
    size_t end = close == PS_NOWHERE ? PS_NOWHERE : next_is(r->text, close, ']');
    if (end == PS_NOWHERE) {
        return ps_path_refuse(r, "a filter [?(...)]");
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
    return ps_path_append_take(r, (ps_step){.kind = PS_STEP_FILTER, .filter = filter});
}

ps_status ps_path_read_bracket(ps_path_reader *r)
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
        return ps_path_refuse(r, "an index, a slice, '*', '?' or a quoted name, and ']'");
    }
    r->at = close + 1;
    return ps_path_append_take(r, (ps_step){.kind = PS_STEP_WILDCARD});
}
