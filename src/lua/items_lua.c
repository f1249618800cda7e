/* items_lua.c -- what a Distributed Map writes, for the driver: results to files; and the folders
 * of this machine as buckets. */
#include "base/mem.h"
#include "base/timetext.h"
#include "base/utf8.h"
#include "items/result_files.h"
#include "lua/binding.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* -- results to files -------------------------------------------------------------------------- */

typedef struct result_file {
    ps_value *key;
    ps_buf body;
} result_file;

typedef struct writer_box {
    ps_value *config, *map_run, *results, *bucket, *prefix, *details;
    result_file *files;
    size_t count, capacity;
} writer_box;

static int writer_gc(lua_State *L)
{
    writer_box *b = lua_touserdata(L, 1);
    ps_value *held[] = {b->config, b->map_run, b->results, b->bucket, b->prefix, b->details};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        ps_value_unref(held[i]);
    }
    for (size_t i = 0; i < b->count; i++) {
        ps_value_unref(b->files[i].key);
        ps_buf_free(&b->files[i].body);
    }
    ps_free(b->files);
    *b = (writer_box){.count = 0};
    return 0;
}

static const luaL_Reg writer_meta[] = {{"__gc", writer_gc}, {NULL, NULL}};
static const ps_box_type box_writer = {"passo.results", NULL, writer_meta};

static void keep_file(void *arg, ps_str key, ps_str bytes)
{
    writer_box *b = arg;
    if (b->count == b->capacity) {
        b->capacity = ps_grow(b->capacity, b->count + 1);
        b->files = ps_realloc(b->files, b->capacity, sizeof *b->files);
    }
    b->files[b->count] = (result_file){.key = ps_string(key)};
    ps_buf_add(&b->files[b->count++].body, bytes);
}

/* core.write_results(results, map_run, bucket, prefix, config | null): {details, files = {{key,
 * body}}} */
static int core_write_results(lua_State *L)
{
    for (int i = 2; i <= 4; i++) {
        luaL_checkstring(L, i);
    }
    lua_settop(L, 5);
    ps_error err;
    writer_box *b = ps_box_new(L, &box_writer, sizeof *b);
    b->results = ps_read_lua(L, 1, &err);
    b->config = b->results ? ps_read_lua(L, 5, &err) : NULL;
    if (!b->config) {
        return ps_push_error(L, &err);
    }
    b->map_run = ps_read_text(L, 2);
    b->bucket = ps_read_text(L, 3);
    b->prefix = ps_read_text(L, 4);
    ps_item_writer w = {.config = ps_value_kind(b->config) == PS_OBJECT ? b->config : NULL,
                        .map_run = b->map_run,
                        .bucket = ps_value_str(b->bucket),
                        .prefix = ps_value_str(b->prefix)};
    b->details = ps_item_writer_export(&w, b->results, keep_file, b, &err);
    if (!b->details) {
        return ps_push_error(L, &err);
    }
    lua_createtable(L, 0, 2);
    ps_push_value(L, b->details);
    lua_setfield(L, -2, "details");
    lua_createtable(L, (int)b->count, 0);
    for (size_t i = 0; i < b->count; i++) {
        lua_createtable(L, 0, 2);
        ps_push_text(L, b->files[i].key);
        lua_setfield(L, -2, "key");
        ps_str body = ps_buf_str(&b->files[i].body);
        lua_pushlstring(L, body.p, body.len);
        lua_setfield(L, -2, "body");
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "files");
    return 1;
}

/* -- folders as buckets ------------------------------------------------------------------------ */

#define MAX_FOLDER_DEPTH 64

typedef struct listing_box {
    ps_buf path; /* of the folder being read */
    size_t root; /* bytes of `path` that are the bucket's own */
    DIR *open[MAX_FOLDER_DEPTH];
    size_t lengths[MAX_FOLDER_DEPTH]; /* of `path` for each open folder */
    size_t depth;
    ps_value **rows;
    size_t count, capacity;
    ps_value *prefix, *all;
} listing_box;

static int listing_gc(lua_State *L)
{
    listing_box *b = lua_touserdata(L, 1);
    while (b->depth > 0) {
        closedir(b->open[--b->depth]);
    }
    for (size_t i = 0; i < b->count; i++) {
        ps_value_unref(b->rows[i]);
    }
    b->count = 0;
    ps_free(b->rows);
    b->rows = NULL;
    ps_buf_free(&b->path);
    ps_value_unref(b->prefix);
    b->prefix = NULL;
    ps_value_unref(b->all);
    b->all = NULL;
    return 0;
}

static const luaL_Reg listing_meta[] = {{"__gc", listing_gc}, {NULL, NULL}};
static const ps_box_type box_listing = {"passo.listing", NULL, listing_meta};

static const char *path_text(ps_buf *path)
{
    *ps_buf_reserve(path, 1) = '\0';
    return path->p;
}

static bool enter_folder(listing_box *b)
{
    if (b->depth == MAX_FOLDER_DEPTH) {
        return true; /* deeper folders are left out, as if a loop of links led there */
    }
    DIR *d = opendir(path_text(&b->path));
    if (!d) {
        return false;
    }
    b->open[b->depth] = d;
    b->lengths[b->depth++] = b->path.len;
    return true;
}

