/* references.c -- which variables an expression does not bind itself, where it would read the input
 * document, and which operators AWS's JSONata does not have. */
#include "base/hash.h"
#include "base/mem.h"
#include "jsonata/eval.h"

/* A name that is bound somewhere. What stands in a function may run after all of the block that the
 * function is written in, so it also sees what that block binds later. */
typedef struct symbol {
    ps_str name;
    size_t bound;      /* scopes open now that have bound it */
    size_t late;       /* scopes open now that bind it somewhere */
    size_t late_depth; /* functions around the outermost of those */
} symbol;

typedef struct undo {
    size_t symbol;
    bool late;
} undo;

typedef struct walker {
    ps_jsonata_visit *visit;
    void *arg;
    symbol *symbols;
    size_t count, capacity;
    size_t *index; /* hash table: 1 + place in symbols, or 0 */
    size_t mask;
    undo *undone; /* what to take back when a scope ends */
    size_t undo_count, undo_capacity;
    size_t depth; /* functions around what is looked at */
} walker;

/* -- names ---------------------------------------------------------------------------------- */

static size_t *slot_of(const walker *w, ps_str name)
{
    size_t i = (size_t)ps_hash_table(name) & w->mask;
    while (w->index[i] && !ps_str_equal(w->symbols[w->index[i] - 1].name, name)) {
        i = (i + 1) & w->mask;
    }
    return &w->index[i];
}

static void rehash(walker *w)
{
    ps_free(w->index);
    w->mask = w->capacity * 2 - 1;
    w->index = ps_alloc_zeroed(w->mask + 1, sizeof *w->index);
    for (size_t i = 0; i < w->count; i++) {
        *slot_of(w, w->symbols[i].name) = i + 1;
    }
}

static size_t symbol_of(walker *w, ps_str name)
{
    if (w->count == w->capacity) {
        w->capacity = w->capacity ? 2 * w->capacity : 8;
        w->symbols = ps_realloc(w->symbols, w->capacity, sizeof *w->symbols);
        rehash(w);
    }
    size_t *slot = slot_of(w, name);
    if (!*slot) {
        w->symbols[w->count++] = (symbol){.name = name};
        *slot = w->count;
    }
    return *slot - 1;
}

static bool is_bound(const walker *w, ps_str name)
{
    size_t found = w->count ? *slot_of(w, name) : 0;
    if (!found) {
        return false;
    }
    const symbol *s = &w->symbols[found - 1];
    return s->bound || (s->late && s->late_depth < w->depth);
}

static void note(walker *w, ps_str name, bool late)
{
    if (w->undo_count == w->undo_capacity) {
        w->undo_capacity = ps_grow(w->undo_capacity, w->undo_count + 1);
        w->undone = ps_realloc(w->undone, w->undo_capacity, sizeof *w->undone);
    }
    size_t i = symbol_of(w, name);
    symbol *s = &w->symbols[i];
    if (!late) {
        s->bound++;
    } else if (s->late++ == 0) {
        s->late_depth = w->depth;
    }
    w->undone[w->undo_count++] = (undo){i, late};
}

static void leave(walker *w, size_t mark)
{
    while (w->undo_count > mark) {
        undo u = w->undone[--w->undo_count];
        symbol *s = &w->symbols[u.symbol];
        *(u.late ? &s->late : &s->bound) -= 1;
    }
}

/* -- what a scope binds -------------------------------------------------------------------------
 */

static void collect(walker *w, const ps_node *n);

static void collect_pairs(walker *w, const ps_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        collect(w, pairs->p[i].key);
        collect(w, pairs->p[i].value);
    }
}

static void collect_stages(walker *w, const ps_stage *stages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        collect(w, stages[i].predicate);
    }
}

/* Notes all that `n` binds in the scope it stands in: not what scopes of its own bind. */
static void collect(walker *w, const ps_node *n)
{
    if (!n) {
        return;
    }
    collect_stages(w, n->predicates, n->predicate_count);
    collect_stages(w, n->stages, n->stage_count);
    if (n->group) {
        collect_pairs(w, n->group);
    }
    if (n->kind == PS_NODE_BLOCK || (n->kind == PS_NODE_LAMBDA && !n->thunk)) {
        return;
    }
    if (n->kind == PS_NODE_BIND) {
        note(w, n->name, true);
    }
    collect(w, n->left);
    collect(w, n->right);
    collect(w, n->other);
    for (size_t i = 0; i < n->list.count; i++) {
        collect(w, n->list.p[i]);
    }
    for (size_t i = 0; i < n->term_count; i++) {
        collect(w, n->terms[i].expression);
    }
    collect_pairs(w, &n->pairs);
}

/* -- the walk ------------------------------------------------------------------------------- */

static void walk(walker *w, const ps_node *n, bool inner);

static void report(const walker *w, ps_jsonata_reference kind, const char *name, size_t at)
{
    w->visit(w->arg, kind, ps_str_from(name), PS_STR(""), at);
}

/* `next` is the step behind it; NULL: none. */
static void variable(const walker *w, const ps_node *n, const ps_node *next, bool inner)
{
    if (ps_str_equal(n->name, PS_STR("$"))) {
        report(w, PS_JSONATA_ROOT, "$$", n->at);
    } else if (n->name.len == 0) {
        if (!inner) {
            report(w, PS_JSONATA_ROOT, "$", n->at);
        }
    } else if (!is_bound(w, n->name)) {
        ps_str member = next && next->kind == PS_NODE_NAME ? next->name : PS_STR("");
        w->visit(w->arg, PS_JSONATA_VARIABLE, n->name, member, n->at);
    }
}

