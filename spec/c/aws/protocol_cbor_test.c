/* protocol_cbor_test.c -- smithy-rpc-v2-cbor: calls, results, refusals. */
#include "model_of.h"

#include "aws/cbor.h"

#define SHAPES                                                                                     \
    /* 16 */ "{\"l\":0}," /* 17 */ "{\"k\":0,\"v\":2}," /* 18 */ "{\"l\":0,\"sp\":1}," /* 19 */    \
             "[\"Blob\",7,\"Flag\",1,\"Float\",4,\"Int\",3,\"List\",16,\"Map\",17,\"Ratio\",5,"    \
             "\"Sparse\",18,\"Text\",[0,\"=text\"],\"When\",6],"                  /* 20 */         \
             "[{\"n\":\"Busy\",\"x\":1,\"c\":\"Custom\"},\"message\",0,\"n\",2]," /* 21 */         \
             "[{\"u\":1},\"a\",0]," /* 22 */ "[\"choice\",21]"

static const char operations[] = "[\"Ask\",\"\",19,19,0],[\"Choose\",\"\",-1,22,0],"
                                 "[\"Plain\",\"\",-1,-1,0]";

static void call(const ps_model *m, const char *params, const char *want)
{
    ps_error err = {0};
    ps_buf print = {0};
    ps_request req = request_of(m, "Ask", params);
    ps_value *v = ps_cbor_read(ps_buf_str(&req.body), &err);
    CHECK(v != NULL);
    if (v) {
        ps_json_print(v, &print);
        CHECK_STR(ps_buf_str(&print), want);
    }
    ps_value_unref(v);
    ps_buf_free(&print);
    ps_request_free(&req);
}

static void calls(const ps_model *m)
{
    call(m, "{}", "{}");
    call(m, "{\"Text\":\"t\",\"List\":[\"a\"],\"Map\":{\"k\":-7},\"Flag\":true,\"When\":1.5}",
         "{\"Flag\":true,\"List\":[\"a\"],\"Map\":{\"k\":-7},\"text\":\"t\",\"When\":1.5}");
    call(m, "{\"Float\":1.5,\"Ratio\":\"-Infinity\",\"Int\":9007199254740993,\"Blob\":\"b\"}",
         "{\"Blob\":\"b\",\"Float\":1.5,\"Int\":9007199254740993,\"Ratio\":\"-Infinity\"}");
    ps_request req = request_of(m, "Plain", "{}");
    CHECK_STR(ps_buf_str(&req.path), "/service/Weather/operation/Plain");
    CHECK_STR(ps_headers_get(&req.headers, PS_STR("smithy-protocol")), "rpc-v2-cbor");
    CHECK(ps_headers_get(&req.headers, PS_STR("Content-Type")).p == NULL && req.body.len == 0);
    ps_request_free(&req);
}

/* A reply whose body says in CBOR what `json` says. */
static ps_reply cbor_reply(int status, const char *headers, const char *json, ps_buf *body)
{
    ps_error err = {0};
    ps_value *v = ps_json_parse(ps_str_from(json), NULL, &err);
    ps_buf_clear(body);
    ps_cbor_put_head(body, PS_CBOR_MAP, ps_value_count(v));
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *item = ps_object_value_at(v, i);
        int64_t n;
        ps_cbor_put_string(body, PS_CBOR_TEXT, ps_value_str(ps_object_key_at(v, i)));
        if (ps_value_kind(item) == PS_STRING) {
            ps_cbor_put_string(body, PS_CBOR_TEXT, ps_value_str(item));
        } else if (ps_value_kind(item) == PS_INT && ps_value_int(item, &n)) {
            ps_cbor_put_int(body, n);
        } else if (ps_value_kind(item) == PS_DOUBLE) {
            ps_cbor_put_double(body, ps_value_double(item));
        } else {
            ps_cbor_put_null(body);
        }
    }
    ps_value_unref(v);
    return (ps_reply){status, ps_str_from(headers), ps_buf_str(body)};
}

static void results(const ps_model *m)
{
    ps_buf body = {0};
    check_result(m, "Plain", reply_of(200, "", ""), "{}");
    check_result(m, "Ask",
                 cbor_reply(200, "",
                            "{\"text\":\"t\",\"Int\":7,\"Flag\":null,\"new\":1,\"When\":1.5}",
                            &body),
                 "{\"Int\":7,\"Text\":\"t\",\"When\":1.5}");
    check_result(m, "Ask", reply_of(200, "", "\xA1\x66Sparse\x82\x61x\xF6"),
                 "{\"Sparse\":[\"x\",null]}");
    /* bytes where text belongs: results are text all the same */
    check_result(m, "Ask", reply_of(200, "", "\xA1\x64text\x42\xFFz"),
                 "{\"Text\":\"\xEF\xBF\xBDz\"}");
    check_result(m, "Choose",
                 reply_of(200, "",
                          "\xBF\x66"
                          "choice\xA1\x61z\x01\xFF"),
                 "{\"choice\":{\"SDK_UNKNOWN_MEMBER\":{\"name\":\"z\"}}}");
    ps_buf_free(&body);
}

static void wrong_types(const ps_model *m)
{
    static const char *const bodies[] = {"\xA1\x64text\x01",    "\xA1\x63Int\x61x",
                                         "\xA1\x64List\xA0",    "\xA1\x63Map\x80",
                                         "\xA1\x64\x46lag\x01", "\x80",
                                         "\xA1\x64When\xF5",    "\xA1"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        ps_error err = {0};
        ps_reply reply = reply_of(200, "", bodies[i]);
        ps_value *v = ps_protocol_read(ps_model_operation(m, PS_STR("Ask")), &reply, false, &err);
        CHECK(v == NULL && err.code == PS_EINPUT && err.text[0]);
        ps_value_unref(v);
    }
}

static void refusals(const ps_model *m)
{
    ps_buf body = {0};
    check_refusal(
        m, "Ask",
        cbor_reply(400, "", "{\"__type\":\"aws.x#Busy\",\"message\":\"m\",\"n\":2}", &body), "Busy",
        "m", "{\"message\":\"m\",\"n\":2}");
    check_refusal(m, "Ask",
                  cbor_reply(400, "x-amzn-query-error: Custom;Sender\r\n",
                             "{\"__type\":\"aws.x#Busy\",\"message\":\"m\",\"n\":2}", &body),
                  "Custom", "m", "{\"message\":\"m\",\"n\":2}");
    check_refusal(m, "Ask", reply_of(503, "", "<html>"), "HTTP 503", "", "{}");
    check_refusal(m, "Ask", reply_of(500, "", ""), "HTTP 500", "", "{}");
    ps_buf_free(&body);
}

int main(void)
{
    ps_model *m =
        model_of("\"protocol\":\"smithy-rpc-v2-cbor\",\"target\":\"Weather\",\"query_errors\":1",
                 SHAPES, "20", operations);
    calls(m);
    results(m);
    wrong_types(m);
    refusals(m);
    ps_model_free(m);
    return check_report();
}
