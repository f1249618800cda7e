/* parse_node.c -- errors of the parser, and its hands: tokens are taken, nodes are made and put
 * together. */
#include "jsonata/parse.h"

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

void *ps_parse_fail_token(ps_parser *p, const char *code, const ps_token *t)
{
    return ps_parser_fail_token_take(p, code, t->at, ps_token_value(t));
}

/* -- tokens --------------------------------------------------------------------------------- */

bool ps_parse_expect(ps_parser *p, ps_token_kind kind, bool infix)
{
    if (!ps_parse_at(p, kind)) {
        const char *code = ps_parse_at(p, PS_TOKEN_END) ? "S0203" : "S0202";
        ps_value *fields = ps_object(3);
        ps_object_put_take(fields, PS_STR("token"), ps_token_value(&p->token));
        ps_object_put_take(fields, PS_STR("value"), ps_string(ps_token_text(kind)));
        return ps_parser_fail_take(p, code, p->token.at, fields);
    }
    return ps_lex(p, infix);
}

bool ps_parse_accept(ps_parser *p, ps_token_kind kind, bool *taken)
{
    *taken = ps_parse_at(p, kind);
    return !*taken || ps_parse_advance(p);
}

/* -- nodes ---------------------------------------------------------------------------------- */

ps_raw *ps_parse_node(ps_parser *p, ps_raw_kind kind, const ps_token *t)
{
    ps_raw *raw = ps_pool_alloc(&p->spare, sizeof *raw);
    raw->kind = kind;
    raw->token = *t;
    raw->depth = 1;
    return raw;
}

void *ps_parse_too_deep(ps_parser *p, size_t where)
{
    return ps_parser_fail(p, "S0901", where);
}

bool ps_parse_below(ps_parser *p, ps_raw *raw, const ps_raw *child)
{
    if (!child) {
        return false;
    }
    raw->depth = raw->depth > child->depth ? raw->depth : child->depth + 1;
    return raw->depth <= PS_JX_NESTING || ps_parse_too_deep(p, raw->token.at);
}

bool ps_parse_add_item(ps_parser *p, ps_raw *raw, ps_raw *item)
{
    if (!ps_parse_below(p, raw, item)) {
        return false;
    }
    *(raw->last ? &raw->last->next : &raw->items) = item;
    raw->last = item;
    raw->count++;
    return true;
}
