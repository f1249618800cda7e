/* yaml.c -- libyaml's events to values, without recursion. */
#include "value/yaml.h"

#ifdef PS_WITH_YAML

#include "base/mem.h"
#include "base/utf8.h"
#include "value/pointer_path.h"
#include "value/yaml_scalar.h"

#include <yaml.h>

/* Nodes that all aliases of a document together may stand for: enough for every honest use, and no
 * room for the ten lines that expand to a billion. */
enum { ALIAS_NODES = 100000 };

/* A collection that has begun. */
typedef struct frame {
    ps_value *container;
    ps_value *key;    /* mappings: the key whose value comes next */
    size_t key_at;    /* where it stands */
    ps_str wrap;      /* a short tag's key, or empty */
    ps_value *anchor; /* its name, or NULL */
    size_t path_len;
    size_t nodes;
} frame;

typedef struct reader {
    yaml_parser_t yaml;
    ps_str text;
    ps_error *err;
    size_t seen_chars, seen_bytes; /* one place in two measures: libyaml counts characters */
    frame *frames;
    size_t depth, capacity;
    ps_value *anchors; /* name -> [] while the node is unfinished, then [value, nodes] */
    size_t alias_nodes;
    ps_pointer_path path;
    ps_value *root;
} reader;

/* -- places and errors ------------------------------------------------------------------------- */

/* Steps from the last place asked for, for these come nearly in order. */
static size_t byte_at(reader *r, yaml_mark_t mark)
{
    while (r->seen_chars < mark.index && r->seen_bytes < r->text.len) {
        ps_utf8_next(r->text, &r->seen_bytes);
        r->seen_chars++;
    }
    while (r->seen_chars > mark.index && r->seen_bytes > 0) {
        do {
            r->seen_bytes--;
        } while (r->seen_bytes > 0 && ((unsigned char)r->text.p[r->seen_bytes] & 0xC0) == 0x80);
        r->seen_chars--;
    }
    return r->seen_bytes;
}

static ps_status fail(reader *r, ps_status code, yaml_mark_t mark, const char *words)
{
    return ps_fail(r->err, code, byte_at(r, mark), "line %zu: %s", mark.line + 1, words);
}

static ps_status fail_quoting(reader *r, yaml_mark_t mark, const char *before, ps_str quoted,
                              const char *after)
{
    int shown = quoted.len < 40 ? (int)quoted.len : 40;
    return ps_fail(r->err, PS_EINPUT, byte_at(r, mark), "line %zu: %s %.*s %s", mark.line + 1,
                   before, shown, quoted.p, after);
}

static ps_status fail_yaml(reader *r)
{
    const char *problem = r->yaml.problem ? r->yaml.problem : "not YAML";
    if (r->yaml.error == YAML_READER_ERROR) {
        size_t at = r->yaml.problem_offset < r->text.len ? r->yaml.problem_offset : r->text.len;
        return ps_fail(r->err, PS_EINPUT, at, "%s", problem);
    }
    return fail(r, PS_EINPUT, r->yaml.problem_mark, problem);
}

static ps_str str_of(const yaml_char_t *text)
{
    return text ? ps_str_from((const char *)text) : PS_STR("");
}

/* -- finished nodes ---------------------------------------------------------------------------- */

/* The name of an anchor, which from now on stands for nothing yet; NULL where there is none. */
static ps_value *open_anchor(reader *r, const yaml_char_t *anchor)
{
    if (!anchor) {
        return NULL;
    }
    ps_value *name = ps_string(str_of(anchor));
    ps_object_set_take(r->anchors, ps_value_ref(name), ps_array(0));
    return name;
}

static void close_anchor_take(reader *r, ps_value *name, const ps_value *v, size_t nodes)
{
    if (name) {
        ps_value *known = ps_array(2);
        ps_array_add_take(known, ps_value_ref(v));
        ps_array_add_take(known, ps_int((int64_t)nodes));
        ps_object_set_take(r->anchors, name, known);
    }
}

