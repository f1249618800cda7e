/* params_lua.c -- Lua -> parameters, guided by the shape of an operation's input: {} is a list or a
 * map as the shape says, blobs are strings of any bytes.
 *
 * What the shape does not allow is read as something that ps_params_check refuses, so that there is
 * one place for those words; only what no value can hold is refused here. */
#include "lua/aws/params_lua.h"
#include "aws/model.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "lua/aws/aws_binding.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_DEPTH = 256, MAX_NODES = 10000000 };

/* Three of Lua's slots a step, and what reading a document takes. More are asked for step by step:
 * a light thread's stack that has once grown is garbage as large. */
enum { SLOTS = 40 };
#define MAX_BYTES ((size_t)4 << 30)

typedef struct open_pair { /* a value under way; its key where it is a member */
    ps_value *key, *value;
} open_pair;

/* Owns all that is being built: reading may raise where Lua has no memory. */
typedef struct scratch {
    bool busy;
    size_t count, capacity;
    open_pair *open;
} scratch;

typedef struct step {
    const char *key; /* borrowed from the Lua string on the stack; NULL: an index */
    size_t len;      /* of the key, or the index */
} step;

typedef struct reader {
    lua_State *L;
    scratch *s;
    size_t depth, nodes, bytes; /* what may still be read */
    ps_error *err;
    step path[MAX_DEPTH];
} reader;

static const char scratch_key;

static void scratch_clear(scratch *s, size_t base)
{
    while (s->count > base) {
        open_pair *p = &s->open[--s->count];
        ps_value_unref(p->key);
        ps_value_unref(p->value);
    }
}

static int scratch_gc(lua_State *L)
{
    scratch *s = lua_touserdata(L, 1);
    scratch_clear(s, 0);
    ps_free(s->open);
    *s = (scratch){0};
    return 0;
}

static const luaL_Reg scratch_meta[] = {{"__gc", scratch_gc}, {NULL, NULL}};
static const ps_box_type box_scratch = {"passo.aws.scratch", NULL, scratch_meta};

static scratch *scratch_new(lua_State *L)
{
    scratch *s = ps_box_new(L, &box_scratch, sizeof *s);
    lua_pushvalue(L, -1);
    ps_lua_rawsetp(L, &scratch_key);
    return s;
}

void ps_aws_params_register(lua_State *L)
{
    ps_box_register(L, &box_scratch);
    scratch_new(L);
    lua_pop(L, 1);
}

static void push_open(scratch *s, ps_value *key, ps_value *value)
{
    if (s->count == s->capacity) {
        s->capacity = ps_grow(s->capacity, s->count + 1);
        s->open = ps_realloc(s->open, s->capacity, sizeof *s->open);
    }
    s->open[s->count++] = (open_pair){key, value};
}

static ps_value *fail(reader *r, ps_status code, const char *words)
{
    ps_buf path = {0};
    for (size_t i = r->depth > 12 ? r->depth - 12 : 0; i < r->depth; i++) {
        const step *at = &r->path[i];
        if (!at->key) {
            ps_buf_addf(&path, "[%zu]", at->len);
        } else {
            ps_buf_addf(&path, "%s%.*s", path.len ? "." : "", at->len < 60 ? (int)at->len : 60,
                        at->key);
        }
    }
    size_t from = path.len > 90 ? path.len - 90 : 0;
    ps_fail(r->err, code, 0, "%.*s: %s", path.len ? (int)(path.len - from) : 10,
            path.len ? path.p + from : "parameters", words);
    ps_buf_free(&path);
    return NULL;
}

/* -- scalars --------------------------------------------------------------------------------- */

static ps_value *read_number(reader *r, const ps_shape *shape, int i)
{
    int64_t n;
    if (ps_lua_toint(r->L, i, &n)) {
        return ps_int(n);
    }
    double d = (double)lua_tonumber(r->L, i);
    if (!isnan(d) && !isinf(d)) {
        return ps_double(d);
    }
    if (!shape || (shape->kind != PS_SHAPE_FLOAT && shape->kind != PS_SHAPE_DOUBLE)) {
        return fail(r, PS_EINPUT, "must be a finite number");
    }
    return ps_string(isnan(d) ? PS_STR("NaN") : d > 0 ? PS_STR("Infinity") : PS_STR("-Infinity"));
}

