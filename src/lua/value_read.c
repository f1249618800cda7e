/* value_read.c -- Lua -> value: what handlers return and programs pass in.
 *
 * A table that was made from a value and comes back, changed or not, keeps that value's key order
 * and number literals where its content is still the same ("hint"); an untouched one is the very
 * same value again. No Lua code runs here, but Lua may raise when it is out of memory, and
 * finalizers may run: all that is being built stands in a scratch box, a nested reading takes a box
 * of its own. */
#include "base/mem.h"
#include "base/utf8.h"
#include "lua/binding.h"
#include "lua/origin.h"
#include "value/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NODES 10000000u
#define MAX_BYTES ((size_t)256 << 20)

typedef struct open_pair { /* a value under way; its key where it is a member */
    ps_value *key, *value;
} open_pair;

typedef struct step { /* one step of the path to the value being read */
    const char *key;  /* borrowed from the Lua string on the stack; NULL: an index */
    size_t len;       /* of the key, or the index */
    const void *table;
} step;

typedef struct scratch {
    bool busy;
    size_t count, capacity;
    open_pair *open;
    step path[PS_MAX_DEPTH + 2];
} scratch;

typedef struct reader {
    lua_State *L;
    scratch *s;
    int array_mt, origins, owners; /* stack indices */
    size_t nodes, bytes;           /* what may still be read */
    ps_error *err;
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
    s->open = NULL;
    s->capacity = 0;
    return 0;
}

static const luaL_Reg scratch_meta[] = {{"__gc", scratch_gc}, {NULL, NULL}};
static const ps_box_type box_scratch = {"passo.scratch", NULL, scratch_meta};

static scratch *scratch_new(lua_State *L)
{
    scratch *s = ps_box_new(L, &box_scratch, sizeof(scratch));
    lua_pushvalue(L, -1);
    ps_lua_rawsetp(L, &scratch_key);
    return s;
}

void ps_scratch_open(lua_State *L)
{
    ps_box_register(L, &box_scratch);
    scratch_new(L);
    lua_pop(L, 1);
}

void ps_values_open(lua_State *L)
{
    ps_scratch_open(L);
    ps_origin_open(L);
}

/* The pair owns what it is given from now on. */
static void push_open(scratch *s, ps_value *key, ps_value *value)
{
    if (s->count == s->capacity) {
        s->capacity = ps_grow(s->capacity, s->count + 1);
        s->open = ps_realloc(s->open, s->capacity, sizeof *s->open);
    }
    s->open[s->count++] = (open_pair){key, value};
}

/* -- errors ---------------------------------------------------------------------------------- */

static bool is_name(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool letter = (p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z') || p[i] == '_';
        if (!letter && (i == 0 || p[i] < '0' || p[i] > '9')) {
            return false;
        }
    }
    return len > 0;
}

static void print_step(const step *at, ps_buf *out)
{
    if (!at->key) {
        ps_buf_addf(out, "[%zu]", at->len);
        return;
    }
    if (is_name(at->key, at->len)) {
        ps_buf_add_char(out, '.');
        ps_buf_add(out, (ps_str){at->key, at->len});
        return;
    }
    ps_buf_add(out, PS_STR("[\""));
    for (size_t i = 0; i < at->len && i < 40; i++) {
        char c = at->key[i];
        ps_buf_add_char(out, c >= ' ' && c < 0x7f ? c : '?');
    }
    ps_buf_add(out, PS_STR("\"]"));
}

/* The error "PATH: WORDS"; of a long path the end is told, which is where the trouble is. */
static ps_value *fail(reader *r, ps_status code, size_t depth, const char *words)
{
    ps_buf path = {0};
    for (size_t i = depth > 40 ? depth - 40 : 0; i < depth; i++) {
        print_step(&r->s->path[i], &path);
    }
    ps_str shown = ps_buf_str(&path);
    bool cut = depth > 40 || shown.len > 80;
    if (shown.len > 80) {
        shown.p += shown.len - 80;
        shown.len = 80;
    }
    ps_fail(r->err, code, 0, "$%s%.*s: %s", cut ? "..." : "", (int)shown.len, shown.p, words);
    ps_buf_free(&path);
    return NULL;
}

static ps_value *fail_type(reader *r, size_t depth, const char *type)
{
    char words[80];
    ps_buf text = {0};
    ps_buf_addf(&text, "a %s cannot be a JSON value", type);
    size_t len = text.len < sizeof words - 1 ? text.len : sizeof words - 1;
    memcpy(words, text.p, len);
    words[len] = '\0';
    ps_buf_free(&text);
    return fail(r, PS_EINPUT, depth, words);
}