static ps_value *wrap_take(ps_str key, ps_value *v)
{
    if (key.len == 0) {
        return v;
    }
    ps_value *object = ps_object(1);
    ps_object_put_take(object, key, v);
    return object;
}

/* The innermost mapping's next key. */
static ps_status add_key_take(reader *r, ps_value *key, yaml_mark_t mark)
{
    frame *f = &r->frames[r->depth - 1];
    if (ps_object_get(f->container, ps_value_str(key))) {
        ps_status status = fail_quoting(r, mark, "the key", ps_value_str(key), "comes twice");
        ps_value_unref(key);
        return status;
    }
    f->key = key;
    f->key_at = byte_at(r, mark);
    return PS_OK;
}

static bool wants_key(const reader *r)
{
    const frame *f = r->depth ? &r->frames[r->depth - 1] : NULL;
    return f && !f->key && ps_value_kind(f->container) == PS_OBJECT;
}

/* Hands a finished node, worth `nodes` nodes, to what is around it. */
static ps_status add_take(reader *r, ps_value *v, size_t nodes, yaml_mark_t mark)
{
    if (ps_value_depth(v) + r->depth > PS_MAX_DEPTH) {
        ps_value_unref(v);
        return fail(r, PS_ELIMIT, mark, "nested too deeply");
    }
    if (r->depth == 0) {
        r->root = v;
        return PS_OK;
    }
    frame *f = &r->frames[r->depth - 1];
    f->nodes += nodes;
    if (ps_value_kind(f->container) == PS_ARRAY) {
        ps_array_add_take(f->container, v);
    } else {
        ps_object_set_take(f->container, f->key, v);
        f->key = NULL;
    }
    return PS_OK;
}

/* A value begins: notes where, also below its short tag's key. */
static void mark_value(reader *r, yaml_mark_t mark, ps_str wrap)
{
    if (!r->path.positions) {
        return;
    }
    size_t at = byte_at(r, mark), key_at = at;
    if (r->depth) {
        const frame *f = &r->frames[r->depth - 1];
        if (f->key) {
            ps_pointer_path_key(&r->path, f->path_len, ps_value_str(f->key));
            key_at = f->key_at;
        } else {
            ps_pointer_path_index(&r->path, f->path_len, ps_value_count(f->container));
        }
    }
    ps_pointer_path_mark(&r->path, key_at, at);
    if (wrap.len) {
        ps_pointer_path_key(&r->path, r->path.text.len, wrap);
        ps_pointer_path_mark(&r->path, at, at);
    }
}

/* -- tags ---------------------------------------------------------------------------------------
 */

#define CORE "tag:yaml.org,2002:"

/* `*wrap`: the key of a short tag. A tag that is neither that nor `own` (the node's usual one) nor
 * absent is refused. */
static ps_status read_tag(reader *r, const yaml_event_t *event, const yaml_char_t *tag, ps_str own,
                          ps_str *wrap)
{
    ps_str name = str_of(tag);
    *wrap = ps_yaml_tag_key(name);
    if (wrap->len || name.len == 0 || ps_str_equal(name, PS_STR("!")) || ps_str_equal(name, own)) {
        return PS_OK;
    }
    return fail_quoting(r, event->start_mark, "the tag", name, "is not known here");
}

/* "Logical.Attribute" is short for a list of the two. */
static ps_value *split_attribute(ps_str text)
{
    const char *dot = memchr(text.p, '.', text.len);
    if (!dot) {
        return ps_string(text);
    }
    ps_value *parts = ps_array(2);
    size_t at = (size_t)(dot - text.p);
    ps_array_add_take(parts, ps_string((ps_str){text.p, at}));
    ps_array_add_take(parts, ps_string((ps_str){dot + 1, text.len - at - 1}));
    return parts;
}

/* "!!str" and its like, for scalars: the kinds that the value may have. */
static bool tag_allows(ps_str tag, ps_kind kind)
{
    if (ps_str_equal(tag, PS_STR(CORE "int"))) {
        return kind == PS_INT || kind == PS_DECIMAL;
    }
    if (ps_str_equal(tag, PS_STR(CORE "float"))) {
        return kind == PS_INT || kind == PS_DOUBLE || kind == PS_DECIMAL;
    }
    if (ps_str_equal(tag, PS_STR(CORE "bool"))) {
        return kind == PS_BOOL;
    }
    return ps_str_equal(tag, PS_STR(CORE "null")) && kind == PS_NULL;
}

