/* parse.h -- what parse.c, parse_prefix.c and parse_node.c share: taking tokens, and hanging one
 * node of the first tree below another. All of it gives NULL, or false, with the error set. */
#ifndef PS_JSONATA_PARSE_H
#define PS_JSONATA_PARSE_H

#include "jsonata/parser.h"

/* parse.c: an expression up to the first operator that binds no stronger than `power`. */
ps_raw *ps_parse_expression(ps_parser *p, int power);

/* parse_prefix.c: the expression that begins with `t`, which has been taken. */
ps_raw *ps_parse_prefix(ps_parser *p, const ps_token *t);
/* Behind the '{' of a constructor or a grouping. */
ps_raw *ps_parse_pairs(ps_parser *p, ps_raw *raw);

/* parse_node.c */
static inline bool ps_parse_at(const ps_parser *p, ps_token_kind kind)
{
    return p->token.kind == kind;
}
static inline bool ps_parse_advance(ps_parser *p)
{
    return ps_lex(p, false);
}
/* Takes the token, which has to be the next one; `infix` as for ps_lex. */
bool ps_parse_expect(ps_parser *p, ps_token_kind kind, bool infix);
/* Takes the token if it is the next one; false on an error alone. */
bool ps_parse_accept(ps_parser *p, ps_token_kind kind, bool *taken);
ps_raw *ps_parse_node(ps_parser *p, ps_raw_kind kind, const ps_token *t);
/* `child` hangs below `raw`: false when that makes the tree too deep, and when there is none. */
bool ps_parse_below(ps_parser *p, ps_raw *raw, const ps_raw *child);
/* The same, and it is the next of its items. */
bool ps_parse_add_item(ps_parser *p, ps_raw *raw, ps_raw *item);
void *ps_parse_fail_token(ps_parser *p, const char *code, const ps_token *t);
void *ps_parse_too_deep(ps_parser *p, size_t where);

#endif
