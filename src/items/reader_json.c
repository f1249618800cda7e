/* reader_json.c -- a JSON file as a whole, JSON Lines line by line, entries of a bucket's listing.
 */
#include "base/timetext.h"
#include "items/reader_layout.h"
#include "value/json.h"

/* -- JSON pointers ------------------------------------------------------------------------------
 */

/* The first reference token of `*pointer`, which begins with '/', with ~1 and ~0 resolved. */
static bool next_token(ps_str *pointer, ps_buf *out)
{
    size_t at = 1;
    ps_buf_clear(out);
    for (; at < pointer->len && pointer->p[at] != '/'; at++) {
        char c = pointer->p[at];
        if (c == '~') {
            at++;
            if (at == pointer->len || (pointer->p[at] != '0' && pointer->p[at] != '1')) {
                return false;
            }
            c = pointer->p[at] == '0' ? '~' : '/';
        }
        ps_buf_add_char(out, c);
    }
    *pointer = (ps_str){pointer->p + at, pointer->len - at};
    return true;
}

static const ps_value *element(const ps_value *array, ps_str token)
{
    size_t index = 0;
    if (!token.len || token.len > 18 || (token.len > 1 && token.p[0] == '0')) {
        return NULL;
    }
    for (size_t i = 0; i < token.len; i++) {
        if (token.p[i] < '0' || token.p[i] > '9') {
            return NULL;
        }
        index = index * 10 + (size_t)(token.p[i] - '0');
    }
    return index < ps_value_count(array) ? ps_array_at(array, index) : NULL;
}

const ps_value *ps_item_pointer(const ps_value *root, ps_str pointer)
{
    ps_buf token = {0};
    while (root && pointer.len) {
        if (pointer.p[0] != '/' || !next_token(&pointer, &token)) {
            root = NULL;
        } else if (ps_value_kind(root) == PS_OBJECT) {
            root = ps_object_get(root, ps_buf_str(&token));
        } else {
            root = ps_value_kind(root) == PS_ARRAY ? element(root, ps_buf_str(&token)) : NULL;
        }
    }
    ps_buf_free(&token);
    return root;
}

/* -- JSON ---------------------------------------------------------------------------------------
 */

void ps_item_json_feed(ps_item_reader *r, ps_str chunk)
{
    if (chunk.len > PS_MAX_ITEMS_JSON - r->text.len) {
        ps_item_reader_fail(r, "The JSON file is larger than %zu bytes.", PS_MAX_ITEMS_JSON);
        return;
    }
    ps_buf_add(&r->text, chunk);
}

/* Of an object the first MaxItems members. */
static ps_value *first_members(const ps_value *object, size_t max)
{
    if (ps_value_count(object) <= max) {
        return ps_value_ref(object);
    }
    ps_value *some = ps_object(max);
    for (size_t i = 0; i < max; i++) {
        ps_object_set_take(some, ps_value_ref(ps_object_key_at(object, i)),
                           ps_value_ref(ps_object_value_at(object, i)));
    }
    return some;
}

static void take_items(ps_item_reader *r, const ps_value *from)
{
    ps_kind kind = from ? ps_value_kind(from) : PS_NULL;
    if (kind == PS_OBJECT) {
        ps_value_set_take(&r->items, first_members(from, r->max_items));
        r->count = ps_value_count(r->items);
    } else if (kind == PS_ARRAY) {
        bool more = true;
        for (size_t i = 0; i < ps_value_count(from) && more; i++) {
            more = ps_item_reader_add_take(r, ps_value_ref(ps_array_at(from, i)));
        }
    } else {
        ps_item_reader_fail(r, "Attempting to map over non-iterable node.");
    }
}

/* A byte order mark says nothing of a text that is UTF-8 anyway. */
static ps_str without_mark(ps_str text)
{
    size_t mark = ps_str_starts(text, PS_STR("\xEF\xBB\xBF")) ? 3 : 0;
    return (ps_str){text.p + mark, text.len - mark};
}

void ps_item_json_end(ps_item_reader *r)
{
    ps_error err;
    ps_value *file = ps_json_parse(without_mark(ps_buf_str(&r->text)), &ps_json_payload, &err);
    ps_buf_free(&r->text);
    if (!file) {
        ps_item_reader_fail(r, "The JSON file cannot be parsed: %s (byte %zu).", err.text, err.at);
        return;
    }
    take_items(r, r->pointer ? ps_item_pointer(file, ps_value_str(r->pointer)) : file);
    ps_value_unref(file);
}

/* -- JSON Lines ---------------------------------------------------------------------------------
 */

static bool is_blank(ps_str line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (!memchr(" \t\r", line.p[i], 3)) {
            return false;
        }
    }
    return true;
}

static bool take_line(ps_item_reader *r, ps_str line)
{
    ps_error err;
    if (r->at_start) {
        line = without_mark(line);
        r->at_start = false;
    }
    if (is_blank(line)) {
        return true;
    }
    ps_value *item = ps_json_parse(line, &ps_json_payload, &err);
    if (!item) {
        return ps_item_reader_fail(r, "Line %zu of the JSONL file's items cannot be parsed: %s.",
                                   r->count + 1, err.text);
    }
    return ps_item_reader_add_take(r, item);
}

void ps_item_jsonl_feed(ps_item_reader *r, ps_str chunk)
{
    bool more = true;
    while (more && chunk.len) {
        const char *end = memchr(chunk.p, '\n', chunk.len);
        ps_str part = {chunk.p, end ? (size_t)(end - chunk.p) : chunk.len};
        if (part.len > PS_MAX_ITEM_BYTES - r->text.len) {
            ps_item_reader_fail(r, "A line of the JSONL file is longer than %zu bytes.",
                                PS_MAX_ITEM_BYTES);
            return;
        }
        ps_buf_add(&r->text, part);
        size_t used = part.len + (end ? 1 : 0);
        chunk = (ps_str){chunk.p + used, chunk.len - used};
        if (end) {
            more = take_line(r, ps_buf_str(&r->text));
            ps_buf_clear(&r->text);
        }
    }
}

void ps_item_jsonl_end(ps_item_reader *r)
{
    take_line(r, ps_buf_str(&r->text));
    ps_buf_clear(&r->text);
}

/* -- listings -----------------------------------------------------------------------------------
 */

static ps_value *epoch_seconds(const ps_value *v)
{
    int64_t ms;
    if (ps_value_kind(v) == PS_STRING && ps_time_parse(ps_value_str(v), &ms, NULL)) {
        return ps_int(ms / 1000 - (ms % 1000 < 0 ? 1 : 0));
    }
    return ps_value_ref(v);
}

ps_value *ps_item_listed(const ps_value *entry)
{
    static const struct {
        ps_str from, to;
    } members[] = {
        {{"ETag", 4}, {"Etag", 4}},
        {{"Key", 3}, {"Key", 3}},
        {{"LastModified", 12}, {"LastModified", 12}},
        {{"Size", 4}, {"Size", 4}},
        {{"StorageClass", 12}, {"StorageClass", 12}},
    };
    ps_value *item = ps_object(sizeof members / sizeof *members);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const ps_value *v = ps_object_get(entry, members[i].from);
        if (v) {
            ps_object_put_take(item, members[i].to,
                               ps_str_equal(members[i].to, PS_STR("LastModified"))
                                   ? epoch_seconds(v)
                                   : ps_value_ref(v));
        }
    }
    return item;
}
