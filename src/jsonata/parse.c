/* parse.c -- the first pass: Pratt's algorithm over the tokens. What may follow what, which errors
 * that gives and where, is the reference's. */
#include "jsonata/parse.h"

#include "base/mem.h"

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
    while (depth > 0 && !ps_parse_at(p, PS_TOKEN_BRACE) && !ps_parse_at(p, PS_TOKEN_END)) {
        if (!ps_parse_advance(p)) {
            return false;
        }
        depth += ps_parse_at(p, PS_TOKEN_LESS);
        depth -= ps_parse_at(p, PS_TOKEN_GREATER);
        if (ps_parse_at(p, PS_TOKEN_NUMBER)) {
            ps_double_print_js(p->token.number, out);
        } else {
            ps_buf_add(out, p->token.text);
        }
    }
    return ps_parse_expect(p, PS_TOKEN_GREATER, false);
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
    if (ps_parse_at(p, PS_TOKEN_LESS) && !signature(p, raw)) {
        return NULL;
    }
    if (!ps_parse_expect(p, PS_TOKEN_BRACE, false)) {
        return NULL;
    }
    raw->right = ps_parse_expression(p, 0);
    return ps_parse_below(p, raw, raw->right) && ps_parse_expect(p, PS_TOKEN_BRACE_END, false)
               ? raw
               : NULL;
}

static ps_raw *argument(ps_parser *p, ps_raw *call)
{
    if (!ps_parse_at(p, PS_TOKEN_QUESTION)) {
        return ps_parse_expression(p, 0);
    }
    call->kind = PS_RAW_PARTIAL;
    ps_raw *placeholder = ps_parse_node(p, PS_RAW_TERMINAL, &p->token);
    return ps_parse_advance(p) ? placeholder : NULL;
}

static ps_raw *call(ps_parser *p, const ps_token *t, ps_raw *left)
{
    ps_raw *raw = ps_parse_node(p, PS_RAW_CALL, t);
    raw->left = left;
    bool more = ps_parse_below(p, raw, left);
    if (!more) {
        return NULL;
    }
    more = !ps_parse_at(p, PS_TOKEN_PAREN_END);
    while (more) {
        if (!ps_parse_add_item(p, raw, argument(p, raw)) ||
            !ps_parse_accept(p, PS_TOKEN_COMMA, &more)) {
            return NULL;
        }
    }
    if (!ps_parse_expect(p, PS_TOKEN_PAREN_END, true)) {
        return NULL;
    }
    return is_lambda(left) ? lambda(p, raw) : raw;
}

/* -- what may follow an expression --------------------------------------------------------------
 */

/* `left` is the left side of what becomes a flat path: it is not nested in `raw`. */
static void beside(ps_raw *raw, ps_raw *left)
{
    raw->left = left;
    raw->depth = raw->depth > left->depth ? raw->depth : left->depth;
}

/* left[...], or left[], which only marks the step. */
static ps_raw *filter(ps_parser *p, const ps_token *t, ps_raw *left)
{
    ps_raw *step = left->kind == PS_RAW_FILTER ? left->other : left;
    if (ps_parse_at(p, PS_TOKEN_BRACKET_END)) {
        step->keep_array = true;
        return ps_parse_advance(p) ? left : NULL;
    }
    ps_raw *raw = ps_parse_node(p, PS_RAW_FILTER, t);
    beside(raw, left);
    raw->other = step;
    raw->right = ps_parse_expression(p, 0);
    return ps_parse_below(p, raw, raw->right) && ps_parse_expect(p, PS_TOKEN_BRACKET_END, true)
               ? raw
               : NULL;
}

