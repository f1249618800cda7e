/* parse.c -- the first pass: Pratt's algorithm over the tokens. What may follow what, which errors
 * that gives and where, is the reference's. */
#include "base/mem.h"
#include "jsonata/parser.h"

static ps_raw *expression(ps_parser *p, int power);

/* -- errors --------------------------------------------------------------------------------- */

void *ps_parser_fail_take(ps_parser *p, const char *code, size_t at, ps_value *fields)
{
    /* Only what begins at the very first byte has the position 0; nodes use it for no place. */
    if (at == 0) {
        fields = fields ? fields : ps_object(1);
        ps_object_put_take(fields, PS_STR("position"), ps_int(0));
    }
    ps_jx_error_set(p->err, p->text, code, at, fields);
    return NULL;
}

void *ps_parser_fail_token_take(ps_parser *p, const char *code, size_t at, ps_value *token)
{
    ps_value *fields = ps_object(3);
    ps_object_put_take(fields, PS_STR("token"), token);
    return ps_parser_fail_take(p, code, at, fields);
}

void *ps_parser_fail(ps_parser *p, const char *code, size_t at)
{
    return ps_parser_fail_take(p, code, at, NULL);
}

void *ps_parser_fail_part(ps_parser *p)
{
    char code[sizeof p->err->code];
    memcpy(code, p->err->code, sizeof code);
    ps_value *fields = p->err->fields;
    p->err->fields = NULL;
    ps_jx_error_set(p->err, p->text, code, p->err->at, fields);
    return NULL;
}

static void *fail_token(ps_parser *p, const char *code, const ps_token *t)
{
    return ps_parser_fail_token_take(p, code, t->at, ps_token_value(t));
}

/* -- tokens --------------------------------------------------------------------------------- */

static bool at(const ps_parser *p, ps_token_kind kind)
{
    return p->token.kind == kind;
}

static bool advance(ps_parser *p)
{
    return ps_lex(p, false);
}

static ps_str text_of(ps_token_kind kind)
{
    static const ps_str texts[] = {
#define ROW(id, text, power) [PS_TOKEN_##id] = {text, sizeof text - 1},
        PS_TOKENS(ROW)
#undef ROW
    };
    return texts[kind];
}

static bool expect(ps_parser *p, ps_token_kind kind, bool infix)
{
    if (!at(p, kind)) {
        const char *code = at(p, PS_TOKEN_END) ? "S0203" : "S0202";
        ps_value *fields = ps_object(3);
        ps_object_put_take(fields, PS_STR("token"), ps_token_value(&p->token));
        ps_object_put_take(fields, PS_STR("value"), ps_string(text_of(kind)));
        return ps_parser_fail_take(p, code, p->token.at, fields);
    }
    return ps_lex(p, infix);
}

/* Takes the token if it is the next one; false on an error alone. */
static bool accept(ps_parser *p, ps_token_kind kind, bool *taken)
{
    *taken = at(p, kind);
    return !*taken || advance(p);
}

/* -- nodes ---------------------------------------------------------------------------------- */

static ps_raw *node(ps_parser *p, ps_raw_kind kind, const ps_token *t)
{
    ps_raw *raw = ps_pool_alloc(&p->spare, sizeof *raw);
    raw->kind = kind;
    raw->token = *t;
    raw->depth = 1;
    return raw;
}

static void *too_deep(ps_parser *p, size_t where)
{
    return ps_parser_fail(p, "S0901", where);
}

/* `child` hangs below `raw`: false when that makes the tree too deep, and when there is none. */
static bool below(ps_parser *p, ps_raw *raw, const ps_raw *child)
{
    if (!child) {
        return false;
    }
    raw->depth = raw->depth > child->depth ? raw->depth : child->depth + 1;
    return raw->depth <= PS_JX_NESTING || too_deep(p, raw->token.at);
}

/* The same for the left side of what becomes a flat path. */
static void beside(ps_raw *raw, ps_raw *left)
{
    raw->left = left;
    raw->depth = raw->depth > left->depth ? raw->depth : left->depth;
}

static bool add_item(ps_parser *p, ps_raw *raw, ps_raw *item)
{
    if (!below(p, raw, item)) {
        return false;
    }
    *(raw->last ? &raw->last->next : &raw->items) = item;
    raw->last = item;
    raw->count++;
    return true;
}

/* -- what an expression begins with -------------------------------------------------------------
 */

static ps_raw *negate(ps_parser *p, const ps_token *t)
{
    ps_raw *raw = node(p, PS_RAW_NEGATE, t);
    raw->left = expression(p, 70);
    return below(p, raw, raw->left) ? raw : NULL;
}