static void walk_pairs(walker *w, const ps_pairs *pairs, bool inner)
{
    for (size_t i = 0; i < pairs->count; i++) {
        walk(w, pairs->p[i].key, inner);
        walk(w, pairs->p[i].value, inner);
    }
}

static void walk_stages(walker *w, const ps_stage *stages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (stages[i].kind == PS_STAGE_INDEX) {
            note(w, stages[i].index, false);
        } else {
            walk(w, stages[i].predicate, true);
        }
    }
}

static void walk_items(walker *w, ps_nodes items, bool inner)
{
    for (size_t i = 0; i < items.count; i++) {
        walk(w, items.p[i], inner);
    }
}

/* What @ and # bind is seen by what follows in the path; and by what follows the path, where it is
 * a step itself and carries its tuples on. */
static void path(walker *w, const ps_node *n, bool inner)
{
    size_t mark = w->undo_count;
    for (size_t i = 0; i < n->list.count; i++) {
        const ps_node *step = n->list.p[i];
        const ps_node *next = i + 1 < n->list.count ? n->list.p[i + 1] : NULL;
        if (step->kind == PS_NODE_VARIABLE) {
            variable(w, step, next, inner || i > 0);
            walk_stages(w, step->predicates, step->predicate_count);
            if (step->group) {
                walk_pairs(w, step->group, true);
            }
        } else {
            walk(w, step, inner || i > 0);
        }
        if (step->focus.len) {
            note(w, step->focus, false);
        }
        if (step->index.len) {
            note(w, step->index, false);
        }
        walk_stages(w, step->stages, step->stage_count);
    }
    if (n->group) {
        walk_pairs(w, n->group, true);
    }
    if (!n->tuple) {
        leave(w, mark);
    }
}

static void block(walker *w, const ps_node *n, bool inner)
{
    size_t mark = w->undo_count;
    for (size_t i = 0; i < n->list.count; i++) {
        collect(w, n->list.p[i]);
    }
    walk_items(w, n->list, inner);
    leave(w, mark);
}

static void lambda(walker *w, const ps_node *n, bool inner)
{
    if (n->thunk) {
        walk(w, n->left, inner);
        return;
    }
    size_t mark = w->undo_count;
    w->depth++;
    for (size_t i = 0; i < n->parameter_count; i++) {
        note(w, n->parameters[i], false);
    }
    collect(w, n->left);
    walk(w, n->left, inner);
    leave(w, mark);
    w->depth--;
}

/* A transform's parts see the value it is called with. */
static void transform(walker *w, const ps_node *n)
{
    w->depth++;
    walk(w, n->left, true);
    walk(w, n->right, true);
    if (n->other) {
        walk(w, n->other, true);
    }
    w->depth--;
}

/* Kinds that are no more than their parts. */
static void parts(walker *w, const ps_node *n, bool inner)
{
    if (n->left) {
        walk(w, n->left, inner);
    }
    if (n->kind == PS_NODE_COALESCE || n->kind == PS_NODE_DEFAULT) {
        const char *name = n->kind == PS_NODE_COALESCE ? "??" : "?:";
        report(w, PS_JSONATA_NEWER, name, n->at);
    }
    if (n->right) {
        walk(w, n->right, inner);
    }
    if (n->other) {
        walk(w, n->other, inner);
    }
    walk_items(w, n->list, inner);
    walk_pairs(w, &n->pairs, inner);
    for (size_t i = 0; i < n->term_count; i++) {
        walk(w, n->terms[i].expression, true);
    }
    if (n->kind == PS_NODE_BIND) {
        note(w, n->name, false);
    }
}

/* inner: the context is some value on the way, not the input document. */
static void walk(walker *w, const ps_node *n, bool inner)
{
    switch (n->kind) {
    case PS_NODE_NAME:
        if (!inner) {
            w->visit(w->arg, PS_JSONATA_ROOT, n->name, PS_STR(""), n->at);
        }
        break;
    case PS_NODE_WILDCARD:
    case PS_NODE_DESCENDANTS:
        if (!inner) {
            report(w, PS_JSONATA_ROOT, n->kind == PS_NODE_WILDCARD ? "*" : "**", n->at);
        }
        break;
    case PS_NODE_VARIABLE:
        variable(w, n, NULL, inner);
        break;
    case PS_NODE_PATH:
        path(w, n, inner);
        return;
    case PS_NODE_BLOCK:
        block(w, n, inner);
        break;
    case PS_NODE_LAMBDA:
        lambda(w, n, inner);
        break;
    case PS_NODE_TRANSFORM:
        transform(w, n);
        break;
    default:
        parts(w, n, inner);
        break;
    }
    walk_stages(w, n->predicates, n->predicate_count);
    if (n->group) {
        walk_pairs(w, n->group, true);
    }
}

void ps_jsonata_references(const ps_jsonata *e, ps_jsonata_visit *visit, void *arg)
{
    walker w = {.visit = visit, .arg = arg};
    collect(&w, e->root);
    walk(&w, e->root, false);
    ps_free(w.symbols);
    ps_free(w.index);
    ps_free(w.undone);
}

bool ps_jsonata_is_builtin(ps_str name)
{
    return ps_jx_native_find(name) != NULL;
}