/* -- scalars --------------------------------------------------------------------------------- */

static ps_value *read_number(reader *r, int i, const ps_value *hint, size_t depth)
{
    int64_t n;
    if (ps_lua_toint(r->L, i, &n)) {
        int64_t was;
        if (hint && ps_value_is_number(hint) && ps_value_int(hint, &was) && was == n) {
            return ps_value_ref(hint);
        }
        return ps_int(n);
    }
    double d = (double)lua_tonumber(r->L, i);
    if (isnan(d) || isinf(d)) {
        return fail(r, PS_EINPUT, depth,
                    isnan(d) ? "NaN is not a JSON number" : "infinity is not a JSON number");
    }
    if (hint && ps_value_is_number(hint) && ps_value_double(hint) == d &&
        ps_origin_is_plain(hint)) {
        return ps_value_ref(hint);
    }
    return ps_double(d);
}

static ps_value *read_string(reader *r, int i, const ps_value *hint, size_t depth)
{
    ps_str s;
    s.p = lua_tolstring(r->L, i, &s.len);
    if (hint && ps_value_kind(hint) == PS_STRING && ps_str_equal(ps_value_str(hint), s)) {
        return ps_value_ref(hint);
    }
    if (s.len > r->bytes) {
        return fail(r, PS_ELIMIT, depth, "more than 256 MiB of strings");
    }
    r->bytes -= s.len;
    if (ps_utf8_check(s) != s.len) {
        return fail(r, PS_EINPUT, depth, "a string that is not UTF-8 cannot be a JSON value");
    }
    return ps_string(s);
}

static ps_value *read_userdata(reader *r, int i, size_t depth)
{
    ps_value_box *box = ps_box_test(r->L, i, &ps_box_value);
    if (!box) {
        box = ps_box_test(r->L, i, &ps_box_number);
    }
    if (!box || !box->v) {
        return fail_type(r, depth, "userdata");
    }
    return ps_value_ref(box->v);
}

/* -- tables ---------------------------------------------------------------------------------- */

static ps_value *read_any(reader *r, int i, const ps_value *hint, size_t depth);

/* What stands above `base` as a list. */
static ps_value *close_array(scratch *s, size_t base)
{
    ps_value *array = ps_array(s->count - base);
    for (size_t i = base; i < s->count; i++) {
        ps_array_add_take(array, s->open[i].value);
    }
    s->count = base;
    return array;
}

static ps_value *close_object(scratch *s, size_t base)
{
    ps_value *object = ps_object(s->count - base);
    for (size_t i = base; i < s->count; i++) {
        ps_object_set_take(object, s->open[i].key, s->open[i].value);
    }
    s->count = base;
    return object;
}

static int by_key(const void *a, const void *b)
{
    return ps_str_compare(ps_value_str(((const open_pair *)a)->key),
                          ps_value_str(((const open_pair *)b)->key));
}

/* True when the table at `i` has exactly the keys 1..n. */
static bool check_list(reader *r, int i, size_t n, size_t depth)
{
    size_t count = 0;
    lua_pushnil(r->L);
    while (lua_next(r->L, i)) {
        lua_pop(r->L, 1);
        int64_t key;
        if (lua_type(r->L, -1) != LUA_TNUMBER) {
            lua_pop(r->L, 1);
            fail(r, PS_EINPUT, depth,
                 "a table with both list items and named members cannot be a JSON value");
            return false;
        }
        if (!ps_lua_toint(r->L, -1, &key) || key < 1 || (uint64_t)key > n) {
            lua_pop(r->L, 1);
            fail(r, PS_EINPUT, depth, "a list with holes cannot be a JSON value (use passo.null)");
            return false;
        }
        count++;
    }
    if (count != n) {
        fail(r, PS_EINPUT, depth, "a list with holes cannot be a JSON value (use passo.null)");
        return false;
    }
    return true;
}

