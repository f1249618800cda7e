/* xml.c -- reads XML into a tree whose parts lie in one arena. */
#include "aws/xml.h"

#include "base/mem.h"

#ifdef PS_WITH_EXPAT

#include <expat.h>
#include <stdint.h>

/* Blocks are never moved, so nodes may point at each other while the tree grows. */
typedef struct block {
    struct block *next;
    max_align_t bytes[];
} block;

struct ps_xml {
    block *blocks;
    char *free_at;
    size_t free_bytes;
    ps_xml_node *root;
};

enum { BLOCK_BYTES = 16 * 1024 };

static void *arena_take(ps_xml *x, size_t size)
{
    size_t step = sizeof(max_align_t);
    size = (size + step - 1) / step * step;
    if (size > x->free_bytes) {
        size_t bytes = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        block *b = ps_alloc(sizeof *b + bytes);
        b->next = x->blocks;
        x->blocks = b;
        x->free_at = (char *)b->bytes;
        x->free_bytes = bytes;
    }
    void *p = x->free_at;
    x->free_at += size;
    x->free_bytes -= size;
    return p;
}

static ps_str arena_copy(ps_xml *x, ps_str s)
{
    if (s.len == 0) {
        return PS_STR("");
    }
    char *p = arena_take(x, s.len);
    memcpy(p, s.p, s.len);
    return (ps_str){p, s.len};
}

/* An element whose end has not come. */
typedef struct open_element {
    ps_xml_node *node;
    ps_xml_node *last_child;
} open_element;

typedef struct reading {
    XML_Parser parser;
    ps_xml *x;
    ps_error *err;
    ps_buf text; /* of the innermost open element, so far */
    size_t depth, nodes;
    bool refused;
    open_element open[PS_XML_MAX_DEPTH];
} reading;

static void refuse(reading *r, ps_status code, const char *why)
{
    XML_Index at = XML_GetCurrentByteIndex(r->parser);
    if (!r->refused) {
        ps_fail(r->err, code, at < 0 ? 0 : (size_t)at, "%s", why);
        r->refused = true;
        XML_StopParser(r->parser, XML_FALSE);
    }
}

static void add_attribute(reading *r, ps_xml_node *node, ps_xml_attribute **last, ps_str name,
                          ps_str value)
{
    ps_str local = ps_xml_local_name(name);
    if (ps_str_equal(local, PS_STR("xmlns")) || ps_str_starts(name, PS_STR("xmlns:"))) {
        return;
    }
    ps_xml_attribute *a = arena_take(r->x, sizeof *a);
    a->name = arena_copy(r->x, local);
    a->value = arena_copy(r->x, value);
    a->next = NULL;
    if (*last) {
        (*last)->next = a;
    } else {
        node->attributes = a;
    }
    *last = a;
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    reading *r = context;
    if (r->refused) {
        return;
    }
    if (r->depth == PS_XML_MAX_DEPTH || r->nodes == PS_XML_MAX_NODES) {
        refuse(r, PS_ELIMIT,
               r->depth == PS_XML_MAX_DEPTH ? "XML nested too deep" : "XML with too many elements");
        return;
    }
    ps_xml_node *node = arena_take(r->x, sizeof *node);
    ps_xml_attribute *last = NULL;
    *node = (ps_xml_node){0};
    node->name = arena_copy(r->x, ps_xml_local_name(ps_str_from(name)));
    node->text = PS_STR("");
    for (size_t i = 0; attributes[i]; i += 2) {
        add_attribute(r, node, &last, ps_str_from(attributes[i]), ps_str_from(attributes[i + 1]));
    }
    if (r->depth == 0) {
        r->x->root = node;
    } else {
        open_element *parent = &r->open[r->depth - 1];
        if (parent->last_child) {
            parent->last_child->next = node;
        } else {
            parent->node->child = node;
        }
        parent->last_child = node;
    }
    r->open[r->depth++] = (open_element){node, NULL};
    r->nodes++;
    ps_buf_clear(&r->text);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    reading *r = context;
    (void)name;
    if (r->refused) {
        return;
    }
    open_element *ended = &r->open[--r->depth];
    if (!ended->node->child) {
        ended->node->text = arena_copy(r->x, ps_buf_str(&r->text));
    }
    ps_buf_clear(&r->text);
}

