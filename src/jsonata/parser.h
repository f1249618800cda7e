/* parser.h -- what lex.c, parse.c, shape.c and compile.c share: tokens, the tree as it is written,
 * and the memory of both trees.
 *
 * An expression is read in two passes, as in the reference, because errors come in that order: the
 * first (parse.c) makes a tree of ps_raw that mirrors the text, the second (shape.c) makes the tree
 * of ast.h from it. The first tree is freed when the second is whole. */
#ifndef PS_JSONATA_PARSER_H
#define PS_JSONATA_PARSER_H

#include "jsonata/jx.h"

/* How deep either tree may be, counted in expressions within expressions; paths are flat. About as
 * deep as the reference goes before its stack ends; takes some 600 kB of ours. */
#define PS_JX_NESTING 2000

/* -- memory (compile.c) ------------------------------------------------------------------------ */

typedef struct ps_pool {
    struct ps_pool_chunk *chunk;
    char *free;
    size_t room;
} ps_pool;

/* Zeroed, aligned to 8; lives until the pool is freed. */
void *ps_pool_alloc(ps_pool *pool, size_t size);
ps_str ps_pool_copy(ps_pool *pool, ps_str s);
void ps_pool_free(ps_pool *pool);
/* Calls free(p) when the expression is freed. */
void ps_jx_own(ps_jsonata *e, void (*free)(void *p), void *p);
/* `v` belongs to the expression from now on; returns it. */
ps_value *ps_jx_own_value_take(ps_jsonata *e, ps_value *v);

/* -- tokens (lex.c) ---------------------------------------------------------------------------- */

/* id, text, left binding power */
#define PS_TOKENS(X)                                                                               \
    X(END, "(end)", 0)                                                                             \
    X(NAME, "", 0)                                                                                 \
    X(VARIABLE, "", 0)                                                                             \
    X(STRING, "", 0)                                                                               \
    X(NUMBER, "", 0)                                                                               \
    X(CONSTANT, "", 0)                                                                             \
    X(REGEX, "", 0)                                                                                \
    X(DOT, ".", 75)                                                                                \
    X(BRACKET, "[", 80)                                                                            \
    X(BRACKET_END, "]", 0)                                                                         \
    X(BRACE, "{", 70)                                                                              \
    X(BRACE_END, "}", 0)                                                                           \
    X(PAREN, "(", 80)                                                                              \
    X(PAREN_END, ")", 0)                                                                           \
    X(COMMA, ",", 0)                                                                               \
    X(FOCUS, "@", 80)                                                                              \
    X(INDEX, "#", 80)                                                                              \
    X(SEMICOLON, ";", 0)                                                                           \
    X(COLON, ":", 0)                                                                               \
    X(QUESTION, "?", 20)                                                                           \
    X(PLUS, "+", 50)                                                                               \
    X(MINUS, "-", 50)                                                                              \
    X(STAR, "*", 60)                                                                               \
    X(SLASH, "/", 60)                                                                              \
    X(PERCENT, "%", 60)                                                                            \
    X(BAR, "|", 0)                                                                                 \
    X(EQUAL, "=", 40)                                                                              \
    X(LESS, "<", 40)                                                                               \
    X(GREATER, ">", 40)                                                                            \
    X(SORT, "^", 40)                                                                               \
    X(STAR_STAR, "**", 0)                                                                          \
    X(RANGE, "..", 0)                                                                              \
    X(BIND, ":=", 10)                                                                              \
    X(NOT_EQUAL, "!=", 40)                                                                         \
    X(LESS_EQUAL, "<=", 40)                                                                        \
    X(GREATER_EQUAL, ">=", 40)                                                                     \
    X(APPLY, "~>", 40)                                                                             \
    X(DEFAULT, "?:", 40)                                                                           \
    X(COALESCE, "??", 40)                                                                          \
    X(AND, "and", 30)                                                                              \
    X(OR, "or", 25)                                                                                \
    X(IN, "in", 40)                                                                                \
    X(AMPERSAND, "&", 50)

typedef enum ps_token_kind {
#define ROW(id, text, power) PS_TOKEN_##id,
    PS_TOKENS(ROW)
#undef ROW
} ps_token_kind;

typedef struct ps_token {
    ps_token_kind kind;
    size_t at;   /* behind its last byte */
    ps_str text; /* the name, the string's contents, or as it is written */
    double number;
    ps_jx_regex *regex;
} ps_token;

/* -- the tree as it is written (parse.c) ------------------------------------------------------- */

typedef enum ps_raw_kind {
    PS_RAW_TERMINAL, /* the token alone; an operator is a name, or a `?` among arguments */
    PS_RAW_WILDCARD,
    PS_RAW_DESCENDANTS,
    PS_RAW_PARENT,
    PS_RAW_NEGATE,    /* left */
    PS_RAW_BINARY,    /* left, right; the token is the operator */
    PS_RAW_FILTER,    /* left[right]; other is the step below all filters */
    PS_RAW_GROUP,     /* left{items}: keys and values in turn */
    PS_RAW_SORT,      /* left^(items) */
    PS_RAW_ARRAY,     /* items */
    PS_RAW_OBJECT,    /* items: keys and values in turn */
    PS_RAW_BLOCK,     /* items */
    PS_RAW_CALL,      /* left(items) */
    PS_RAW_PARTIAL,   /* the same with a `?` among them */
    PS_RAW_LAMBDA,    /* function(items){right} */
    PS_RAW_CONDITION, /* left ? right : other */
    PS_RAW_TRANSFORM, /* |left|right, other| */
} ps_raw_kind;

typedef struct ps_raw ps_raw;
struct ps_raw {
    ps_raw_kind kind;
    bool keep_array;
    bool descending; /* as a term of a sort */
    size_t depth;
    ps_token token;
    ps_raw *left, *right, *other;
    ps_raw *items, *last, *next; /* first and last item; the one behind this among its siblings */
    size_t count;
    ps_raw *above; /* shape.c: the way back along a path */
    ps_jx_signature *signature;
};

typedef struct ps_parser {
    ps_jsonata *e;
    ps_str text;
    ps_jsonata_error *err;
    ps_pool *pool;  /* of the expression */
    ps_pool spare;  /* of the first tree */
    size_t at;      /* where the next token is looked for */
    ps_token token; /* the one to be taken next */
    size_t depth;
} ps_parser;

/* Reads the token after this one. `infix`: a '/' there divides, else it begins a regex. False with
 * the error set. */
bool ps_lex(ps_parser *p, bool infix);
/* As it is written; "" of one that is not always the same. */
ps_str ps_token_text(ps_token_kind kind);
int ps_token_power(ps_token_kind kind);
/* An int wherever the double is one exactly, so that it prints as it is written. */
ps_value *ps_jx_number_value(double d);
/* What errors show of a token: a new reference. */
ps_value *ps_token_value(const ps_token *t);

/* parse_node.c: sets the error and returns NULL, so that `return ps_parser_fail(...)` reads well.
 * `fields` may be NULL. */
void *ps_parser_fail_take(ps_parser *p, const char *code, size_t at, ps_value *fields);
/* The same with the field "token", and with none. */
void *ps_parser_fail_token_take(ps_parser *p, const char *code, size_t at, ps_value *token);
void *ps_parser_fail(ps_parser *p, const char *code, size_t at);
/* For a signature or regex that has set code, place and fields itself. */
void *ps_parser_fail_part(ps_parser *p);

/* shape.c: the second pass; NULL with the error set. */
ps_node *ps_jx_shape(ps_parser *p, ps_raw *raw);

#endif
