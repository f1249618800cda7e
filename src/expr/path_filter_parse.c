/* path_filter_parse.c -- (...) of a filter [?(...)] to a tree of tests. */
#include "base/mem.h"
#include "expr/path_layout.h"

typedef struct reader {
    ps_path_compiler *c;
    ps_str text;
    size_t at;
    size_t nesting;
} reader;

static const struct {
    ps_str name;
    ps_test test;
} tests[] = {
#define ROW(text, id)                                                                              \
    {                                                                                              \
        {text, sizeof text - 1}, id                                                                \
    }
    ROW(">=", PS_TEST_GE),
    ROW("<=", PS_TEST_LE),
    ROW("==", PS_TEST_EQ),
    ROW("===", PS_TEST_SAME),
    ROW("!=", PS_TEST_NE),
    ROW("!==", PS_TEST_NOT_SAME),
    ROW("<", PS_TEST_LT),
    ROW(">", PS_TEST_GT),
    ROW("=~", PS_TEST_REGEX),
    ROW("NIN", PS_TEST_NIN),
    ROW("IN", PS_TEST_IN),
    ROW("CONTAINS", PS_TEST_CONTAINS),
    ROW("ALL", PS_TEST_ALL),
    ROW("SIZE", PS_TEST_SIZE),
    ROW("EXISTS", PS_TEST_EXISTS),
    ROW("TYPE", PS_TEST_TYPE),
    ROW("MATCHES", PS_TEST_MATCHES),
    ROW("EMPTY", PS_TEST_EMPTY),
    ROW("SUBSETOF", PS_TEST_SUBSETOF),
    ROW("ANYOF", PS_TEST_ANYOF),
    ROW("NONEOF", PS_TEST_NONEOF),
#undef ROW
};
#define LONGEST_TEST 8

static bool refuse(reader *r, const char *expected)
{
    ps_fail(r->c->err, PS_EINPUT, r->c->base + r->at, "JSONPath: expected %s in a filter",
            expected);
    return false;
}

/* The next byte that is not a space; '\0' at the end. */
static char peek(reader *r)
{
    while (r->at < r->text.len && r->text.p[r->at] == ' ') {
        r->at++;
    }
    return r->at < r->text.len ? r->text.p[r->at] : '\0';
}

static bool follows(reader *r, ps_str word)
{
    peek(r);
    ps_str rest = {r->text.p + r->at, r->text.len - r->at};
    return ps_str_starts(rest, word);
}

static bool is_symbol(char c)
{
    return c == '<' || c == '>' || c == '=' || c == '~' || c == '!';
}

/* -- operands ---------------------------------------------------------------------------------- */

/* Whether the ')' at `at` closes a call such as `.length()` that began behind `begin`. */
static bool closes_call(reader *r, size_t at, size_t begin)
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
static bool read_path(reader *r, bool negated, ps_operand *out)
{
    size_t begin = r->at;
    size_t at = begin + 1;
    while (at < r->text.len) {
        if (r->text.p[at] == '[') {
            at = ps_path_closing(r->text, at, '[', ']', false);
            if (at == PS_NOWHERE) {
                return refuse(r, "']'");
            }
            at++;
        }
        if (at >= r->text.len || is_symbol(r->text.p[at]) || r->text.p[at] == ' ' ||
            (r->text.p[at] == ')' && !closes_call(r, at, begin))) {
            break;
        }
        at++;
    }
    if (r->text.p[at - 1] == '.') {
        return refuse(r, "a name behind the dot");
    }
    size_t base = r->c->base;
    r->c->base += begin;
    ps_chain *chain = ps_chain_new(r->c, (ps_str){r->text.p + begin, at - begin});
    r->c->base = base;
    r->at = at;
    *out = (ps_operand){.kind = PS_OPERAND_PATH, .chain = chain, .should_exist = !negated};
    return chain != NULL;
}