static ps_status read_scalar_value(reader *r, const yaml_event_t *event, ps_value **v)
{
    ps_str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    ps_str tag = str_of(event->data.scalar.tag), wrap;
    /* libyaml calls a quoted scalar plain where its tag is "!". */
    if (event->data.scalar.plain_implicit && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        return ps_yaml_scalar(text, byte_at(r, event->start_mark), v, r->err);
    }
    if (ps_str_starts(tag, PS_STR(CORE)) && !ps_str_equal(tag, PS_STR(CORE "str"))) {
        if (ps_yaml_scalar(text, byte_at(r, event->start_mark), v, r->err)) {
            return r->err->code;
        }
        if (tag_allows(tag, ps_value_kind(*v))) {
            return PS_OK;
        }
        ps_value_unref(*v);
        return fail_quoting(r, event->start_mark, "the tag", tag, "does not fit this scalar");
    }
    if (read_tag(r, event, event->data.scalar.tag, PS_STR(CORE "str"), &wrap)) {
        return r->err->code;
    }
    bool attribute = ps_str_equal(wrap, PS_STR("Fn::GetAtt"));
    *v = wrap_take(wrap, attribute ? split_attribute(text) : ps_string(text));
    return PS_OK;
}

/* -- events -------------------------------------------------------------------------------------
 */

static ps_status read_key(reader *r, const yaml_event_t *event)
{
    ps_str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && ps_str_equal(text, PS_STR("<<"))) {
        return fail(r, PS_EINPUT, event->start_mark,
                    "merge keys (<<) are not part of YAML 1.2; write the members out");
    }
    if (ps_yaml_tag_key(str_of(event->data.scalar.tag)).len) {
        return fail(r, PS_EINPUT, event->start_mark, "a key cannot have a short tag");
    }
    ps_value *key = ps_string(text);
    close_anchor_take(r, open_anchor(r, event->data.scalar.anchor), key, 1);
    return add_key_take(r, key, event->start_mark);
}

static ps_status read_scalar(reader *r, const yaml_event_t *event)
{
    ps_value *v;
    if (wants_key(r)) {
        return read_key(r, event);
    }
    mark_value(r, event->start_mark, ps_yaml_tag_key(str_of(event->data.scalar.tag)));
    if (read_scalar_value(r, event, &v)) {
        return r->err->code;
    }
    close_anchor_take(r, open_anchor(r, event->data.scalar.anchor), v, 1);
    return add_take(r, v, 1, event->start_mark);
}

static ps_status read_alias(reader *r, const yaml_event_t *event)
{
    ps_str name = str_of(event->data.alias.anchor);
    const ps_value *known = ps_object_get(r->anchors, name);
    int64_t nodes = 0;
    if (!known) {
        return fail_quoting(r, event->start_mark, "the alias", name, "has no anchor before it");
    }
    if (ps_value_count(known) == 0) {
        return fail_quoting(r, event->start_mark, "the alias", name,
                            "stands inside its own anchor");
    }
    const ps_value *v = ps_array_at(known, 0);
    ps_value_int(ps_array_at(known, 1), &nodes);
    r->alias_nodes += (size_t)nodes;
    if (r->alias_nodes > ALIAS_NODES) {
        return fail(r, PS_ELIMIT, event->start_mark, "aliases stand for more than 100000 nodes");
    }
    if (!wants_key(r)) {
        mark_value(r, event->start_mark, PS_STR(""));
        return add_take(r, ps_value_ref(v), (size_t)nodes, event->start_mark);
    }
    if (ps_value_kind(v) != PS_STRING) {
        return fail(r, PS_EINPUT, event->start_mark, "a key must be a scalar");
    }
    return add_key_take(r, ps_value_ref(v), event->start_mark);
}

