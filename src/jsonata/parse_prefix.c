/* parse_prefix.c -- what an expression may begin with: names, literals, and what is in brackets. */
#include "jsonata/parse.h"

static ps_raw *negate(ps_parser *p, const ps_token *t)
{
    ps_raw *raw = ps_parse_node(p, PS_RAW_NEGATE, t);
    raw->left = ps_parse_expression(p, 70);
    return ps_parse_below(p, raw, raw->left) ? raw : NULL;
}

static ps_raw *block(ps_parser *p, const ps_token *t)
{
    ps_raw *raw = ps_parse_node(p, PS_RAW_BLOCK, t);
    bool more = true;
    while (more && !ps_parse_at(p, PS_TOKEN_PAREN_END)) {
        if (!ps_parse_add_item(p, raw, ps_parse_expression(p, 0)) ||
            !ps_parse_accept(p, PS_TOKEN_SEMICOLON, &more)) {
            return NULL;
        }
    }
    return ps_parse_expect(p, PS_TOKEN_PAREN_END, true) ? raw : NULL;
}

/* An element, or a range of them. */
static ps_raw *element(ps_parser *p)
{
    ps_raw *item = ps_parse_expression(p, 0);
    if (!item || !ps_parse_at(p, PS_TOKEN_RANGE)) {
        return item;
    }
    ps_raw *range = ps_parse_node(p, PS_RAW_BINARY, &p->token);
    range->left = item;
    if (!ps_parse_advance(p)) {
        return NULL;
    }
    range->right = ps_parse_expression(p, 0);
    return ps_parse_below(p, range, item) && ps_parse_below(p, range, range->right) ? range : NULL;
}

static ps_raw *array(ps_parser *p, const ps_token *t)
{
    ps_raw *raw = ps_parse_node(p, PS_RAW_ARRAY, t);
    bool more = !ps_parse_at(p, PS_TOKEN_BRACKET_END);
    while (more) {
        if (!ps_parse_add_item(p, raw, element(p)) || !ps_parse_accept(p, PS_TOKEN_COMMA, &more)) {
            return NULL;
        }
    }
    return ps_parse_expect(p, PS_TOKEN_BRACKET_END, true) ? raw : NULL;
}

ps_raw *ps_parse_pairs(ps_parser *p, ps_raw *raw)
{
    bool more = !ps_parse_at(p, PS_TOKEN_BRACE_END);
    while (more) {
        if (!ps_parse_add_item(p, raw, ps_parse_expression(p, 0)) ||
            !ps_parse_expect(p, PS_TOKEN_COLON, false) ||
            !ps_parse_add_item(p, raw, ps_parse_expression(p, 0)) ||
            !ps_parse_accept(p, PS_TOKEN_COMMA, &more)) {
            return NULL;
        }
    }
    return ps_parse_expect(p, PS_TOKEN_BRACE_END, true) ? raw : NULL;
}

static ps_raw *transform(ps_parser *p, const ps_token *t)
{
    ps_raw *raw = ps_parse_node(p, PS_RAW_TRANSFORM, t);
    bool deletes;
    raw->left = ps_parse_expression(p, 0);
    if (!ps_parse_below(p, raw, raw->left) || !ps_parse_expect(p, PS_TOKEN_BAR, false)) {
        return NULL;
    }
    raw->right = ps_parse_expression(p, 0);
    if (!ps_parse_below(p, raw, raw->right) || !ps_parse_accept(p, PS_TOKEN_COMMA, &deletes)) {
        return NULL;
    }
    if (deletes) {
        raw->other = ps_parse_expression(p, 0);
        if (!ps_parse_below(p, raw, raw->other)) {
            return NULL;
        }
    }
    return ps_parse_expect(p, PS_TOKEN_BAR, false) ? raw : NULL;
}

ps_raw *ps_parse_prefix(ps_parser *p, const ps_token *t)
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
        return ps_parse_node(p, PS_RAW_TERMINAL, t);
    case PS_TOKEN_STAR:
        return ps_parse_node(p, PS_RAW_WILDCARD, t);
    case PS_TOKEN_STAR_STAR:
        return ps_parse_node(p, PS_RAW_DESCENDANTS, t);
    case PS_TOKEN_PERCENT:
        return ps_parse_node(p, PS_RAW_PARENT, t);
    case PS_TOKEN_MINUS:
        return negate(p, t);
    case PS_TOKEN_PAREN:
        return block(p, t);
    case PS_TOKEN_BRACKET:
        return array(p, t);
    case PS_TOKEN_BRACE:
        return ps_parse_pairs(p, ps_parse_node(p, PS_RAW_OBJECT, t));
    case PS_TOKEN_BAR:
        return transform(p, t);
    default:
        return ps_parse_fail_token(p, "S0211", t);
    }
}
