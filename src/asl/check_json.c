/* check_json.c -- the finding for a text that is no JSON.
 *
 * value/json decides whether a text is JSON; Jackson's words and place are looked for only then. */
#include "asl/check_json.h"
#include "asl/check.h"
#include "base/error.h"
#include "base/utf8.h"
#include "value/json.h"

#define SHOWN 500 /* characters of the source that a place quotes */

static void add_source(ps_buf *b, ps_str s)
{
    size_t at = 0, shown = 0;
    ps_buf_add(b, PS_STR("(String)\""));
    for (; at < s.len && shown < SHOWN; shown++) {
        size_t start = at;
        uint32_t c = ps_utf8_next(s, &at);
        if ((c < 0x20 && c != '\n' && c != '\r') || (c >= 0x7f && c < 0xa0)) {
            ps_buf_addf(b, "\\u%04X", (unsigned)c);
        } else {
            ps_buf_add(b, (ps_str){s.p + start, at - start});
        }
    }
    ps_buf_add_char(b, '"');
    if (at < s.len) {
        ps_buf_addf(b, "[truncated %zu chars]", ps_utf8_count((ps_str){s.p + at, s.len - at}));
    }
}

/* Columns count UTF-16 units, as Java's characters do. */
void ps_jackson_place(ps_str s, size_t offset, ps_buf *out)
{
    size_t line = 1, column = 1;
    for (size_t at = 0; at < offset;) {
        uint32_t c = ps_utf8_next(s, &at);
        bool crlf = c == '\r' && at < s.len && s.p[at] == '\n';
        if (c == '\n' || (c == '\r' && !crlf)) {
            line++;
            column = 1;
        } else {
            column += c > 0xffff ? 2 : 1;
        }
    }
    ps_buf_add(out, PS_STR("[Source: "));
    add_source(out, s);
    ps_buf_addf(out, "; line: %zu, column: %zu]", line, column);
}

ps_value *ps_check_json(ps_str text)
{
    ps_error err = {0};
    ps_value *v = ps_json_parse(text, NULL, &err);
    if (v) {
        ps_value_unref(v);
        return NULL;
    }
    ps_buf words = {0}, place = {0};
    ps_str valid = {text.p, ps_utf8_check(text)};
    size_t at = valid.len;
    if (valid.len < text.len || !ps_jackson_scan(valid, &words, &at)) {
        /* no UTF-8, or Jackson would take it and we do not */
        at = err.at < valid.len ? err.at : valid.len;
        ps_buf_add(&words, ps_str_from(err.text));
    }
    ps_jackson_place(valid, at, &place);
    ps_buf_add(&words, PS_STR("\n at "));
    ps_buf_add(&words, ps_buf_str(&place));
    ps_value *finding = ps_object(5), *findings = ps_array(1);
    ps_object_put_take(finding, PS_STR("severity"), ps_string(PS_STR("ERROR")));
    ps_object_put_take(finding, PS_STR("code"), ps_string(PS_STR("INVALID_JSON_DESCRIPTION")));
    ps_object_put_take(finding, PS_STR("message"), ps_string(ps_buf_str(&words)));
    ps_object_put_take(finding, PS_STR("location"), ps_string(ps_buf_str(&place)));
    ps_object_put_take(finding, PS_STR("pointer"), ps_string(PS_STR("")));
    ps_array_add_take(findings, finding);
    ps_buf_free(&place);
    ps_buf_free(&words);
    return findings;
}