static ps_raw *block(ps_parser *p, const ps_token *t)
{
    ps_raw *raw = node(p, PS_RAW_BLOCK, t);
    bool more = true;
    while (more && !at(p, PS_TOKEN_PAREN_END)) {
        if (!add_item(p, raw, expression(p, 0)) || !accept(p, PS_TOKEN_SEMICOLON, &more)) {
            return NULL;
        }
    }
    return expect(p, PS_TOKEN_PAREN_END, true) ? raw : NULL;
}

/* An element, or a range of them. */
static ps_raw *element(ps_parser *p)
{
    ps_raw *item = expression(p, 0);
    if (!item || !at(p, PS_TOKEN_RANGE)) {
        return item;
    }
    ps_raw *range = node(p, PS_RAW_BINARY, &p->token);
    range->left = item;
    if (!advance(p)) {
        return NULL;
    }
    range->right = expression(p, 0);
    return below(p, range, item) && below(p, range, range->right) ? range : NULL;
}

static ps_raw *array(ps_parser *p, const ps_token *t)
{
    ps_raw *raw = node(p, PS_RAW_ARRAY, t);
    bool more = !at(p, PS_TOKEN_BRACKET_END);
    while (more) {
        if (!add_item(p, raw, element(p)) || !accept(p, PS_TOKEN_COMMA, &more)) {
            return NULL;
        }
    }
    return expect(p, PS_TOKEN_BRACKET_END, true) ? raw : NULL;
}

/* Behind the '{' of a constructor or a grouping. */
static ps_raw *pairs(ps_parser *p, ps_raw *raw)
{
    bool more = !at(p, PS_TOKEN_BRACE_END);
    while (more) {
        if (!add_item(p, raw, expression(p, 0)) || !expect(p, PS_TOKEN_COLON, false) ||
            !add_item(p, raw, expression(p, 0)) || !accept(p, PS_TOKEN_COMMA, &more)) {
            return NULL;
        }
    }
    return expect(p, PS_TOKEN_BRACE_END, true) ? raw : NULL;
}

static ps_raw *transform(ps_parser *p, const ps_token *t)
{
    ps_raw *raw = node(p, PS_RAW_TRANSFORM, t);
    bool deletes;
    raw->left = expression(p, 0);
    if (!below(p, raw, raw->left) || !expect(p, PS_TOKEN_BAR, false)) {
        return NULL;
    }
    raw->right = expression(p, 0);
    if (!below(p, raw, raw->right) || !accept(p, PS_TOKEN_COMMA, &deletes)) {
        return NULL;
    }
    if (deletes) {
        raw->other = expression(p, 0);
        if (!below(p, raw, raw->other)) {
            return NULL;
        }
    }
    return expect(p, PS_TOKEN_BAR, false) ? raw : NULL;
}

static ps_raw *prefix(ps_parser *p, const ps_token *t)
{
    switch (t->kind) {
    case PS_TOKEN_END:
    case PS_TOKEN_NAME:
    case PS_TOKEN_VARIABLE:
    case PS_TOKEN_STRING:
    case PS_TOKEN_NUMBER:
    case PS_TOKEN_CONSTANT:
    case PS_TOKEN_REGEX:
    case PS_TOKEN_AND: /* these three are names here */
    case PS_TOKEN_OR:
    case PS_TOKEN_IN:
        return node(p, PS_RAW_TERMINAL, t);
    case PS_TOKEN_STAR:
        return node(p, PS_RAW_WILDCARD, t);
    case PS_TOKEN_STAR_STAR:
        return node(p, PS_RAW_DESCENDANTS, t);
    case PS_TOKEN_PERCENT:
        return node(p, PS_RAW_PARENT, t);
    case PS_TOKEN_MINUS:
        return negate(p, t);
    case PS_TOKEN_PAREN:
        return block(p, t);
    case PS_TOKEN_BRACKET:
        return array(p, t);
    case PS_TOKEN_BRACE:
        return pairs(p, node(p, PS_RAW_OBJECT, t));
    case PS_TOKEN_BAR:
        return transform(p, t);
    default:
        return fail_token(p, "S0211", t);
    }
}

/* -- functions ------------------------------------------------------------------------------ */

static void release_signature(void *p)
{
    ps_jx_signature_free(p);
}

/* The text of a signature, put together from its tokens as the reference does: blanks vanish. The
 * next token is its '<'. */