static ps_value *read_string(reader *r, const ps_shape *shape, int i)
{
    ps_str s;
    s.p = lua_tolstring(r->L, i, &s.len);
    if (s.len > r->bytes) {
        return fail(r, PS_ELIMIT, "more than 4 GiB of strings");
    }
    r->bytes -= s.len;
    bool bytes = shape && shape->kind == PS_SHAPE_BLOB;
    if (!bytes && ps_utf8_check(s) != s.len) {
        return fail(r, PS_EINPUT, "must be UTF-8 text");
    }
    return ps_string(s);
}

static ps_value *read_userdata(reader *r, int i)
{
    ps_value_box *box = ps_box_test(r->L, i, &ps_box_value);
    if (!box) {
        box = ps_box_test(r->L, i, &ps_box_number);
    }
    return box && box->v ? ps_value_ref(box->v)
                         : fail(r, PS_EINPUT, "a userdata cannot be a parameter");
}

/* -- tables ---------------------------------------------------------------------------------- */

static ps_value *read_any(reader *r, const ps_member *m, int i);

/* The number of a table's keys; SIZE_MAX where one is no index up to `n`. */
static size_t count_items(reader *r, int i, size_t n)
{
    size_t count = 0;
    lua_pushnil(r->L);
    while (lua_next(r->L, i)) {
        lua_pop(r->L, 1);
        int64_t key;
        if (lua_type(r->L, -1) != LUA_TNUMBER || !ps_lua_toint(r->L, -1, &key) || key < 1 ||
            (uint64_t)key > n) {
            lua_pop(r->L, 1);
            return SIZE_MAX;
        }
        count++;
    }
    return count;
}

static ps_value *read_list(reader *r, const ps_member *element, int i)
{
    size_t n = ps_lua_rawlen(r->L, i);
    size_t count = count_items(r, i, n);
    if (count == SIZE_MAX && n == 0) {
        return ps_object(0); /* no list: told by the check */
    }
    if (count != n) {
        return fail(r, PS_EINPUT, "must be a list; this table has holes, or members with names");
    }
    size_t base = r->s->count;
    step *at = &r->path[r->depth++];
    for (size_t k = 1; k <= n; k++) {
        *at = (step){NULL, k};
        lua_rawgeti(r->L, i, (int)k);
        ps_value *v = read_any(r, element, i + 1);
        lua_pop(r->L, 1);
        if (!v) {
            return NULL;
        }
        push_open(r->s, NULL, v);
    }
    r->depth--;
    ps_value *array = ps_array(n);
    for (size_t k = base; k < r->s->count; k++) {
        ps_array_add_take(array, r->s->open[k].value);
    }
    r->s->count = base;
    return array;
}

static int by_key(const void *a, const void *b)
{
    return ps_str_compare(ps_value_str(((const open_pair *)a)->key),
                          ps_value_str(((const open_pair *)b)->key));
}

/* Members of a structure by their names, or the entries of a map; sorted, for a Lua table has no
 * order and the same call must be the same bytes. */
