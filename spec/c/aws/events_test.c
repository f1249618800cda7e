/* events_test.c -- event streams: messages taken apart, and replies read as lists of events. */
#include "model_of.h"

#include "aws/checksum.h"
#include "aws/eventstream.h"

static void put_number(ps_buf *out, uint64_t n, size_t bytes)
{
    for (size_t i = bytes; i-- > 0;) {
        ps_buf_add_char(out, (char)(unsigned char)(n >> (8 * i)));
    }
}

static void put_header(ps_buf *out, const char *name, const char *value)
{
    put_number(out, strlen(name), 1);
    ps_buf_add(out, ps_str_from(name));
    put_number(out, 7, 1);
    put_number(out, strlen(value), 2);
    ps_buf_add(out, ps_str_from(value));
}

static void put_message(ps_buf *out, const ps_buf *headers, const char *payload)
{
    size_t from = out->len;
    put_number(out, 16 + headers->len + strlen(payload), 4);
    put_number(out, headers->len, 4);
    put_number(out, ps_crc32((ps_str){out->p + from, 8}), 4);
    ps_buf_add(out, ps_buf_str(headers));
    ps_buf_add(out, ps_str_from(payload));
    put_number(out, ps_crc32((ps_str){out->p + from, out->len - from}), 4);
}

static void put_event(ps_buf *out, const char *kind, const char *kind_header, const char *type,
                      const char *payload)
{
    ps_buf headers = {0};
    put_header(&headers, ":message-type", kind);
    put_header(&headers, kind_header, type);
    put_header(&headers, "tag", "t");
    put_message(out, &headers, payload);
    ps_buf_free(&headers);
}

static void header_types(void)
{
    static const char typed[] = "\x01t\x00\x01"
                                "f\x01\x01"
                                "b\x02\xFF\x01s\x03\x80\x00"
                                "\x01i\x04\x7F\xFF\xFF\xFF\x01l\x05\x80\x00\x00\x00\x00\x00\x00\x00"
                                "\x01y\x06\x00\x01z\x01w\x08\x00\x00\x01\x4B\x20\x1A\xC4\x01"
                                "\x01u\x09"
                                "0123456789abcdef";
    ps_buf headers = {0}, stream = {0}, print = {0};
    ps_event_message message = {0};
    ps_error err = {0};
    size_t at = 0;
    ps_buf_add(&headers, (ps_str){typed, sizeof typed - 1});
    put_message(&stream, &headers, "payload");
    CHECK(ps_event_message_read(ps_buf_str(&stream), &at, &message, &err) == PS_OK);
    CHECK(at == stream.len);
    CHECK_STR(message.payload, "payload");
    ps_json_print(message.headers, &print);
    CHECK_STR(ps_buf_str(&print), "{\"t\":true,\"f\":false,\"b\":-1,\"s\":-32768,\"i\":2147483647,"
                                  "\"l\":-9223372036854775808,\"y\":\"z\",\"w\":1.422172800001E9,"
                                  "\"u\":\"0123456789abcdef\"}");
    ps_event_message_free(&message);
    ps_buf_free(&headers);
    ps_buf_free(&stream);
    ps_buf_free(&print);
}

/* Every cut, and every changed byte, is told. */
static void damage(void)
{
    ps_buf stream = {0};
    put_event(&stream, "event", ":event-type", "Said", "{}");
    for (size_t i = 0; i < stream.len; i++) {
        ps_event_message message = {0};
        ps_error err = {0};
        size_t at = 0;
        CHECK(ps_event_message_read((ps_str){stream.p, i}, &at, &message, &err) == PS_EINPUT);
        stream.p[i] = (char)(stream.p[i] ^ 1);
        CHECK(ps_event_message_read(ps_buf_str(&stream), &at, &message, &err) == PS_EINPUT);
        CHECK(at == 0 && message.headers == NULL);
        stream.p[i] = (char)(stream.p[i] ^ 1);
    }
    ps_buf_free(&stream);
}

static void odd_headers(void)
{
    static const char *const wrong[] = {"\x05"
                                        "ab",
                                        "\x01"
                                        "a",
                                        "\x01"
                                        "a\x0A",
                                        "\x01"
                                        "a\x07\x7F\x7F",
                                        "\x01"
                                        "a\x04\x01",
                                        "\x01\xFF\x01"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ps_buf headers = {0}, stream = {0};
        ps_event_message message = {0};
        ps_error err = {0};
        size_t at = 0;
        ps_buf_add(&headers, ps_str_from(wrong[i]));
        put_message(&stream, &headers, "");
        CHECK(ps_event_message_read(ps_buf_str(&stream), &at, &message, &err) == PS_EINPUT);
        ps_buf_free(&headers);
        ps_buf_free(&stream);
    }
}

/* -- replies ------------------------------------------------------------------------------------
 */

#define SHAPES                                                                                     \
    /* 16 */ "[\"Data\",[7,\"\",{\"e\":2}]],"        /* 17 */                                      \
             "[\"n\",2,\"tag\",[0,\"\",{\"e\":1}]]," /* 18 */                                      \
             "[{\"e\":1},\"Said\",17,\"Sent\",16]," /* 19 */ "[\"Events\",18,\"First\",0]"

static const char operations[] = "[\"Listen\",\"\",-1,19,0]";

static void replies(const ps_model *m)
{
    ps_buf stream = {0};
    ps_error err = {0};
    put_event(&stream, "event", ":event-type", "initial-response", "{\"First\":\"f\"}");
    put_event(&stream, "event", ":event-type", "Said", "{\"n\":3}");
    put_event(&stream, "event", ":event-type", "New", "?");
    put_event(&stream, "event", ":event-type", "Sent", "bytes");
    ps_reply reply = {200, PS_STR(""), ps_buf_str(&stream)};
    check_result(m, "Listen", reply,
                 "{\"First\":\"f\",\"Events\":[{\"Said\":{\"n\":3,\"tag\":\"t\"}},"
                 "{\"Sent\":{\"Data\":\"bytes\"}}]}");
    check_result(m, "Listen", reply_of(200, "", ""), "{\"Events\":[]}");
    ps_value *v = ps_protocol_read(ps_model_operation(m, PS_STR("Listen")), &reply, true, &err);
    CHECK(v != NULL && ps_value_count(v) == 0);
    ps_value_unref(v);
    put_event(&stream, "exception", ":exception-type", "Throttled", "{}");
    reply.body = ps_buf_str(&stream);
    CHECK(ps_protocol_read(ps_model_operation(m, PS_STR("Listen")), &reply, false, &err) == NULL);
    CHECK(err.code == PS_EINPUT && strstr(err.text, "Throttled"));
    ps_buf_free(&stream);
}

int main(void)
{
    ps_model *m = model_of("\"protocol\":\"json\",\"json\":\"1.1\"", SHAPES, "", operations);
    header_types();
    damage();
    odd_headers();
    replies(m);
    ps_model_free(m);
    return check_report();
}
