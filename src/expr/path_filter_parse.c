/* path_filter_parse.c -- (...) of a filter [?(...)] to a tree of tests. */
#include "base/mem.h"
#include "expr/path_reader.h"

bool ps_path_filter_refuse(const ps_path_reader *r, const char *expected)
{
    ps_fail(r->c->err, PS_EINPUT, r->c->base + r->at, "JSONPath: expected %s in a filter",
            expected);
    return false;
}

/* The next byte that is not a space; '\0' at the end. */
char ps_path_peek(ps_path_reader *r)
{
    while (r->at < r->text.len && r->text.p[r->at] == ' ') {
        r->at++;
    }
    return r->at < r->text.len ? r->text.p[r->at] : '\0';
}

bool ps_path_follows(ps_path_reader *r, ps_str word)
{
    ps_path_peek(r);
    ps_str rest = {r->text.p + r->at, r->text.len - r->at};
    return ps_str_starts(rest, word);
}

/* -- tests ------------------------------------------------------------------------------------- */

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

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The operator that comes next, if any: symbols, or a word up to the next space, in any case. */
static bool read_test(ps_path_reader *r, ps_test *out)
{
    char word[LONGEST_TEST + 1];
    size_t len = 0;
    size_t at = r->at;
    bool symbols = ps_path_is_symbol(ps_path_peek(r));
    for (at = r->at; at < r->text.len && len <= LONGEST_TEST; at++) {
        char c = r->text.p[at];
        if (symbols ? !ps_path_is_symbol(c) : c == ' ') {
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

static ps_path_filter *read_comparison(ps_path_reader *r)
{
    ps_path_filter *f = filter_new(PS_PATH_TEST);
    if (!ps_operand_parse(r, &f->left)) {
        goto fail;
    }
    if (read_test(r, &f->test)) {
        if (!ps_operand_parse(r, &f->right)) {
            goto fail;
        }
        return f;
    }
    if (f->left.kind != PS_OPERAND_PATH) {
        ps_path_filter_refuse(r, "an operator");
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

static ps_path_filter *read_any(ps_path_reader *r);

static ps_path_filter *read_group(ps_path_reader *r)
{
    r->at++;
    ps_path_filter *f = read_any(r);
    if (f && ps_path_peek(r) != ')') {
        ps_path_filter_refuse(r, "')'");
        ps_path_filter_free(f);
        return NULL;
    }
    r->at++;
    return f;
}

/* '!' before a path belongs to the path: !@.a asks whether it is missing. */
static ps_path_filter *read_part(ps_path_reader *r)
{
    char c = ps_path_peek(r);
    if (r->nesting == PS_MAX_PATH_NESTING) {
        ps_fail(r->c->err, PS_ELIMIT, r->c->base + r->at, "JSONPath: filter nested deeper than %d",
                PS_MAX_PATH_NESTING);
        return NULL;
    }
    r->nesting++;
    ps_path_filter *f = NULL;
    if (c == '!') {
        size_t bang = r->at++;
        c = ps_path_peek(r);
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

static ps_path_filter *read_row(ps_path_reader *r, ps_path_filter_kind kind);

/* && binds closer than ||. */
static ps_path_filter *read_member(ps_path_reader *r, ps_path_filter_kind kind)
{
    return kind == PS_PATH_ANY ? read_row(r, PS_PATH_ALL) : read_part(r);
}

static ps_path_filter *read_row(ps_path_reader *r, ps_path_filter_kind kind)
{
    ps_str between = kind == PS_PATH_ANY ? PS_STR("||") : PS_STR("&&");
    ps_path_filter *first = read_member(r, kind);
    if (!first || !ps_path_follows(r, between)) {
        return first;
    }
    ps_path_filter *row = filter_new(kind);
    add_part(row, first);
    while (ps_path_follows(r, between)) {
        r->at += between.len;
        ps_path_filter *part = read_member(r, kind);
        if (!part) {
            ps_path_filter_free(row);
            return NULL;
        }
        add_part(row, part);
    }
    return row;
}

static ps_path_filter *read_any(ps_path_reader *r)
{
    return read_row(r, PS_PATH_ANY);
}

ps_path_filter *ps_path_filter_parse(ps_path_compiler *c, ps_str text)
{
    if (c->nesting == PS_MAX_PATH_NESTING) {
        ps_fail(c->err, PS_ELIMIT, c->base, "JSONPath: nested deeper than %d", PS_MAX_PATH_NESTING);
        return NULL;
    }
    ps_path_reader r = {.c = c, .text = text};
    c->nesting++;
    ps_path_filter *f = read_any(&r);
    c->nesting--;
    if (f && (ps_path_peek(&r) != '\0' || r.at < text.len)) {
        ps_path_filter_refuse(&r, "'&&', '||' or the end");
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
