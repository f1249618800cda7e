/* xml_test.c -- XML read into a tree, and written. */
#include "aws/xml.h"
#include "check.h"

static ps_xml *parse(const char *text)
{
    ps_error err = {0};
    ps_xml *x = ps_xml_parse(ps_str_from(text), &err);
    CHECK(x != NULL);
    return x;
}

static void refused(ps_str text, ps_status code, const char *part)
{
    ps_error err = {0};
    ps_xml *x = ps_xml_parse(text, &err);
    CHECK(x == NULL);
    CHECK(err.code == code);
    CHECK(err.at <= text.len);
    CHECK(strstr(err.text, part) != NULL);
    ps_xml_free(x);
}

static void tree(void)
{
    ps_xml *x =
        parse("<?xml version=\"1.0\"?>\n<s3:List xmlns:s3='urn:a' xmlns='urn:b' xsi:type=' &lt;b '>"
              "  <Key>a&amp;b<![CDATA[<c>]]>&#233;</Key>\n <Empty/><Key> two </Key></s3:List>");
    const ps_xml_node *root = ps_xml_root(x), *key = ps_xml_child(root, PS_STR("Key"));
    CHECK_STR(root->name, "List");
    CHECK_STR(root->text, "");
    CHECK_STR(ps_xml_attribute_of(root, PS_STR("type"))->value, " <b ");
    CHECK(root->attributes->next == NULL);
    CHECK_STR(key->text, "a&b<c>é");
    CHECK_STR(key->next->name, "Empty");
    CHECK_STR(key->next->next->text, " two ");
    CHECK_STR(ps_xml_trim(key->next->next->text), "two");
    CHECK(ps_xml_child(root, PS_STR("key")) == NULL && ps_xml_child(NULL, PS_STR("key")) == NULL);
    CHECK(ps_xml_attribute_of(key, PS_STR("type")) == NULL);
    ps_xml_free(x);
    ps_xml_free(NULL);
}

/* Text longer than an arena's block, in many pieces. */
static void long_text(void)
{
    ps_buf text = {0};
    ps_error err = {0};
    ps_buf_add(&text, PS_STR("<a>"));
    for (int i = 0; i < 20000; i++) {
        ps_buf_add(&text, PS_STR("&lt;b\n"));
    }
    ps_buf_add(&text, PS_STR("</a>"));
    ps_xml *x = ps_xml_parse(ps_buf_str(&text), &err);
    CHECK(x != NULL && ps_xml_root(x)->text.len == 60000);
    ps_xml_free(x);
    ps_buf_free(&text);
}

static void nested(size_t depth, ps_buf *text)
{
    for (size_t i = 0; i < depth; i++) {
        ps_buf_add(text, PS_STR("<a>"));
    }
    for (size_t i = 0; i < depth; i++) {
        ps_buf_add(text, PS_STR("</a>"));
    }
}

static void refusals(void)
{
    ps_buf text = {0};
    ps_error err = {0};
    refused(PS_STR(""), PS_EINPUT, "not XML");
    refused(PS_STR("<a>"), PS_EINPUT, "not XML");
    refused(PS_STR("<a></b>"), PS_EINPUT, "not XML");
    refused(PS_STR("<a/><b/>"), PS_EINPUT, "not XML");
    refused(PS_STR("<a>\xFF</a>"), PS_EINPUT, "not XML");
    refused(PS_STR("<a>&nbsp;</a>"), PS_EINPUT, "not XML");
    refused(PS_STR("<!DOCTYPE a><a/>"), PS_EINPUT, "DTD");
    refused(PS_STR("<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;'>]><a>&c;</a>"), PS_EINPUT,
            "DTD");
    refused(PS_STR("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), PS_EINPUT, "DTD");
    nested(PS_XML_MAX_DEPTH, &text);
    ps_xml *x = ps_xml_parse(ps_buf_str(&text), &err);
    CHECK(x != NULL);
    ps_xml_free(x);
    ps_buf_clear(&text);
    nested(PS_XML_MAX_DEPTH + 1, &text);
    refused(ps_buf_str(&text), PS_ELIMIT, "deep");
    ps_buf_free(&text);
}

/* Every cut of a document is refused, and leaks nothing. */
static void cuts(void)
{
    ps_str whole = PS_STR("<a b='c'><d>e&lt;</d><f><g/></f></a>");
    for (size_t len = 0; len < whole.len; len++) {
        refused((ps_str){whole.p, len}, PS_EINPUT, "not XML");
    }
}

static void writing(void)
{
    ps_buf out = {0};
    ps_xml_writer w = {.out = &out};
    ps_xml_open(&w, PS_STR("a"));
    ps_xml_put_attribute(&w, PS_STR("x:b"), PS_STR("\"<\n\t&\r>"));
    ps_xml_open(&w, PS_STR("c"));
    ps_xml_close(&w, PS_STR("c"));
    ps_xml_open(&w, PS_STR("d"));
    ps_xml_put_text(&w, PS_STR("\"<\n&\r>é"));
    ps_xml_close(&w, PS_STR("d"));
    ps_xml_close(&w, PS_STR("a"));
    CHECK_STR(ps_buf_str(&out), "<a x:b=\"&quot;&lt;&#xA;&#x9;&amp;&#xD;&gt;\"><c></c>"
                                "<d>\"&lt;\n&amp;&#xD;&gt;é</d></a>");
    ps_buf_free(&out);
}

int main(void)
{
    ps_error err = {0};
    writing();
    ps_xml *x = ps_xml_parse(PS_STR("<a/>"), &err);
    ps_xml_free(x);
    if (!x && err.code == PS_EUNSUPPORTED) {
        CHECK_STR(ps_str_from(err.text), "built without expat");
        return check_report();
    }
    tree();
    long_text();
    refusals();
    cuts();
    return check_report();
}
