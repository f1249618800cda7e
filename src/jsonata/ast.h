/* ast.h -- the tree that an expression is compiled to: the reference's after its second pass, in
 * which paths are flat lists of steps. Made by parse.c and shape.c, read by the evaluator alone.
 *
 * All nodes, lists and names of one expression live in one arena that is freed with it; they never
 * change after compilation, so one expression may be evaluated by many. */
#ifndef PS_JSONATA_AST_H
#define PS_JSONATA_AST_H

#include "jsonata/jsonata.h"

typedef enum ps_node_kind {
    PS_NODE_VALUE,       /* a literal: string, number, true, false, null -> value */
    PS_NODE_REGEX,       /* /.../i -> regex */
    PS_NODE_NAME,        /* a field -> value: a PS_STRING */
    PS_NODE_WILDCARD,    /* * */
    PS_NODE_DESCENDANTS, /* ** */
    PS_NODE_PARENT,      /* % -> slot */
    PS_NODE_VARIABLE,    /* $name -> name; "" is `$`, "$" is `$$` */
    PS_NODE_PATH,        /* steps in list */
    PS_NODE_BINARY,      /* + - * / % = != < <= > >= in & -> op, left, right */
    PS_NODE_RANGE,       /* left..right, only among the elements of a PS_NODE_ARRAY */
    PS_NODE_AND,
    PS_NODE_OR,
    PS_NODE_COALESCE,    /* left ?? right */
    PS_NODE_DEFAULT,     /* left ?: right */
    PS_NODE_NEGATE,      /* -left */
    PS_NODE_ARRAY,       /* [list] */
    PS_NODE_OBJECT,      /* {pairs} as a constructor */
    PS_NODE_BLOCK,       /* (list) */
    PS_NODE_BIND,        /* name := right */
    PS_NODE_CONDITION,   /* left ? right : other (other may be NULL) */
    PS_NODE_CALL,        /* left(list) */
    PS_NODE_PARTIAL,     /* left(list) with at least one PS_NODE_PLACEHOLDER */
    PS_NODE_PLACEHOLDER, /* ? as an argument */
    PS_NODE_LAMBDA,      /* function(names){left}; a thunk is one without arguments */
    PS_NODE_APPLY,       /* left ~> right */
    PS_NODE_TRANSFORM,   /* |left|right, other| : pattern, update, delete or NULL */
    PS_NODE_SORT,        /* ^(terms), as a step -> terms */
} ps_node_kind;

typedef enum ps_operator {
    PS_OP_ADD,
    PS_OP_SUBTRACT,
    PS_OP_MULTIPLY,
    PS_OP_DIVIDE,
    PS_OP_MODULO,
    PS_OP_EQUAL,
    PS_OP_NOT_EQUAL,
    PS_OP_LESS,
    PS_OP_LESS_EQUAL,
    PS_OP_GREATER,
    PS_OP_GREATER_EQUAL,
    PS_OP_IN,
    PS_OP_CONCATENATE,
} ps_operator;

typedef struct ps_node ps_node;
typedef struct ps_jx_regex ps_jx_regex;         /* regex.h */
typedef struct ps_jx_signature ps_jx_signature; /* signature.h */

typedef struct ps_nodes {
    ps_node **p;
    size_t count;
} ps_nodes;

/* What follows a step in brackets, or as #$i after another stage: in order. */
typedef struct ps_stage {
    enum { PS_STAGE_FILTER, PS_STAGE_INDEX } kind;
    ps_node *predicate; /* FILTER */
    ps_str index;       /* INDEX: the variable's name */
    size_t at;
} ps_stage;

typedef struct ps_pair {
    ps_node *key;
    ps_node *value;
} ps_pair;

/* {...} as a constructor, or behind a path: group by. */
typedef struct ps_pairs {
    ps_pair *p;
    size_t count;
    size_t at;
} ps_pairs;

typedef struct ps_sort_term {
    ps_node *expression;
    bool descending;
} ps_sort_term;

struct ps_node {
    ps_node_kind kind;
    ps_operator op;
    size_t at; /* byte offset behind the token, as ps_jsonata_error.at; 0: paths and % have none */
    ps_str name;
    ps_value *value;
    ps_jx_regex *regex;
    ps_node *left, *right, *other;
    ps_nodes list;
    ps_pairs pairs;   /* PS_NODE_OBJECT */
    ps_pairs *group;  /* what follows as {...}; NULL */
    ps_stage *stages; /* of a step */
    size_t stage_count;
    ps_stage *predicates; /* filters of a node that is no step of a path */
    size_t predicate_count;
    ps_sort_term *terms; /* PS_NODE_SORT */
    size_t term_count;
    ps_str focus; /* @$name; "" : none */
    ps_str index; /* #$name directly at the step; "" : none */
    /* A step that a `%` behind it refers to keeps its input under a label ("!0"), as the
     * reference's ancestor slots do; "" : none. */
    ps_str ancestor;
    ps_str slot;        /* PS_NODE_PARENT: the label to read */
    ps_str *parameters; /* PS_NODE_LAMBDA */
    size_t parameter_count;
    ps_jx_signature *signature; /* of a lambda or a transform; NULL */
    size_t global;              /* of a VARIABLE that no frame can have: its number, from 1 */
    size_t binds;               /* of a BLOCK: how many variables its frame is to have; 0: none */
    bool tuple;          /* the step makes a tuple stream: it has a focus, an index, an ancestor */
    bool keep_array;     /* x[]: a path or step with it stays an array */
    bool cons_array;     /* an array constructor as a path's first or last step; a block with one */
    bool keep_singleton; /* of a PATH: some step has keep_array */
    bool thunk;          /* of a LAMBDA: made for a tail call */
    bool escapes;        /* of a thunk: a filter or a group may put it into a value */
    bool constant;       /* the same whatever its context */
    bool plain;          /* a PATH of names and nothing else */
};

struct ps_jsonata {
    char *text;
    size_t len;
    ps_node *root;
    size_t direct; /* direct.h */
    void *arena;
    /* Constant values, regexes and signatures to be freed with the expression. */
    void *owned;
    struct ps_jx_global *globals; /* resolve.c */
    size_t global_count;
};

/* Compiles `text` into `e` (its arena, its root); false with `err`. parse.c */
bool ps_jx_parse(ps_jsonata *e, ps_str text, ps_jsonata_error *err);
void ps_jx_tree_free(ps_jsonata *e);

#endif
