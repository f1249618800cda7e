/* reader_lua.c -- what a Distributed Map reads, for whoever fetches it: bytes of a file in, rows
 * out. */
#include "items/manifest.h"
#include "items/reader.h"
#include "items/unpack.h"
#include "lua/binding.h"

/* A compressed file may unfold to as much as AWS lets a file have. */
#define MAX_UNPACKED ((uint64_t)10 << 30)

typedef struct reader_box {
    ps_item_reader *r;
    ps_item_unpack *unpack;
    ps_value *config;
    ps_error err; /* of unpacking; code PS_OK while there is none */
    bool enough;
} reader_box;

static const ps_box_type box_reader;

/* Also the method `close`, which programs may call with anything. */
static int reader_gc(lua_State *L)
{
    reader_box *b = ps_box_check(L, 1, &box_reader);
    ps_item_reader_free(b->r);
    ps_item_unpack_free(b->unpack);
    ps_value_unref(b->config);
    *b = (reader_box){.r = NULL};
    return 0;
}

static int reader_feed(lua_State *L);
static int reader_finish(lua_State *L);

static const luaL_Reg reader_meta[] = {{"__gc", reader_gc}, {NULL, NULL}};
static const luaL_Reg reader_methods[] = {
    {"feed", reader_feed}, {"finish", reader_finish}, {"close", reader_gc}, {NULL, NULL}};
static const ps_box_type box_reader = {"passo.item_reader", reader_methods, reader_meta};

static reader_box *self(lua_State *L)
{
    reader_box *b = ps_box_check(L, 1, &box_reader);
    if (!b->r) {
        luaL_error(L, "this item reader is closed");
    }
    return b;
}

static bool take(void *arg, ps_str bytes)
{
    reader_box *b = arg;
    b->enough = !ps_item_reader_feed(b->r, bytes);
    return !b->enough;
}

/* core.item_reader(config | null [, max_items [, key]]): a key that ends in .gz, .zst or .zstd is a
 * compressed file's. */
static int core_item_reader(lua_State *L)
{
    lua_Number most = luaL_optnumber(L, 2, 0);
    ps_str key = {"", 0};
    if (!lua_isnoneornil(L, 3)) {
        key.p = luaL_checklstring(L, 3, &key.len);
    }
    lua_settop(L, 3);
    ps_error err;
    reader_box *b = ps_box_new(L, &box_reader, sizeof *b);
    b->config = ps_read_lua(L, 1, &err);
    if (!b->config) {
        return ps_push_error(L, &err);
    }
    bool given = ps_value_kind(b->config) == PS_OBJECT;
    b->r =
        ps_item_reader_new(given ? b->config : NULL,
                           most >= 1 && most < (lua_Number)PS_LUA_EXACT ? (int64_t)most : 0, &err);
    if (!b->r) {
        return ps_push_error(L, &err);
    }
    ps_packing packing = ps_item_packing(key);
    if (packing != PS_PACKED_NOT) {
        b->unpack = ps_item_unpack_new(packing, MAX_UNPACKED, &err);
        if (!b->unpack) {
            return ps_push_error(L, &err);
        }
    }
    return 1;
}

/* reader:feed(chunk): whether more is wanted. */
static int reader_feed(lua_State *L)
{
    reader_box *b = self(L);
    ps_str chunk;
    chunk.p = luaL_checklstring(L, 2, &chunk.len);
    if (b->unpack && !b->enough && b->err.code == PS_OK) {
        b->enough = ps_item_unpack_feed(b->unpack, chunk, take, b, &b->err) != PS_OK || b->enough;
    } else if (!b->unpack) {
        take(b, chunk);
    }
    lua_pushboolean(L, !b->enough);
    return 1;
}

/* reader:finish(): the rows as a passo.value (for a JSON file that holds an object, that object),
 * or nil and the cause, as AWS words it where it has words. */
static int reader_finish(lua_State *L)
{
    reader_box *b = self(L);
    if (b->unpack && b->err.code == PS_OK && !b->enough) {
        ps_item_unpack_end(b->unpack, &b->err);
    }
    ps_item_reader_end(b->r);
    const ps_item_fault *fault = ps_item_reader_fault(b->r);
    if (b->err.code != PS_OK) {
        return ps_push_error(L, &b->err);
    }
    if (fault) {
        lua_pushnil(L);
        lua_pushlstring(L, fault->cause.p, fault->cause.len);
        return 2;
    }
    ps_value_box *rows = ps_box_new(L, &ps_box_value, sizeof *rows);
    rows->v = ps_item_reader_take(b->r);
    return 1;
}

/* core.read_manifest(text, config): {files, config}, passo.values both: the files as {Bucket, Key},
 * and the ReaderConfig to read each of them with. */
