/* xml.h -- XML as AWS sends it: a small tree of elements and their text, and a writer.
 *
 * Reads UTF-8 with expat into an arena. Namespaces are left out: names are local names, xmlns
 * attributes are none. A DTD is refused, and with it every entity but the five predefined ones.
 * Text beside child elements is not data and is left out. */
#ifndef PS_AWS_XML_H
#define PS_AWS_XML_H

#include "base/buf.h"
#include "base/error.h"

/* The deepest nesting read; recursion over a tree relies on it. */
#define PS_XML_MAX_DEPTH 256
#define PS_XML_MAX_BYTES ((size_t)64 << 20)
#define PS_XML_MAX_NODES ((size_t)4 << 20)

typedef struct ps_xml_attribute {
    ps_str name, value;
    struct ps_xml_attribute *next;
} ps_xml_attribute;

typedef struct ps_xml_node {
    ps_str name;
    ps_str text; /* of an element without child elements; else empty */
    const ps_xml_attribute *attributes;
    const struct ps_xml_node *child, *next;
} ps_xml_node;

typedef struct ps_xml ps_xml;

/* Reads a document; the tree borrows nothing from `text`.
 *
 * Errors: PS_EINPUT        not well-formed, or with a DTD (`err->at`)
 *         PS_ELIMIT        beyond the limits above
 *         PS_EUNSUPPORTED  built without expat */
ps_xml *ps_xml_parse(ps_str text, ps_error *err);
void ps_xml_free(ps_xml *x);
/* Borrowed from `x`, as everything below it. */
const ps_xml_node *ps_xml_root(const ps_xml *x);

/* The first child element of that name; NULL where there is none, or `node` is NULL. */
const ps_xml_node *ps_xml_child(const ps_xml_node *node, ps_str name);
/* An attribute by its local name; NULL where there is none. */
const ps_xml_attribute *ps_xml_attribute_of(const ps_xml_node *node, ps_str name);
/* "xsi:type" without its prefix: "type". */
ps_str ps_xml_local_name(ps_str name);
/* Without white space at both ends. */
ps_str ps_xml_trim(ps_str text);

/* -- writing ----------------------------------------------------------------------------------- */

/* An element is opened, gets its attributes, then text or elements, and is closed by its name. */
typedef struct ps_xml_writer {
    ps_buf *out; /* borrowed */
    bool in_tag; /* the start tag's '>' is still owed */
} ps_xml_writer;

void ps_xml_open(ps_xml_writer *w, ps_str name);
void ps_xml_put_attribute(ps_xml_writer *w, ps_str name, ps_str value);
void ps_xml_put_text(ps_xml_writer *w, ps_str text);
void ps_xml_close(ps_xml_writer *w, ps_str name);

#endif