static bool read_string(reader *r, ps_operand *out)
{
    size_t close = ps_path_unescaped(r->text, r->at, r->text.p[r->at]);
    ps_value *v = NULL;
    if (close != PS_NOWHERE) {
        v = ps_path_unescape((ps_str){r->text.p + r->at + 1, close - r->at - 1});
    }
    if (!v) {
        return refuse(r, "a well-formed string");
    }
    r->at = close + 1;
    *out = (ps_operand){.kind = PS_OPERAND_STRING, .value = v};
    return true;
}

static bool read_json(reader *r, ps_operand *out)
{
    char open = r->text.p[r->at];
    size_t close = ps_path_closing(r->text, r->at, open, open == '[' ? ']' : '}', false);
    ps_str text = {r->text.p + r->at, close == PS_NOWHERE ? 0 : close + 1 - r->at};
    ps_value *v = close == PS_NOWHERE ? NULL : ps_path_json(text);
    if (!v) {
        return refuse(r, "well-formed JSON");
    }
    r->at = close + 1;
    *out = (ps_operand){.kind = PS_OPERAND_JSON, .value = v, .literal = ps_string(text)};
    return true;
}

static bool read_pattern(reader *r, ps_operand *out)
{
    size_t close = ps_path_unescaped(r->text, r->at, '/');
    if (close == PS_NOWHERE) {
        return refuse(r, "'/' at the end of a pattern");
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

static bool read_number(reader *r, ps_operand *out)
{
    size_t end = r->at;
    while (end < r->text.len && memchr("0123456789-.eE", r->text.p[end], 14)) {
        end++;
    }
    ps_str text = {r->text.p + r->at, end - r->at};
    ps_value *v = ps_path_number(text);
    if (!v) {
        return refuse(r, "a path, a string, a number, a pattern or JSON");
    }
    r->at = end;
    *out = (ps_operand){.kind = PS_OPERAND_NUMBER, .value = v, .literal = ps_string(text)};
    return true;
}

static bool read_literal(reader *r, ps_operand *out)
{
    static const ps_str words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (follows(r, words[i])) {
            r->at += words[i].len;
            *out = i == 2 ? (ps_operand){.kind = PS_OPERAND_NULL}
                          : (ps_operand){.kind = PS_OPERAND_BOOL, .value = ps_bool(i == 0)};
            return true;
        }
    }
    return read_number(r, out);
}

static bool read_operand(reader *r, ps_operand *out)
{
    char c = peek(r);
    bool negated = c == '!';
    if (negated) {
        r->at++;
        c = peek(r);
    }
    if (c == '$' || c == '@') {
        return read_path(r, negated, out);
    }
    if (negated) {
        return refuse(r, "a path behind '!'");
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

/* -- tests ------------------------------------------------------------------------------------- */

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The operator that comes next, if any: symbols, or a word up to the next space, in any case. */
static bool read_test(reader *r, ps_test *out)
{
    char word[LONGEST_TEST + 1];
    size_t len = 0;
    size_t at = r->at;
    bool symbols = is_symbol(peek(r));
    for (at = r->at; at < r->text.len && len <= LONGEST_TEST; at++) {
        char c = r->text.p[at];
        if (symbols ? !is_symbol(c) : c == ' ') {
            break;
        }
        word[len++] = upper(c);
    }
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (ps_str_equal(tests[i].name, (ps_str){word, len})) {
            *out = tests[i].test;
            r->at = at;
            return true;
        }
    }
    return false;
}

static ps_path_filter *filter_new(ps_path_filter_kind kind)
{
    ps_path_filter *f = ps_alloc_zeroed(1, sizeof *f);
    f->kind = kind;
    return f;
}

static void add_part(ps_path_filter *f, ps_path_filter *part)
{
    f->parts = ps_realloc(f->parts, f->count + 1, sizeof *f->parts);
    f->parts[f->count++] = part;
}

static ps_path_filter *read_comparison(reader *r)
{
    ps_path_filter *f = filter_new(PS_PATH_TEST);
    if (!read_operand(r, &f->left)) {
        goto fail;
    }
    if (read_test(r, &f->test)) {
        if (!read_operand(r, &f->right)) {
            goto fail;
        }
        return f;
    }
    if (f->left.kind != PS_OPERAND_PATH) {
        refuse(r, "an operator");
        goto fail;
    }
    f->test = PS_TEST_EXISTS;
    f->left.kind = PS_OPERAND_EXISTS;
    f->right = (ps_operand){.kind = PS_OPERAND_BOOL, .value = ps_bool(f->left.should_exist)};
    return f;
fail:
    ps_path_filter_free(f);
    return NULL;
}

static ps_path_filter *read_any(reader *r);

static ps_path_filter *read_group(reader *r)
{
    r->at++;
    ps_path_filter *f = read_any(r);
    if (f && peek(r) != ')') {
        refuse(r, "')'");
        ps_path_filter_free(f);
        return NULL;
    }
    r->at++;
    return f;
}

/* '!' before a path belongs to the path: !@.a asks whether it is missing. */
static ps_path_filter *read_part(reader *r)
{
    char c = peek(r);
    if (r->nesting == PS_MAX_PATH_NESTING) {
        ps_fail(r->c->err, PS_ELIMIT, r->c->base + r->at, "JSONPath: filter nested deeper than %d",
                PS_MAX_PATH_NESTING);
        return NULL;
    }
    r->nesting++;
    ps_path_filter *f = NULL;
    if (c == '!') {
        size_t bang = r->at++;
        c = peek(r);
        if (c == '$' || c == '@') {
            r->at = bang;
            f = read_comparison(r);
        } else {
            ps_path_filter *part = read_part(r);
            if (part) {
                f = filter_new(PS_PATH_NOT);
                add_part(f, part);
            }
        }
    } else {
        f = c == '(' ? read_group(r) : read_comparison(r);
    }
    r->nesting--;
    return f;
}

static ps_path_filter *read_row(reader *r, ps_path_filter_kind kind, ps_str between,
                                ps_path_filter *(*read)(reader *r))
{
    ps_path_filter *first = read(r);
    if (!first || !follows(r, between)) {
        return first;
    }
    ps_path_filter *row = filter_new(kind);
    add_part(row, first);
    while (follows(r, between)) {
        r->at += between.len;
        ps_path_filter *part = read(r);
        if (!part) {
            ps_path_filter_free(row);
            return NULL;
        }
        add_part(row, part);
    }
    return row;
}

static ps_path_filter *read_all(reader *r)
{
    return read_row(r, PS_PATH_ALL, PS_STR("&&"), read_part);
}

static ps_path_filter *read_any(reader *r)
{
    return read_row(r, PS_PATH_ANY, PS_STR("||"), read_all);
}

ps_path_filter *ps_path_filter_parse(ps_path_compiler *c, ps_str text)
{
    if (c->nesting == PS_MAX_PATH_NESTING) {
        ps_fail(c->err, PS_ELIMIT, c->base, "JSONPath: nested deeper than %d", PS_MAX_PATH_NESTING);
        return NULL;
    }
    reader r = {.c = c, .text = text};
    c->nesting++;
    ps_path_filter *f = read_any(&r);
    c->nesting--;
    if (f && (peek(&r) != '\0' || r.at < text.len)) {
        refuse(&r, "'&&', '||' or the end");
        ps_path_filter_free(f);
        return NULL;
    }
    return f;
}

static void operand_free(ps_operand *operand)
{
    ps_operand_clear(operand);
    ps_chain_free(operand->chain);
    ps_path_regex_free(operand->regex);
}

void ps_path_filter_free(ps_path_filter *f)
{
    if (!f) {
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        ps_path_filter_free(f->parts[i]);
    }
    ps_free(f->parts);
    operand_free(&f->left);
    operand_free(&f->right);
    ps_free(f);
}