static int core_read_manifest(lua_State *L)
{
    ps_str text;
    text.p = luaL_checklstring(L, 1, &text.len);
    lua_settop(L, 2);
    ps_error err;
    ps_value_box *config = ps_box_new(L, &ps_box_value, sizeof *config);
    ps_value_box *files = ps_box_new(L, &ps_box_value, sizeof *files);
    ps_value_box *reading = ps_box_new(L, &ps_box_value, sizeof *reading);
    config->v = ps_read_lua(L, 2, &err);
    ps_item_manifest manifest = {0};
    if (!config->v || ps_item_manifest_read(config->v, text, &manifest, &err) != PS_OK) {
        return ps_push_error(L, &err);
    }
    files->v = manifest.files;
    reading->v = manifest.config;
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "files");
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "config");
    return 1;
}

/* -- rows of many files ------------------------------------------------------------------------ */

typedef struct rows_box {
    ps_value *rows, *given; /* `given`: what is being added */
    size_t most;
} rows_box;

static const ps_box_type box_rows;

static int rows_gc(lua_State *L)
{
    rows_box *b = ps_box_check(L, 1, &box_rows);
    ps_value_unref(b->rows);
    ps_value_unref(b->given);
    *b = (rows_box){.rows = NULL};
    return 0;
}

static int rows_list(lua_State *L);
static int rows_add(lua_State *L);
static int rows_count(lua_State *L);
static int rows_take(lua_State *L);

static const luaL_Reg rows_meta[] = {{"__gc", rows_gc}, {NULL, NULL}};
static const luaL_Reg rows_methods[] = {{"list", rows_list},   {"add", rows_add},
                                        {"count", rows_count}, {"take", rows_take},
                                        {"close", rows_gc},    {NULL, NULL}};
static const ps_box_type box_rows = {"passo.rows", rows_methods, rows_meta};

/* core.rows([max_items]): gathers the rows of several files, or pages of a listing. */
static int core_rows(lua_State *L)
{
    lua_Number most = luaL_optnumber(L, 1, 0);
    rows_box *b = ps_box_new(L, &box_rows, sizeof *b);
    b->rows = ps_array(0);
    b->most = most > 0 && most < (lua_Number)SIZE_MAX ? (size_t)most : SIZE_MAX;
    return 1;
}

/* Adds what is at 2, one by one when it is a list; answers whether more is wanted. */
static int add(lua_State *L, ps_value *(*item)(const ps_value *))
{
    rows_box *b = ps_box_check(L, 1, &box_rows);
    if (!b->rows) {
        return luaL_error(L, "these rows are taken");
    }
    ps_error err;
    ps_value_set_take(&b->given, ps_read_lua(L, 2, &err));
    if (!b->given) {
        return ps_push_error(L, &err);
    }
    if (!b->rows) { /* a finalizer has run meanwhile */
        return luaL_error(L, "these rows are taken");
    }
    bool list = ps_value_kind(b->given) == PS_ARRAY;
    size_t count = list ? ps_value_count(b->given) : 1;
    for (size_t i = 0; i < count && ps_value_count(b->rows) < b->most; i++) {
        const ps_value *row = list ? ps_array_at(b->given, i) : b->given;
        ps_array_add_take(b->rows, item(row));
    }
    ps_value_set_take(&b->given, NULL);
    lua_pushboolean(L, ps_value_count(b->rows) < b->most);
    return 1;
}

static ps_value *as_it_is(const ps_value *row)
{
    return ps_value_ref(row);
}

static ps_value *listed(const ps_value *entry)
{
    return ps_value_kind(entry) == PS_OBJECT ? ps_item_listed(entry) : ps_value_ref(entry);
}

/* rows:list(contents): ListObjectsV2's Contents, as a Map's items spell them. */
static int rows_list(lua_State *L)
{
    return add(L, listed);
}

/* rows:add(rows): a list's elements, or one row. */
static int rows_add(lua_State *L)
{
    return add(L, as_it_is);
}

/* rows:count(): how many there are. */
static int rows_count(lua_State *L)
{
    const rows_box *b = ps_box_check(L, 1, &box_rows);
    ps_lua_pushint(L, b->rows ? (int64_t)ps_value_count(b->rows) : 0);
    return 1;
}

/* rows:take(): all of them as a passo.value; nothing can be added afterwards. */
static int rows_take(lua_State *L)
{
    rows_box *b = ps_box_check(L, 1, &box_rows);
    if (!b->rows) {
        return luaL_error(L, "these rows are taken");
    }
    ps_push_value(L, b->rows);
    ps_value_set_take(&b->rows, NULL);
    return 1;
}

const luaL_Reg ps_functions_reader[] = {{"item_reader", core_item_reader},
                                        {"read_manifest", core_read_manifest},
                                        {"rows", core_rows},
                                        {NULL, NULL}};

void ps_reader_register(lua_State *L)
{
    ps_box_register(L, &box_reader);
    ps_box_register(L, &box_rows);
}