static bool signature_text(ps_parser *p, ps_buf *out)
{
    size_t depth = 1;
    ps_buf_add_char(out, '<');
    while (depth > 0 && !at(p, PS_TOKEN_BRACE) && !at(p, PS_TOKEN_END)) {
        if (!advance(p)) {
            return false;
        }
        depth += at(p, PS_TOKEN_LESS);
        depth -= at(p, PS_TOKEN_GREATER);
        if (at(p, PS_TOKEN_NUMBER)) {
            ps_double_print_js(p->token.number, out);
        } else {
            ps_buf_add(out, p->token.text);
        }
    }
    return expect(p, PS_TOKEN_GREATER, false);
}

static bool signature(ps_parser *p, ps_raw *lambda)
{
    size_t from = p->token.at;
    ps_buf text = {0};
    bool good = signature_text(p, &text);
    if (good) {
        lambda->signature = ps_jx_signature_new(ps_buf_str(&text), from, p->err);
        if (lambda->signature) {
            ps_jx_own(p->e, release_signature, lambda->signature);
        } else {
            good = ps_parser_fail_part(p);
        }
    }
    ps_buf_free(&text);
    return good;
}

static bool is_lambda(const ps_raw *callee)
{
    const ps_token *t = &callee->token;
    return callee->kind == PS_RAW_TERMINAL && t->kind == PS_TOKEN_NAME &&
           (ps_str_equal(t->text, PS_STR("function")) ||
            ps_str_equal(t->text, PS_STR("\xCE\xBB"))); /* U+03BB, the Greek letter */
}

/* Behind the parameters of `function(...)`. */
static ps_raw *lambda(ps_parser *p, ps_raw *raw)
{
    raw->kind = PS_RAW_LAMBDA;
    int64_t index = 1;
    for (const ps_raw *a = raw->items; a; a = a->next, index++) {
        if (a->kind != PS_RAW_TERMINAL || a->token.kind != PS_TOKEN_VARIABLE) {
            ps_value *fields = ps_object(3);
            ps_object_put_take(fields, PS_STR("token"), ps_token_value(&a->token));
            ps_object_put_take(fields, PS_STR("value"), ps_int(index));
            return ps_parser_fail_take(p, "S0208", a->token.at, fields);
        }
    }
    if (at(p, PS_TOKEN_LESS) && !signature(p, raw)) {
        return NULL;
    }
    if (!expect(p, PS_TOKEN_BRACE, false)) {
        return NULL;
    }
    raw->right = expression(p, 0);
    return below(p, raw, raw->right) && expect(p, PS_TOKEN_BRACE_END, false) ? raw : NULL;
}

static ps_raw *argument(ps_parser *p, ps_raw *call)
{
    if (!at(p, PS_TOKEN_QUESTION)) {
        return expression(p, 0);
    }
    call->kind = PS_RAW_PARTIAL;
    ps_raw *placeholder = node(p, PS_RAW_TERMINAL, &p->token);
    return advance(p) ? placeholder : NULL;
}

static ps_raw *call(ps_parser *p, const ps_token *t, ps_raw *left)
{
    ps_raw *raw = node(p, PS_RAW_CALL, t);
    raw->left = left;
    bool more = below(p, raw, left);
    if (!more) {
        return NULL;
    }
    more = !at(p, PS_TOKEN_PAREN_END);
    while (more) {
        if (!add_item(p, raw, argument(p, raw)) || !accept(p, PS_TOKEN_COMMA, &more)) {
            return NULL;
        }
    }
    if (!expect(p, PS_TOKEN_PAREN_END, true)) {
        return NULL;
    }
    return is_lambda(left) ? lambda(p, raw) : raw;
}

/* -- what may follow an expression --------------------------------------------------------------
 */

/* left[...], or left[], which only marks the step. */
static ps_raw *filter(ps_parser *p, const ps_token *t, ps_raw *left)
{
    ps_raw *step = left->kind == PS_RAW_FILTER ? left->other : left;
    if (at(p, PS_TOKEN_BRACKET_END)) {
        step->keep_array = true;
        return advance(p) ? left : NULL;
    }
    ps_raw *raw = node(p, PS_RAW_FILTER, t);
    beside(raw, left);
    raw->other = step;
    raw->right = expression(p, 0);
    return below(p, raw, raw->right) && expect(p, PS_TOKEN_BRACKET_END, true) ? raw : NULL;
}

static ps_raw *sort(ps_parser *p, const ps_token *t, ps_raw *left)
{
    ps_raw *raw = node(p, PS_RAW_SORT, t);
    beside(raw, left);
    if (!expect(p, PS_TOKEN_PAREN, false)) {
        return NULL;
    }
    bool more = true;
    while (more) {
        bool ascending, descending = false;
        if (!accept(p, PS_TOKEN_LESS, &ascending) ||
            (!ascending && !accept(p, PS_TOKEN_GREATER, &descending)) ||
            !add_item(p, raw, expression(p, 0))) {
            return NULL;
        }
        raw->last->descending = descending;
        if (!accept(p, PS_TOKEN_COMMA, &more)) {
            return NULL;
        }
    }
    return expect(p, PS_TOKEN_PAREN_END, false) ? raw : NULL;
}

