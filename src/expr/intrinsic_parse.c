/* intrinsic_parse.c -- reads an intrinsic function call: text to tree, all faults with their place.
 */
#include "base/mem.h"
#include "expr/intrinsic_internal.h"

typedef struct parser {
    ps_str text;
    size_t at;
    ps_error *err;
} parser;

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_part(char c)
{
    return is_name_start(c) || is_digit(c) || c == '.' || c == ':' || c == '/' || c == '-';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next byte, or NUL at the end; a NUL in the text ends no token and so is refused as well. */
static char peek(const parser *p)
{
    return p->at < p->text.len ? p->text.p[p->at] : '\0';
}

static void skip_blanks(parser *p)
{
    while (p->at < p->text.len && is_blank(p->text.p[p->at])) {
        p->at++;
    }
}

/* The name at the start of `text`: with a dot in it as AWS has them, or "lua:...". */
static ps_str read_name(ps_str text)
{
    size_t len = 0;
    bool marked = false;
    if (text.len == 0 || !is_name_start(text.p[0])) {
        return (ps_str){text.p, 0};
    }
    while (len < text.len && is_name_part(text.p[len])) {
        marked = marked || text.p[len] == '.' || text.p[len] == ':';
        len++;
    }
    bool ends_well = is_name_start(text.p[len - 1]) || is_digit(text.p[len - 1]);
    return (ps_str){text.p, marked && ends_well ? len : 0};
}

bool ps_intrinsic_is(ps_str text)
{
    ps_str name = read_name(text);
    return name.len > 0 && name.len < text.len && text.p[name.len] == '(';
}

void ps_call_free(ps_call *c)
{
    if (!c) {
        return;
    }
    for (size_t i = 0; i < c->count; i++) {
        ps_value_unref(c->arguments[i].literal);
        ps_path_free(c->arguments[i].path);
        ps_call_free(c->arguments[i].call);
    }
    ps_free(c->arguments);
    ps_free(c);
}

static ps_status read_string(parser *p, ps_argument *out)
{
    size_t start = ++p->at;
    ps_buf plain = {0};
    while (peek(p) != '\'') {
        if (p->at == p->text.len) {
            ps_buf_free(&plain);
            return ps_fail(p->err, PS_EINPUT, start - 1, "a string without its closing quote");
        }
        if (p->text.p[p->at] == '\\') {
            char escaped = p->at + 1 < p->text.len ? p->text.p[p->at + 1] : '\0';
            if (escaped != '\'' && escaped != '{' && escaped != '}' && escaped != '\\') {
                ps_buf_free(&plain);
                return ps_fail(p->err, PS_EINPUT, p->at,
                               "expected \\', \\{, \\} or \\\\ in a string, found another escape");
            }
            p->at++;
        }
        ps_buf_add_char(&plain, p->text.p[p->at++]);
    }
    out->kind = PS_ARGUMENT_LITERAL;
    out->literal = ps_string(ps_buf_str(&plain));
    out->raw = (ps_str){p->text.p + start, p->at - start};
    p->at++;
    ps_buf_free(&plain);
    return PS_OK;
}

static size_t read_digits(parser *p)
{
    size_t start = p->at;
    while (is_digit(peek(p))) {
        p->at++;
    }
    return p->at - start;
}

static ps_status read_number(parser *p, ps_argument *out)
{
    size_t start = p->at;
    p->at += peek(p) == '-';
    bool zero = peek(p) == '0';
    size_t digits = read_digits(p);
    bool good = digits > 0 && !(zero && digits > 1);
    if (good && peek(p) == '.') {
        p->at++;
        good = read_digits(p) > 0;
    }
    if (good && (peek(p) == 'e' || peek(p) == 'E')) {
        p->at++;
        p->at += peek(p) == '-' || peek(p) == '+';
        good = read_digits(p) > 0;
    }
    if (!good) {
        return ps_fail(p->err, PS_EINPUT, start, "not a number as JSON has them");
    }
    out->kind = PS_ARGUMENT_LITERAL;
    out->literal = ps_number((ps_str){p->text.p + start, p->at - start});
    return PS_OK;
}

static bool read_word(parser *p, ps_str word)
{
    ps_str rest = {p->text.p + p->at, p->text.len - p->at};
    bool ends = rest.len == word.len || (rest.len > word.len && !is_name_part(rest.p[word.len]));
    if (!ps_str_starts(rest, word) || !ends) {
        return false;
    }
    p->at += word.len;
    return true;
}

/* Moves past a path: up to the comma, blank or parenthesis that stands outside of its brackets,
 * parentheses and quotes. What stands between is the path parser's business. */
static void skip_path(parser *p)
{
    size_t open = 0;
    char quote = '\0';
    for (; p->at < p->text.len; p->at++) {
        char c = p->text.p[p->at];
        if (quote) {
            p->at += c == '\\' && p->at + 1 < p->text.len;
            quote = c == quote ? '\0' : quote;
        } else if (open && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == '[' || c == '(') {
            open++;
        } else if (open && (c == ']' || c == ')')) {
            open--;
        } else if (!open && (c == ',' || c == ')' || is_blank(c))) {
            return;
        }
    }
}

static ps_status read_path(parser *p, ps_argument *out)
{
    size_t start = p->at;
    skip_path(p);
    out->kind = PS_ARGUMENT_PATH;
    out->path = ps_path_new((ps_str){p->text.p + start, p->at - start}, p->err);
    if (!out->path) {
        p->err->at += start;
        return p->err->code;
    }
    return PS_OK;
}

static ps_call *read_call(parser *p, size_t nesting);

static ps_status read_argument(parser *p, ps_argument *out, size_t nesting)
{
    char c = peek(p);
    if (c == '\'') {
        return read_string(p, out);
    }
    if (c == '$') {
        return read_path(p, out);
    }
    if (c == '-' || is_digit(c)) {
        return read_number(p, out);
    }
    out->kind = PS_ARGUMENT_LITERAL;
    if (read_word(p, PS_STR("null"))) {
        out->literal = ps_null();
        return PS_OK;
    }
    if (read_word(p, PS_STR("true"))) {
        out->literal = ps_bool(true);
        return PS_OK;
    }
    if (read_word(p, PS_STR("false"))) {
        out->literal = ps_bool(false);
        return PS_OK;
    }
    if (ps_intrinsic_is((ps_str){p->text.p + p->at, p->text.len - p->at})) {
        out->kind = PS_ARGUMENT_CALL;
        out->call = read_call(p, nesting + 1);
        return out->call ? PS_OK : p->err->code;
    }
    return ps_fail(
        p->err, PS_EINPUT, p->at,
        "expected an argument: a path, a string in single quotes, a number, true, false, "
        "null or a call");
}

static ps_status add_argument(parser *p, ps_call *c, size_t *capacity, size_t nesting)
{
    if (c->count == *capacity) {
        *capacity = ps_grow(*capacity, c->count + 1);
        c->arguments = ps_realloc(c->arguments, *capacity, sizeof *c->arguments);
    }
    ps_argument *a = &c->arguments[c->count++];
    *a = (ps_argument){0};
    size_t start = p->at;
    if (read_argument(p, a, nesting) != PS_OK) {
        return p->err->code;
    }
    if (c->function && a->kind == PS_ARGUMENT_LITERAL) {
        char letter = ps_intrinsic_letter(c->function, c->count - 1);
        if (!ps_intrinsic_fits(letter, a->literal)) {
            return ps_fail(p->err, PS_EINPUT, start, "argument %zu of %.*s must be %s", c->count,
                           (int)c->name.len, c->name.p, ps_intrinsic_letter_words(letter));
        }
    }
    return PS_OK;
}

static ps_status read_arguments(parser *p, ps_call *c, size_t nesting)
{
    size_t capacity = 0;
    skip_blanks(p);
    if (peek(p) == ')') {
        p->at++;
        return PS_OK;
    }
    for (;;) {
        skip_blanks(p);
        if (add_argument(p, c, &capacity, nesting) != PS_OK) {
            return p->err->code;
        }
        skip_blanks(p);
        char c_end = peek(p);
        if (c_end == ')') {
            p->at++;
            return PS_OK;
        }
        if (c_end != ',') {
            return ps_fail(p->err, PS_EINPUT, p->at, "expected ',' or ')' after an argument");
        }
        p->at++;
    }
}

static ps_status check_count(parser *p, const ps_call *c, size_t at)
{
    const ps_intrinsic_function *f = c->function;
    if (f && (c->count < f->least || c->count > f->most)) {
        return ps_fail(p->err, PS_EINPUT, at, "%.*s takes %s%zu argument%s, not %zu",
                       (int)c->name.len, c->name.p,
                       f->least == f->most   ? ""
                       : c->count < f->least ? "at least "
                                             : "at most ",
                       c->count < f->least ? f->least : f->most,
                       (c->count < f->least ? f->least : f->most) == 1 ? "" : "s", c->count);
    }
    return PS_OK;
}

/* At a name: ps_intrinsic_is held here. */
static ps_call *read_call(parser *p, size_t nesting)
{
    size_t start = p->at;
    ps_str name = read_name((ps_str){p->text.p + p->at, p->text.len - p->at});
    if (nesting > PS_INTRINSIC_MAX_NESTING) {
        ps_fail(p->err, PS_ELIMIT, start, "calls nested deeper than %d", PS_INTRINSIC_MAX_NESTING);
        return NULL;
    }
    const ps_intrinsic_function *f = ps_intrinsic_find(name);
    if (!f && ps_str_starts(name, PS_STR("States."))) {
        ps_fail(p->err, PS_EINPUT, start, "there is no intrinsic function %.*s",
                (int)(name.len < 40 ? name.len : 40), name.p);
        return NULL;
    }
    ps_call *c = ps_alloc(sizeof *c);
    *c = (ps_call){.function = f, .name = name};
    p->at += name.len + 1;
    if (read_arguments(p, c, nesting) != PS_OK || check_count(p, c, start) != PS_OK) {
        ps_call_free(c);
        return NULL;
    }
    return c;
}

ps_call *ps_intrinsic_parse(ps_str text, ps_error *err)
{
    parser p = {.text = text, .err = err};
    if (!ps_intrinsic_is(text)) {
        ps_fail(err, PS_EINPUT, 0, "expected a call such as States.Format('{}', $.x)");
        return NULL;
    }
    ps_call *c = read_call(&p, 1);
    if (!c) {
        return NULL;
    }
    skip_blanks(&p);
    if (p.at != text.len) {
        ps_fail(err, PS_EINPUT, p.at, "expected nothing after the call");
        ps_call_free(c);
        return NULL;
    }
    return c;
}
