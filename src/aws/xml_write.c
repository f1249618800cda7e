/* xml_write.c -- writes XML. */
#include "aws/xml.h"

static void end_tag_start(ps_xml_writer *w)
{
    if (w->in_tag) {
        ps_buf_add_char(w->out, '>');
        w->in_tag = false;
    }
}

/* Carriage returns, and in attributes every white space but the blank, would come out changed by
 * the line-end and attribute normalisation of the reader. */
static const char *escape_of(char c, bool attribute)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#xD;";
    case '"':
        return attribute ? "&quot;" : NULL;
    case '\n':
        return attribute ? "&#xA;" : NULL;
    case '\t':
        return attribute ? "&#x9;" : NULL;
    default:
        return NULL;
    }
}

static void put_escaped(ps_buf *out, ps_str text, bool attribute)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *escape = escape_of(text.p[i], attribute);
        if (escape) {
            ps_buf_add(out, (ps_str){text.p + from, i - from});
            ps_buf_add(out, ps_str_from(escape));
            from = i + 1;
        }
    }
    ps_buf_add(out, (ps_str){text.p + from, text.len - from});
}

void ps_xml_open(ps_xml_writer *w, ps_str name)
{
    end_tag_start(w);
    ps_buf_add_char(w->out, '<');
    ps_buf_add(w->out, name);
    w->in_tag = true;
}

void ps_xml_put_attribute(ps_xml_writer *w, ps_str name, ps_str value)
{
    PS_ASSERT(w->in_tag);
    ps_buf_add_char(w->out, ' ');
    ps_buf_add(w->out, name);
    ps_buf_add(w->out, PS_STR("=\""));
    put_escaped(w->out, value, true);
    ps_buf_add_char(w->out, '"');
}

void ps_xml_put_text(ps_xml_writer *w, ps_str text)
{
    end_tag_start(w);
    put_escaped(w->out, text, false);
}

void ps_xml_close(ps_xml_writer *w, ps_str name)
{
    end_tag_start(w);
    ps_buf_add(w->out, PS_STR("</"));
    ps_buf_add(w->out, name);
    ps_buf_add_char(w->out, '>');
}
