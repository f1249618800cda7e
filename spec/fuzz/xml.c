/* xml.c -- fuzz: what is read is a tree of bounded depth whose texts are UTF-8, and written again
 * it reads as the same tree. */
#include "aws/xml.h"
#include "base/utf8.h"
#include "draw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(ps_str s)
{
    REQUIRE(ps_utf8_check(s) == s.len);
}

static void write_node(ps_xml_writer *w, const ps_xml_node *node, size_t depth)
{
    REQUIRE(depth <= PS_XML_MAX_DEPTH && node->name.len > 0);
    check_text(node->name);
    check_text(node->text);
    ps_xml_open(w, node->name);
    for (const ps_xml_attribute *a = node->attributes; a; a = a->next) {
        check_text(a->name);
        check_text(a->value);
        if (ps_xml_attribute_of(node, a->name) == a) {
            ps_xml_put_attribute(w, a->name, a->value);
        }
    }
    ps_xml_put_text(w, node->text);
    for (const ps_xml_node *child = node->child; child; child = child->next) {
        write_node(w, child, depth + 1);
    }
    ps_xml_close(w, node->name);
}

static void write_tree(const ps_xml *x, ps_buf *out)
{
    ps_xml_writer w = {.out = out};
    write_node(&w, ps_xml_root(x), 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_error err = {0};
    ps_xml *x = ps_xml_parse((ps_str){(const char *)data, size}, &err);
    if (!x) {
        REQUIRE(err.at <= size && err.text[0]);
        return 0;
    }
    ps_buf once = {0}, twice = {0};
    write_tree(x, &once);
    ps_xml *again = ps_xml_parse(ps_buf_str(&once), &err);
    /* A local name may be what no whole name is: "a:-b" leaves "-b". */
    if (again) {
        write_tree(again, &twice);
        REQUIRE(ps_str_equal(ps_buf_str(&once), ps_buf_str(&twice)));
    }
    ps_buf_free(&once);
    ps_buf_free(&twice);
    ps_xml_free(again);
    ps_xml_free(x);
    return 0;
}