static ps_status begin_collection(reader *r, const yaml_event_t *event, bool mapping)
{
    const yaml_char_t *tag =
        mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    const yaml_char_t *anchor =
        mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    ps_str own = mapping ? PS_STR(CORE "map") : PS_STR(CORE "seq"), wrap;
    if (wants_key(r)) {
        return fail(r, PS_EINPUT, event->start_mark, "a key must be a scalar");
    }
    if (read_tag(r, event, tag, own, &wrap)) {
        return r->err->code;
    }
    if (r->depth == PS_MAX_DEPTH) {
        return fail(r, PS_ELIMIT, event->start_mark, "nested too deeply");
    }
    mark_value(r, event->start_mark, wrap);
    if (r->depth == r->capacity) {
        r->capacity = ps_grow(r->capacity, r->depth + 1);
        r->frames = ps_realloc(r->frames, r->capacity, sizeof *r->frames);
    }
    r->frames[r->depth++] = (frame){.container = mapping ? ps_object(0) : ps_array(0),
                                    .wrap = wrap,
                                    .anchor = open_anchor(r, anchor),
                                    .path_len = r->path.text.len,
                                    .nodes = 1};
    return PS_OK;
}

static ps_status end_collection(reader *r, const yaml_event_t *event)
{
    frame f = r->frames[--r->depth];
    ps_value *v = wrap_take(f.wrap, f.container);
    close_anchor_take(r, f.anchor, v, f.nodes);
    return add_take(r, v, f.nodes, event->start_mark);
}

static ps_status read_event(reader *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return r->root
                   ? fail(r, PS_EINPUT, event->start_mark, "expected one document, found another")
                   : PS_OK;
    case YAML_ALIAS_EVENT:
        return read_alias(r, event);
    case YAML_SCALAR_EVENT:
        return read_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return begin_collection(r, event, false);
    case YAML_MAPPING_START_EVENT:
        return begin_collection(r, event, true);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return end_collection(r, event);
    default:
        return PS_OK;
    }
}

static ps_status read_stream(reader *r)
{
    for (bool end = false; !end;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->yaml, &event)) {
            return fail_yaml(r);
        }
        ps_status status = read_event(r, &event);
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (status) {
            return status;
        }
    }
    return PS_OK;
}

ps_value *ps_yaml_parse(ps_str text, ps_positions *positions, ps_error *err)
{
    size_t bad = ps_utf8_check(text);
    if (bad != text.len) {
        ps_fail(err, PS_EINPUT, bad, "expected UTF-8");
        return NULL;
    }
    reader r = {.text = text, .err = err, .path.positions = positions};
    if (!yaml_parser_initialize(&r.yaml)) {
        return ps_alloc(SIZE_MAX); /* out of memory: ends there */
    }
    yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
    /* libyaml, told the encoding, takes a byte order mark for a column of the first line. */
    size_t mark = ps_str_starts(text, PS_STR("\xEF\xBB\xBF")) ? 3 : 0;
    yaml_parser_set_input_string(&r.yaml, (const unsigned char *)(text.len ? text.p : "") + mark,
                                 text.len - mark);
    if (positions) {
        ps_positions_text(positions, text);
    }
    r.seen_bytes = mark;
    r.anchors = ps_object(0);

    ps_status status = read_stream(&r);

    for (size_t i = 0; i < r.depth; i++) {
        ps_value_unref(r.frames[i].container);
        ps_value_unref(r.frames[i].key);
        ps_value_unref(r.frames[i].anchor);
    }
    ps_free(r.frames);
    ps_value_unref(r.anchors);
    ps_buf_free(&r.path.text);
    yaml_parser_delete(&r.yaml);
    if (status != PS_OK) {
        ps_value_unref(r.root);
        return NULL;
    }
    /* A text without a document stands for null, as an empty node does. */
    return r.root ? r.root : ps_null();
}

#else

ps_value *ps_yaml_parse(ps_str text, ps_positions *positions, ps_error *err)
{
    (void)text;
    (void)positions;
    ps_fail(err, PS_EUNSUPPORTED, 0, "built without libyaml");
    return NULL;
}

#endif