static ps_value *read_list(reader *r, int i, const ps_value *hint, size_t depth)
{
    size_t n = ps_lua_rawlen(r->L, i);
    if (n > r->nodes) {
        return fail(r, PS_ELIMIT, depth, "more than 10,000,000 values");
    }
    if (!check_list(r, i, n, depth)) {
        return NULL;
    }
    if (hint && ps_value_kind(hint) != PS_ARRAY) {
        hint = NULL;
    }
    size_t old = hint ? ps_value_count(hint) : 0;
    bool same = hint && old == n;
    size_t base = r->s->count;
    for (size_t k = 0; k < n; k++) {
        r->s->path[depth].key = NULL;
        r->s->path[depth].len = k + 1;
        lua_rawgeti(r->L, i, (int)(k + 1));
        const ps_value *was = k < old ? ps_array_at(hint, k) : NULL;
        ps_value *v = read_any(r, lua_gettop(r->L), was, depth + 1);
        lua_pop(r->L, 1);
        if (!v) {
            return NULL;
        }
        same = same && v == was;
        push_open(r->s, NULL, v);
    }
    if (same) {
        scratch_clear(r->s, base);
        return ps_value_ref(hint);
    }
    return close_array(r->s, base);
}

/* Reads the value on top of the stack (popped) as the member `name`, and opens the pair. */
static const ps_value *read_member(reader *r, ps_str name, const ps_value *key, const ps_value *was,
                                   size_t depth)
{
    r->s->path[depth].key = name.p;
    r->s->path[depth].len = name.len;
    ps_value *v = read_any(r, lua_gettop(r->L), was, depth + 1);
    lua_pop(r->L, 1);
    if (!v) {
        return NULL;
    }
    push_open(r->s, key ? ps_value_ref(key) : ps_string(name), v);
    return v;
}

/* Members whose key the hint does not have, sorted, after those opened already. */
static bool read_new_members(reader *r, int i, const ps_value *hint, size_t depth)
{
    size_t base = r->s->count;
    lua_pushnil(r->L);
    while (lua_next(r->L, i)) {
        ps_str name;
        name.p = lua_tolstring(r->L, -2, &name.len);
        if (hint && ps_object_get(hint, name)) {
            lua_pop(r->L, 1);
            continue;
        }
        if (ps_utf8_check(name) != name.len) {
            lua_pop(r->L, 2);
            fail(r, PS_EINPUT, depth, "a key that is not UTF-8 cannot be in a JSON object");
            return false;
        }
        if (!read_member(r, name, NULL, NULL, depth)) {
            lua_pop(r->L, 1);
            return false;
        }
    }
    qsort(r->s->open + base, r->s->count - base, sizeof *r->s->open, by_key);
    return true;
}

/* The number of members; SIZE_MAX with an error where a key is no string. */
static size_t count_members(reader *r, int i, size_t depth)
{
    size_t count = 0;
    lua_pushnil(r->L);
    while (lua_next(r->L, i)) {
        lua_pop(r->L, 1);
        if (lua_type(r->L, -1) != LUA_TSTRING) {
            bool number = lua_type(r->L, -1) == LUA_TNUMBER;
            lua_pop(r->L, 1);
            fail(r, PS_EINPUT, depth,
                 number ? "a table with both list items and named members cannot be a JSON value"
                        : "a key that is not a string cannot be in a JSON object");
            return SIZE_MAX;
        }
        count++;
    }
    return count;
}

static ps_value *read_object(reader *r, int i, const ps_value *hint, size_t depth)
{
    size_t count = count_members(r, i, depth);
    if (count == SIZE_MAX) {
        return NULL;
    }
    if (count > r->nodes) {
        return fail(r, PS_ELIMIT, depth, "more than 10,000,000 values");
    }
    if (hint && ps_value_kind(hint) != PS_OBJECT) {
        hint = NULL;
    }
    size_t base = r->s->count;
    size_t old = hint ? ps_value_count(hint) : 0;
    bool same = hint && old == count;
    for (size_t k = 0; k < old; k++) {
        const ps_value *key = ps_object_key_at(hint, k);
        const ps_value *was = ps_object_value_at(hint, k);
        ps_str name = ps_value_str(key);
        lua_pushlstring(r->L, name.p, name.len);
        lua_rawget(r->L, i);
        if (lua_isnil(r->L, -1)) {
            lua_pop(r->L, 1);
            same = false;
            continue;
        }
        const ps_value *v = read_member(r, name, key, was, depth);
        if (!v) {
            return NULL;
        }
        same = same && v == was;
    }
    if (same) {
        scratch_clear(r->s, base);
        return ps_value_ref(hint);
    }
    if (r->s->count - base < count && !read_new_members(r, i, hint, depth)) {
        return NULL;
    }
    return close_object(r->s, base);
}