static ps_value *read_object(reader *r, const ps_shape *shape, int i)
{
    lua_State *L = r->L;
    size_t base = r->s->count;
    step *at = &r->path[r->depth++];
    lua_pushnil(L);
    while (lua_next(L, i)) {
        if (lua_type(L, i + 1) != LUA_TSTRING) {
            bool list = lua_type(L, i + 1) == LUA_TNUMBER && base == r->s->count;
            lua_pop(L, 2);
            r->depth--;
            return list ? ps_array(0) /* told by the check */
                        : fail(r, PS_EINPUT, "all keys must be strings");
        }
        ps_str name;
        name.p = lua_tolstring(L, i + 1, &name.len);
        *at = (step){name.p, name.len};
        if (ps_utf8_check(name) != name.len) {
            return fail(r, PS_EINPUT, "the name must be UTF-8 text");
        }
        const ps_member *m =
            shape->kind == PS_SHAPE_MAP ? &shape->members[1] : ps_shape_member(shape, name);
        /* The check tells of a member that is not known, whatever its value. */
        ps_value *v = m ? read_any(r, m, i + 2) : ps_null();
        if (!v) {
            return NULL;
        }
        push_open(r->s, ps_string(name), v);
        lua_pop(L, 1);
    }
    r->depth--;
    size_t count = r->s->count - base;
    if (count > 1) {
        qsort(r->s->open + base, count, sizeof *r->s->open, by_key);
    }
    ps_value *object = ps_object(count);
    for (size_t k = base; k < r->s->count; k++) {
        ps_object_set_take(object, r->s->open[k].key, r->s->open[k].value);
    }
    r->s->count = base;
    return object;
}

static ps_value *read_table(reader *r, const ps_member *m, int i)
{
    const ps_shape *shape = m->shape;
    if (shape->kind == PS_SHAPE_DOCUMENT || m->json_text) {
        ps_error inner;
        ps_value *v = ps_read_lua(r->L, i, &inner);
        return v ? v : fail(r, inner.code, inner.text);
    }
    if (r->depth == MAX_DEPTH || !lua_checkstack(r->L, SLOTS)) {
        return fail(r, PS_ELIMIT, "nested too deeply, or a table that contains itself");
    }
    if (shape->kind == PS_SHAPE_LIST) {
        return read_list(r, &shape->members[0], i);
    }
    bool named = shape->kind == PS_SHAPE_STRUCTURE || shape->kind == PS_SHAPE_MAP;
    return named ? read_object(r, shape, i) : ps_object(0);
}

/* The value at `i`, which is the top of the stack. */
static ps_value *read_any(reader *r, const ps_member *m, int i)
{
    if (r->nodes == 0) {
        return fail(r, PS_ELIMIT, "more than 10,000,000 values");
    }
    r->nodes--;
    switch (lua_type(r->L, i)) {
    case LUA_TBOOLEAN:
        return ps_bool(lua_toboolean(r->L, i));
    case LUA_TNUMBER:
        return read_number(r, m->shape, i);
    case LUA_TSTRING:
        return read_string(r, m->shape, i);
    case LUA_TLIGHTUSERDATA:
        return lua_touserdata(r->L, i) ? fail(r, PS_EINPUT, "a pointer cannot be a parameter")
                                       : ps_null();
    case LUA_TUSERDATA:
        return read_userdata(r, i);
    case LUA_TTABLE:
        return read_table(r, m, i);
    default:
        return fail(r, PS_EINPUT,
                    lua_type(r->L, i) == LUA_TFUNCTION ? "a function cannot be a parameter"
                                                       : "cannot be a parameter");
    }
}

ps_value *ps_read_params(lua_State *L, int i, const ps_operation *op, ps_error *err)
{
    static const ps_shape nothing = {.kind = PS_SHAPE_STRUCTURE};
    static const ps_member no_input = {.shape = &nothing};
    if (lua_isnoneornil(L, i)) {
        return ps_object(0);
    }
    int top = lua_gettop(L);
    luaL_checkstack(L, SLOTS, "parameters");
    ps_lua_rawgetp(L, &scratch_key);
    scratch *s = lua_touserdata(L, -1);
    if (s->busy) {
        s = scratch_new(L);
    }
    lua_pushvalue(L, i);
    reader r;
    r.L = L;
    r.s = s;
    r.depth = 0;
    r.nodes = MAX_NODES;
    r.bytes = MAX_BYTES;
    r.err = err;
    s->busy = true;
    ps_value *v = read_any(&r, op->input ? op->input : &no_input, lua_gettop(L));
    scratch_clear(s, 0);
    s->busy = false;
    lua_settop(L, top);
    return v;
}