static void XMLCALL on_text(void *context, const XML_Char *text, int len)
{
    reading *r = context;
    if (!r->refused && !r->open[r->depth - 1].last_child) {
        ps_buf_add(&r->text, (ps_str){text, (size_t)len});
    }
}

static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    refuse(context, PS_EINPUT, "XML with a DTD is not read");
}

static void *expat_alloc(size_t size)
{
    return ps_alloc(size);
}

static void *expat_realloc(void *p, size_t size)
{
    return ps_realloc(p, size ? size : 1, 1);
}

static ps_status parse(reading *r, ps_str text)
{
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    if (XML_Parse(r->parser, text.p, (int)text.len, XML_TRUE) == XML_STATUS_OK && !r->refused) {
        return PS_OK;
    }
    if (!r->refused) {
        XML_Index at = XML_GetCurrentByteIndex(r->parser);
        return ps_fail(r->err, PS_EINPUT, at < 0 ? 0 : (size_t)at, "not XML: %s",
                       XML_ErrorString(XML_GetErrorCode(r->parser)));
    }
    return r->err->code;
}

ps_xml *ps_xml_parse(ps_str text, ps_error *err)
{
    const XML_Memory_Handling_Suite memory = {expat_alloc, expat_realloc, ps_free};
    if (text.len > PS_XML_MAX_BYTES) {
        ps_fail(err, PS_ELIMIT, 0, "XML of more than %zu bytes", PS_XML_MAX_BYTES);
        return NULL;
    }
    ps_xml *x = ps_alloc_zeroed(1, sizeof *x);
    reading *r = ps_alloc_zeroed(1, sizeof *r);
    r->x = x;
    r->err = err;
    r->parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
    ps_status status = parse(r, text);
    XML_ParserFree(r->parser);
    ps_buf_free(&r->text);
    ps_free(r);
    if (status != PS_OK) {
        ps_xml_free(x);
        return NULL;
    }
    return x;
}

void ps_xml_free(ps_xml *x)
{
    if (!x) {
        return;
    }
    for (block *b = x->blocks; b;) {
        block *next = b->next;
        ps_free(b);
        b = next;
    }
    ps_free(x);
}

const ps_xml_node *ps_xml_root(const ps_xml *x)
{
    return x->root;
}

#else

ps_xml *ps_xml_parse(ps_str text, ps_error *err)
{
    (void)text;
    ps_fail(err, PS_EUNSUPPORTED, 0, "built without expat");
    return NULL;
}

void ps_xml_free(ps_xml *x)
{
    (void)x;
}

const ps_xml_node *ps_xml_root(const ps_xml *x)
{
    (void)x;
    return NULL;
}

#endif

const ps_xml_node *ps_xml_child(const ps_xml_node *node, ps_str name)
{
    const ps_xml_node *child = node ? node->child : NULL;
    while (child && !ps_str_equal(child->name, name)) {
        child = child->next;
    }
    return child;
}

const ps_xml_attribute *ps_xml_attribute_of(const ps_xml_node *node, ps_str name)
{
    const ps_xml_attribute *a = node->attributes;
    while (a && !ps_str_equal(a->name, name)) {
        a = a->next;
    }
    return a;
}

ps_str ps_xml_local_name(ps_str name)
{
    size_t from = name.len;
    while (from > 0 && name.p[from - 1] != ':') {
        from--;
    }
    return from == name.len ? name : (ps_str){name.p + from, name.len - from};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

ps_str ps_xml_trim(ps_str text)
{
    while (text.len && is_space(text.p[0])) {
        text.p++;
        text.len--;
    }
    while (text.len && is_space(text.p[text.len - 1])) {
        text.len--;
    }
    return text;
}