static void add_row(listing_box *b, const struct stat *about)
{
    ps_str key = {b->path.p + b->root, b->path.len - b->root};
    if (!ps_str_starts(key, ps_value_str(b->prefix))) {
        return;
    }
    ps_value *entry = ps_object(5);
    ps_object_put_take(entry, PS_STR("Etag"),
                       ps_stringf("\"%llx-%llx\"", (unsigned long long)about->st_size,
                                  (unsigned long long)about->st_mtime));
    ps_object_put_take(entry, PS_STR("Key"), ps_string(key));
    ps_object_put_take(entry, PS_STR("LastModified"), ps_int((int64_t)about->st_mtime));
    ps_object_put_take(entry, PS_STR("Size"), ps_int((int64_t)about->st_size));
    ps_object_put_take(entry, PS_STR("StorageClass"), ps_string(PS_STR("STANDARD")));
    if (b->count == b->capacity) {
        b->capacity = ps_grow(b->capacity, b->count + 1);
        b->rows = ps_realloc(b->rows, b->capacity, sizeof(ps_value *));
    }
    b->rows[b->count++] = entry;
}

/* Whether keys below the folder at `path`, which ends with a slash, can begin with the prefix. */
static bool may_match(const listing_box *b)
{
    ps_str below = {b->path.p + b->root, b->path.len - b->root};
    ps_str prefix = ps_value_str(b->prefix);
    return ps_str_starts(below, prefix) || ps_str_starts(prefix, below);
}

/* One entry of the innermost open folder; false, errno set, where a folder cannot be read: to leave
 * out what is in it would lose items unseen. */
static bool visit(listing_box *b)
{
    b->path.len = b->lengths[b->depth - 1];
    const struct dirent *entry = readdir(b->open[b->depth - 1]);
    if (!entry) {
        closedir(b->open[--b->depth]);
        return true;
    }
    ps_str name = ps_str_from(entry->d_name);
    if (ps_str_equal(name, PS_STR(".")) || ps_str_equal(name, PS_STR("..")) ||
        ps_utf8_check(name) != name.len) {
        return true;
    }
    ps_buf_add(&b->path, name);
    struct stat about;
    if (stat(path_text(&b->path), &about) != 0) {
        return true;
    }
    if (S_ISREG(about.st_mode)) {
        add_row(b, &about);
    } else if (S_ISDIR(about.st_mode)) {
        ps_buf_add_char(&b->path, '/');
        return !may_match(b) || enter_folder(b);
    }
    return true;
}

static int by_key(const void *a, const void *b)
{
    const ps_value *x = *(ps_value *const *)a, *y = *(ps_value *const *)b;
    return ps_str_compare(ps_value_str(ps_object_get(x, PS_STR("Key"))),
                          ps_value_str(ps_object_get(y, PS_STR("Key"))));
}

/* core.list_files(folder, prefix): a passo.value, rows as S3's listObjectsV2 gives them to a Map.
 */
static int core_list_files(lua_State *L)
{
    ps_str folder;
    folder.p = luaL_checklstring(L, 1, &folder.len);
    luaL_optstring(L, 2, "");
    lua_settop(L, 2);
    listing_box *b = ps_box_new(L, &box_listing, sizeof *b);
    b->prefix = lua_isnil(L, 2) ? ps_string(PS_STR("")) : ps_read_text(L, 2);
    ps_buf_add(&b->path, folder);
    if (!ps_str_ends(folder, PS_STR("/"))) {
        ps_buf_add_char(&b->path, '/');
    }
    b->root = b->path.len;
    if (!enter_folder(b)) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s: %s", lua_tostring(L, 1), strerror(errno));
        return 2;
    }
    while (b->depth > 0) {
        if (!visit(b)) {
            int why = errno;
            lua_pushnil(L);
            lua_pushfstring(L, "%s: %s", path_text(&b->path), strerror(why));
            return 2;
        }
    }
    if (b->count > 0) {
        qsort(b->rows, b->count, sizeof(ps_value *), by_key);
    }
    b->all = ps_array(b->count);
    for (size_t i = 0; i < b->count; i++) {
        ps_array_add_take(b->all, b->rows[i]);
    }
    b->count = 0;
    ps_push_value(L, b->all);
    return 1;
}

/* core.make_folders(path): the folders on the way to `path`. */
static int core_make_folders(lua_State *L)
{
    size_t len;
    const char *path = luaL_checklstring(L, 1, &len);
    for (size_t i = 1; i < len; i++) {
        if (path[i] != '/') {
            continue;
        }
        lua_pushlstring(L, path, i);
        if (mkdir(lua_tostring(L, -1), 0777) != 0 && errno != EEXIST) {
            int why = errno;
            lua_pushnil(L);
            lua_pushfstring(L, "%s: %s", lua_tostring(L, -2), strerror(why));
            return 2;
        }
        lua_pop(L, 1);
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* core.parse_time("2026-01-01T00:00:00Z"): milliseconds since 1970, or nil. */
static int core_parse_time(lua_State *L)
{
    ps_str text;
    text.p = luaL_checklstring(L, 1, &text.len);
    int64_t ms;
    if (ps_time_parse(text, &ms, NULL)) {
        ps_lua_pushint(L, ms);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

const luaL_Reg ps_functions_items[] = {{"write_results", core_write_results},
                                       {"list_files", core_list_files},
                                       {"make_folders", core_make_folders},
                                       {"parse_time", core_parse_time},
                                       {NULL, NULL}};

void ps_items_register(lua_State *L)
{
    ps_box_register(L, &box_writer);
    ps_box_register(L, &box_listing);
}
