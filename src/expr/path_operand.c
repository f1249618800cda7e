/* path_operand.c -- one side of a comparison in a filter: a path or a literal. */
#include "expr/path_reader.h"

/* Whether the ')' at `at` closes a call such as `.length()` that began behind `begin`. */
static bool closes_call(ps_path_reader *r, size_t at, size_t begin)
{
    size_t i = at;
    do {
        if (i == 0) {
            return false;
        }
        i--;
    } while (r->text.p[i] == ' ');
    if (r->text.p[i] != '(') {
        return false;
    }
    while (i > begin + 1) {
        i--;
        if (r->text.p[i] == '.') {
            return true;
        }
    }
    return false;
}

/* A path ends at a space, at an operator of symbols, or at a ')' that is not its own. */
static bool read_path(ps_path_reader *r, bool negated, ps_operand *out)
{
    size_t begin = r->at;
    size_t at = begin + 1;
    while (at < r->text.len) {
        if (r->text.p[at] == '[') {
            at = ps_path_closing(r->text, at, '[', ']', false);
            if (at == PS_NOWHERE) {
                return ps_path_filter_refuse(r, "']'");
            }
            at++;
        }
        if (at >= r->text.len || ps_path_is_symbol(r->text.p[at]) || r->text.p[at] == ' ' ||
            (r->text.p[at] == ')' && !closes_call(r, at, begin))) {
            break;
        }
        at++;
    }
    if (r->text.p[at - 1] == '.') {
        return ps_path_filter_refuse(r, "a name behind the dot");
    }
    size_t base = r->c->base;
    r->c->base += begin;
    ps_chain *chain = ps_chain_new(r->c, (ps_str){r->text.p + begin, at - begin});
    r->c->base = base;
    r->at = at;
    *out = (ps_operand){.kind = PS_OPERAND_PATH, .chain = chain, .should_exist = !negated};
    return chain != NULL;
}

static bool read_string(ps_path_reader *r, ps_operand *out)
{
    size_t close = ps_path_unescaped(r->text, r->at, r->text.p[r->at]);
    ps_value *v = NULL;
    if (close != PS_NOWHERE) {
        v = ps_path_unescape((ps_str){r->text.p + r->at + 1, close - r->at - 1});
    }
    if (!v) {
        return ps_path_filter_refuse(r, "a well-formed string");
    }
    r->at = close + 1;
    *out = (ps_operand){.kind = PS_OPERAND_STRING, .value = v};
    return true;
}

static bool read_json(ps_path_reader *r, ps_operand *out)
{
    char open = r->text.p[r->at];
    size_t close = ps_path_closing(r->text, r->at, open, open == '[' ? ']' : '}', false);
    ps_str text = {r->text.p + r->at, close == PS_NOWHERE ? 0 : close + 1 - r->at};
    ps_value *v = close == PS_NOWHERE ? NULL : ps_path_json(text);
    if (!v) {
        return ps_path_filter_refuse(r, "well-formed JSON");
    }
    r->at = close + 1;
    *out = (ps_operand){.kind = PS_OPERAND_JSON, .value = v, .literal = ps_string(text)};
    return true;
}

static bool read_pattern(ps_path_reader *r, ps_operand *out)
{
    size_t close = ps_path_unescaped(r->text, r->at, '/');
    if (close == PS_NOWHERE) {
        return ps_path_filter_refuse(r, "'/' at the end of a pattern");
    }
    size_t end = close + 1;
    while (end < r->text.len && memchr("dixmsuU", r->text.p[end], 7)) {
        end++;
    }
    ps_str pattern = {r->text.p + r->at + 1, close - r->at - 1};
    ps_str flags = {r->text.p + close + 1, end - close - 1};
    void *regex = NULL;
    if (ps_path_regex_new(pattern, flags, &regex, r->c->err) != PS_OK) {
        r->c->err->at = r->c->base + r->at;
        return false;
    }
    r->at = end;
    *out = (ps_operand){.kind = PS_OPERAND_PATTERN, .regex = regex};
    return true;
}

static bool read_number(ps_path_reader *r, ps_operand *out)
{
    size_t end = r->at;
    while (end < r->text.len && memchr("0123456789-.eE", r->text.p[end], 14)) {
        end++;
    }
    ps_str text = {r->text.p + r->at, end - r->at};
    ps_value *v = ps_path_number(text);
    if (!v) {
        return ps_path_filter_refuse(r, "a path, a string, a number, a pattern or JSON");
    }
    r->at = end;
    *out = (ps_operand){.kind = PS_OPERAND_NUMBER, .value = v, .literal = ps_string(text)};
    return true;
}

static bool read_literal(ps_path_reader *r, ps_operand *out)
{
    static const ps_str words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (ps_path_follows(r, words[i])) {
            r->at += words[i].len;
            *out = i == 2 ? (ps_operand){.kind = PS_OPERAND_NULL}
                          : (ps_operand){.kind = PS_OPERAND_BOOL, .value = ps_bool(i == 0)};
            return true;
        }
    }
    return read_number(r, out);
}

bool ps_operand_parse(ps_path_reader *r, ps_operand *out)
{
    char c = ps_path_peek(r);
    bool negated = c == '!';
    if (negated) {
        r->at++;
        c = ps_path_peek(r);
    }
    if (c == '$' || c == '@') {
        return read_path(r, negated, out);
    }
    if (negated) {
        return ps_path_filter_refuse(r, "a path behind '!'");
    }
    switch (c) {
    case '\'':
    case '"':
        return read_string(r, out);
    case '[':
    case '{':
        return read_json(r, out);
    case '/':
        return read_pattern(r, out);
    default:
        return read_literal(r, out);
    }
}