static ps_raw *group(ps_parser *p, const ps_token *t, ps_raw *left)
{
    ps_raw *raw = node(p, PS_RAW_GROUP, t);
    beside(raw, left);
    return pairs(p, raw);
}

/* left ? right : other, the last part not always; left ?? right; left ?: right. What follows
 * extends as far as it can. */
static ps_raw *condition(ps_parser *p, const ps_token *t, ps_raw *left)
{
    bool otherwise = false;
    ps_raw *raw = node(p, PS_RAW_CONDITION, t);
    raw->left = left;
    raw->right = expression(p, 0);
    if (!below(p, raw, left) || !below(p, raw, raw->right) ||
        (t->kind == PS_TOKEN_QUESTION && !accept(p, PS_TOKEN_COLON, &otherwise))) {
        return NULL;
    }
    if (!otherwise) {
        return raw;
    }
    raw->other = expression(p, 0);
    return below(p, raw, raw->other) ? raw : NULL;
}

static ps_raw *binary(ps_parser *p, const ps_token *t, ps_raw *left, int power)
{
    ps_raw *raw = node(p, PS_RAW_BINARY, t);
    raw->left = left;
    raw->right = expression(p, power);
    return below(p, raw, left) && below(p, raw, raw->right) ? raw : NULL;
}

static ps_raw *step(ps_parser *p, const ps_token *t, ps_raw *left)
{
    ps_raw *raw = node(p, PS_RAW_BINARY, t);
    beside(raw, left);
    raw->right = expression(p, ps_token_power(t->kind));
    return below(p, raw, raw->right) ? raw : NULL;
}

/* left@$name, left#$name */
static ps_raw *binding(ps_parser *p, const ps_token *t, ps_raw *left)
{
    ps_raw *raw = step(p, t, left);
    if (raw &&
        (raw->right->kind != PS_RAW_TERMINAL || raw->right->token.kind != PS_TOKEN_VARIABLE)) {
        return ps_parser_fail_token_take(p, "S0214", raw->right->token.at, ps_token_value(t));
    }
    return raw;
}

static ps_raw *infix(ps_parser *p, const ps_token *t, ps_raw *left)
{
    switch (t->kind) {
    case PS_TOKEN_DOT:
        return step(p, t, left);
    case PS_TOKEN_BRACKET:
        return filter(p, t, left);
    case PS_TOKEN_BRACE:
        return group(p, t, left);
    case PS_TOKEN_PAREN:
        return call(p, t, left);
    case PS_TOKEN_SORT:
        return sort(p, t, left);
    case PS_TOKEN_FOCUS:
    case PS_TOKEN_INDEX:
        return binding(p, t, left);
    case PS_TOKEN_QUESTION:
    case PS_TOKEN_DEFAULT:
    case PS_TOKEN_COALESCE:
        return condition(p, t, left);
    case PS_TOKEN_BIND:
        if (left->kind != PS_RAW_TERMINAL || left->token.kind != PS_TOKEN_VARIABLE) {
            return fail_token(p, "S0212", &left->token);
        }
        return binary(p, t, left, ps_token_power(t->kind) - 1);
    default:
        return binary(p, t, left, ps_token_power(t->kind));
    }
}

/* An expression up to the first operator that binds no stronger than `power`. */
static ps_raw *expression(ps_parser *p, int power)
{
    if (p->depth == PS_JX_NESTING) {
        return too_deep(p, p->token.at);
    }
    p->depth++;
    ps_token t = p->token;
    ps_raw *left = ps_lex(p, true) ? prefix(p, &t) : NULL;
    while (left && power < ps_token_power(p->token.kind)) {
        t = p->token;
        left = advance(p) ? infix(p, &t, left) : NULL;
    }
    p->depth--;
    return left;
}

bool ps_jx_parse(ps_jsonata *e, ps_str text, ps_jsonata_error *err)
{
    e->arena = ps_alloc_zeroed(1, sizeof(ps_pool));
    ps_parser p = {.e = e, .text = text, .err = err, .pool = e->arena};
    ps_raw *raw = advance(&p) ? expression(&p, 0) : NULL;
    if (raw && !at(&p, PS_TOKEN_END)) {
        raw = fail_token(&p, "S0201", &p.token);
    }
    e->root = raw ? ps_jx_shape(&p, raw) : NULL;
    ps_pool_free(&p.spare);
    return e->root != NULL;
}