static ps_raw *sort(ps_parser *p, const ps_token *t, ps_raw *left)
{
    ps_raw *raw = ps_parse_node(p, PS_RAW_SORT, t);
    beside(raw, left);
    if (!ps_parse_expect(p, PS_TOKEN_PAREN, false)) {
        return NULL;
    }
    bool more = true;
    while (more) {
        bool ascending, descending = false;
        if (!ps_parse_accept(p, PS_TOKEN_LESS, &ascending) ||
            (!ascending && !ps_parse_accept(p, PS_TOKEN_GREATER, &descending)) ||
            !ps_parse_add_item(p, raw, ps_parse_expression(p, 0))) {
            return NULL;
        }
        raw->last->descending = descending;
        if (!ps_parse_accept(p, PS_TOKEN_COMMA, &more)) {
            return NULL;
        }
    }
    return ps_parse_expect(p, PS_TOKEN_PAREN_END, false) ? raw : NULL;
}

static ps_raw *group(ps_parser *p, const ps_token *t, ps_raw *left)
{
    ps_raw *raw = ps_parse_node(p, PS_RAW_GROUP, t);
    beside(raw, left);
    return ps_parse_pairs(p, raw);
}

/* left ? right : other, the last part not always; left ?? right; left ?: right. What follows
 * extends as far as it can. */
static ps_raw *condition(ps_parser *p, const ps_token *t, ps_raw *left)
{
    bool otherwise = false;
    ps_raw *raw = ps_parse_node(p, PS_RAW_CONDITION, t);
    raw->left = left;
    raw->right = ps_parse_expression(p, 0);
    if (!ps_parse_below(p, raw, left) || !ps_parse_below(p, raw, raw->right) ||
        (t->kind == PS_TOKEN_QUESTION && !ps_parse_accept(p, PS_TOKEN_COLON, &otherwise))) {
        return NULL;
    }
    if (!otherwise) {
        return raw;
    }
    raw->other = ps_parse_expression(p, 0);
    return ps_parse_below(p, raw, raw->other) ? raw : NULL;
}

static ps_raw *binary(ps_parser *p, const ps_token *t, ps_raw *left, int power)
{
    ps_raw *raw = ps_parse_node(p, PS_RAW_BINARY, t);
    raw->left = left;
    raw->right = ps_parse_expression(p, power);
    return ps_parse_below(p, raw, left) && ps_parse_below(p, raw, raw->right) ? raw : NULL;
}

static ps_raw *step(ps_parser *p, const ps_token *t, ps_raw *left)
{
    ps_raw *raw = ps_parse_node(p, PS_RAW_BINARY, t);
    beside(raw, left);
    raw->right = ps_parse_expression(p, ps_token_power(t->kind));
    return ps_parse_below(p, raw, raw->right) ? raw : NULL;
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
            return ps_parse_fail_token(p, "S0212", &left->token);
        }
        return binary(p, t, left, ps_token_power(t->kind) - 1);
    default:
        return binary(p, t, left, ps_token_power(t->kind));
    }
}

ps_raw *ps_parse_expression(ps_parser *p, int power)
{
    if (p->depth == PS_JX_NESTING) {
        return ps_parse_too_deep(p, p->token.at);
    }
    p->depth++;
    ps_token t = p->token;
    ps_raw *left = ps_lex(p, true) ? ps_parse_prefix(p, &t) : NULL;
    while (left && power < ps_token_power(p->token.kind)) {
        t = p->token;
        left = ps_parse_advance(p) ? infix(p, &t, left) : NULL;
    }
    p->depth--;
    return left;
}

bool ps_jx_parse(ps_jsonata *e, ps_str text, ps_jsonata_error *err)
{
    e->arena = ps_alloc_zeroed(1, sizeof(ps_pool));
    ps_parser p = {.e = e, .text = text, .err = err, .pool = e->arena};
    ps_raw *raw = ps_parse_advance(&p) ? ps_parse_expression(&p, 0) : NULL;
    if (raw && !ps_parse_at(&p, PS_TOKEN_END)) {
        raw = ps_parse_fail_token(&p, "S0201", &p.token);
    }
    e->root = raw ? ps_jx_shape(&p, raw) : NULL;
    ps_pool_free(&p.spare);
    return e->root != NULL;
}
