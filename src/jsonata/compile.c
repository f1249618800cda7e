/* compile.c -- an expression as a thing to own: its text, its tree, and the memory of both. */
#include "base/mem.h"
#include "base/utf8.h"
#include "jsonata/direct.h"
#include "jsonata/eval.h"
#include "jsonata/parser.h"

/* -- memory --------------------------------------------------------------------------------- */

struct ps_pool_chunk {
    struct ps_pool_chunk *older;
    size_t size;
};

enum { CHUNK_FIRST = 1024, CHUNK_MOST = 64 << 10 };

void *ps_pool_alloc(ps_pool *pool, size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if (size > pool->room) {
        /* A definition may have thousands of expressions, most of them short. */
        size_t bytes = pool->chunk ? 2 * pool->chunk->size : CHUNK_FIRST;
        bytes = bytes > CHUNK_MOST ? CHUNK_MOST : bytes;
        bytes = size > bytes ? size : bytes;
        struct ps_pool_chunk *c = ps_alloc_zeroed(1, sizeof *c + bytes);
        c->older = pool->chunk;
        c->size = bytes;
        pool->chunk = c;
        pool->free = (char *)(c + 1);
        pool->room = bytes;
    }
    void *p = pool->free;
    pool->free += size;
    pool->room -= size;
    return p;
}

ps_str ps_pool_copy(ps_pool *pool, ps_str s)
{
    char *p = ps_pool_alloc(pool, s.len);
    if (s.len > 0) {
        memcpy(p, s.p, s.len);
    }
    return (ps_str){p, s.len};
}

void ps_pool_free(ps_pool *pool)
{
    for (struct ps_pool_chunk *c = pool->chunk; c;) {
        struct ps_pool_chunk *older = c->older;
        ps_free(c);
        c = older;
    }
    *pool = (ps_pool){0};
}

/* What the expression owns outside its pool, newest first. */
struct owned {
    struct owned *older;
    void (*free)(void *p);
    void *p;
};

void ps_jx_own(ps_jsonata *e, void (*release)(void *p), void *p)
{
    struct owned *o = ps_pool_alloc(e->arena, sizeof *o);
    *o = (struct owned){e->owned, release, p};
    e->owned = o;
}

static void release_value(void *p)
{
    ps_value_unref(p);
}

ps_value *ps_jx_own_value_take(ps_jsonata *e, ps_value *v)
{
    ps_jx_own(e, release_value, v);
    return v;
}

void ps_jx_tree_free(ps_jsonata *e)
{
    for (struct owned *o = e->owned; o; o = o->older) {
        o->free(o->p);
    }
    if (e->arena) {
        ps_pool_free(e->arena);
        ps_free(e->arena);
    }
    ps_free(e->globals);
    e->owned = NULL;
    e->arena = NULL;
    e->root = NULL;
    e->globals = NULL;
}

/* -- the expression ------------------------------------------------------------------------- */

ps_jsonata *ps_jsonata_new(ps_str text, ps_jsonata_error *err)
{
    size_t valid = ps_utf8_check(text);
    if (valid < text.len) {
        ps_value *fields = ps_object(1);
        ps_object_put_take(fields, PS_STR("token"), ps_string(PS_STR("invalid UTF-8")));
        ps_jx_error_set(err, (ps_str){text.p, valid}, "S0201", valid, fields);
        return NULL;
    }
    ps_jsonata *e = ps_alloc(sizeof *e);
    *e = (ps_jsonata){.text = ps_alloc(text.len), .len = text.len};
    if (text.len > 0) {
        memcpy(e->text, text.p, text.len);
    }
    if (!ps_jx_parse(e, ps_jsonata_text(e), err)) {
        ps_jsonata_free(e);
        return NULL;
    }
    ps_jx_resolve(e, false);
    e->direct = ps_jx_direct_steps(e->root);
    return e;
}

void ps_jsonata_free(ps_jsonata *e)
{
    if (!e) {
        return;
    }
    ps_jx_tree_free(e);
    ps_free(e->text);
    ps_free(e);
}

ps_str ps_jsonata_text(const ps_jsonata *e)
{
    return (ps_str){e->text, e->len};
}