/* Too deep: told as a cycle, at the place where it closes, when that is the reason. */
static ps_value *fail_depth(reader *r, size_t depth)
{
    const step *path = r->s->path;
    for (size_t k = 0; k < depth; k++) {
        for (size_t j = 0; j < k; j++) {
            if (path[j].table == path[k].table) {
                return fail(r, PS_EINPUT, k, "a table that contains itself cannot be a JSON value");
            }
        }
    }
    return fail(r, PS_ELIMIT, depth, "nested deeper than 1000");
}

static ps_value *read_table(reader *r, int i, const ps_value *hint, size_t depth)
{
    if (depth >= PS_MAX_DEPTH) {
        return fail_depth(r, depth);
    }
    r->s->path[depth].table = lua_topointer(r->L, i);
    if (!lua_checkstack(r->L, 6)) {
        return fail(r, PS_ELIMIT, depth, "no room on the Lua stack");
    }
    const ps_value *origin = ps_origin_get(r->L, i, r->origins, r->owners);
    if (origin) {
        hint = origin;
    }
    lua_pushnil(r->L);
    bool empty = !lua_next(r->L, i);
    bool list = false;
    if (!empty) {
        list = lua_type(r->L, -2) == LUA_TNUMBER;
        lua_pop(r->L, 2);
    } else if (lua_getmetatable(r->L, i)) {
        list = lua_rawequal(r->L, -1, r->array_mt);
        lua_pop(r->L, 1);
    }
    return list ? read_list(r, i, hint, depth) : read_object(r, i, hint, depth);
}

static ps_value *read_any(reader *r, int i, const ps_value *hint, size_t depth)
{
    if (r->nodes == 0) {
        return fail(r, PS_ELIMIT, depth, "more than 10,000,000 values");
    }
    r->nodes--;
    switch (lua_type(r->L, i)) {
    case LUA_TNIL:
        return ps_null();
    case LUA_TBOOLEAN:
        return ps_bool(lua_toboolean(r->L, i));
    case LUA_TNUMBER:
        return read_number(r, i, hint, depth);
    case LUA_TSTRING:
        return read_string(r, i, hint, depth);
    case LUA_TLIGHTUSERDATA:
        return lua_touserdata(r->L, i) ? fail_type(r, depth, "light userdata") : ps_null();
    case LUA_TUSERDATA:
        return read_userdata(r, i, depth);
    case LUA_TTABLE:
        return read_table(r, i, hint, depth);
    default:
        return fail_type(r, depth, lua_typename(r->L, lua_type(r->L, i)));
    }
}

ps_value *ps_read_lua(lua_State *L, int i, ps_error *err)
{
    i = ps_lua_absindex(L, i);
    if (lua_type(L, i) == LUA_TUSERDATA) {
        ps_value_box *box = ps_box_test(L, i, &ps_box_value);
        if (box && box->v) {
            return ps_value_ref(box->v);
        }
    }
    int top = lua_gettop(L);
    luaL_checkstack(L, 10, "a value");
    ps_lua_rawgetp(L, &scratch_key);
    scratch *s = lua_touserdata(L, -1);
    if (s->busy) {
        s = scratch_new(L);
    }
    ps_origin_push(L);
    ps_push_array_mt(L);
    reader r = {L, s, top + 1, 0, 0, MAX_NODES, MAX_BYTES, err};
    r.array_mt = lua_gettop(L);
    r.owners = r.array_mt - 1;
    r.origins = r.array_mt - 2;
    s->busy = true;
    ps_value *v = read_any(&r, i, NULL, 0);
    scratch_clear(s, 0);
    s->busy = false;
    lua_settop(L, top);
    return v;
}

ps_value *ps_read_text(lua_State *L, int i)
{
    ps_str s;
    s.p = lua_tolstring(L, i, &s.len);
    if (ps_utf8_check(s) == s.len) {
        return ps_string(s);
    }
    ps_buf clean = {0};
    while (s.len > 0) {
        size_t good = ps_utf8_check(s);
        ps_buf_add(&clean, (ps_str){s.p, good});
        s.p += good;
        s.len -= good;
        if (s.len > 0) {
            ps_buf_add(&clean, PS_STR("\xEF\xBF\xBD"));
            s.p++;
            s.len--;
        }
    }
    ps_value *v = ps_string(ps_buf_str(&clean));
    ps_buf_free(&clean);
    return v;
}
