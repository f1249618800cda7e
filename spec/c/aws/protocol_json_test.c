#include "model_of.h"

int main(void)
{
    ps_model *m = model_of(
        "\"id\":\"Weather\",\"protocol\":\"json\",\"json\":\"1.1\",\"target\":\"W_2020\","
        "\"query_errors\":1",
        "[\"Blob\",7,\"Choice\",17,\"Count\",3,\"Doc\",8,\"Items\",18,\"Map\",19,\"Ratio\",5,"
        "\"Text\",[0,\"=text\"],\"Time\",6,\"TimeText\",9,\"Token\",[0,\"\",{\"i\":1}]],"
        "[{\"u\":1},\"a\",0,\"b\",0],"                               /* 17 */
        "{\"l\":16},{\"k\":0,\"v\":3},"                              /* 18, 19 */
        "[{\"n\":\"Storm\",\"x\":1,\"c\":\"W.Storm\"},\"Force\",2]", /* 20 */
        "20", "[\"Ask\",\"\",16,16,0,{\"h\":\"{Text}.api-\"}],[\"Get\",\"\",16,16,0]");

    ps_request req = request_of(m, "Get", "{}");
    CHECK_STR(ps_buf_str(&req.body), "{}");
    CHECK_STR(ps_buf_str(&req.path), "/");
    CHECK_STR(req.method, "POST");
    CHECK_STR(ps_headers_get(&req.headers, PS_STR("x-amz-target")), "W_2020.Get");
    CHECK_STR(ps_headers_get(&req.headers, PS_STR("Content-Type")), "application/x-amz-json-1.1");
    CHECK_STR(ps_headers_get(&req.headers, PS_STR("x-amzn-query-mode")), "true");
    ps_request_free(&req);

    check_body(m, "Get", "{\"Text\":\"a\\u0000\\\"\",\"Count\":9007199254740993}",
               "{\"text\":\"a\\u0000\\\"\",\"Count\":9007199254740993}");
    check_body(m, "Get", "{\"Count\":1e3,\"Ratio\":1.10,\"Blob\":\"hi\",\"Text\":null}",
               "{\"Count\":1000,\"Ratio\":1.10,\"Blob\":\"aGk=\"}");
    check_body(m, "Get", "{\"Time\":946845296,\"TimeText\":946845296.5}",
               "{\"Time\":946845296,\"TimeText\":\"2000-01-02T20:34:56.500Z\"}");
    check_body(m, "Get", "{\"Time\":\"2000-01-02T20:34:56+00:00\"}", "{\"Time\":946845296}");
    check_body(m, "Get", "{\"Items\":[{},{\"Items\":[]}],\"Map\":{\"k\":1},\"Doc\":{\"n\":null}}",
               "{\"Items\":[{},{\"Items\":[]}],\"Map\":{\"k\":1},\"Doc\":{\"n\":null}}");

    req = request_of(m, "Ask", "{\"Text\":\"a-b\"}");
    CHECK_STR(ps_buf_str(&req.host_prefix), "a-b.api-");
    ps_request_free(&req);
    ps_error err = {0};
    ps_value *evil = ps_json_parse(PS_STR("{\"Text\":\"evil.com/\"}"), NULL, &err);
    req = (ps_request){0};
    CHECK(ps_protocol_write(ps_model_operation(m, PS_STR("Ask")), evil, NULL, &req, &err) ==
          PS_EINPUT);
    ps_request_free(&req);
    ps_value_unref(evil);

    check_result(m, "Get", reply_of(200, "", ""), "{}");
    check_result(m, "Get", reply_of(200, "", "{\"text\":\"t\",\"Text\":1,\"Count\":null}"),
                 "{\"Text\":\"t\"}");
    check_result(m, "Get",
                 reply_of(200, "", "{\"Time\":1.5,\"Blob\":\"aGk=\",\"Map\":{\"k\":null}}"),
                 "{\"Time\":1.5,\"Blob\":\"hi\",\"Map\":{}}");
    check_result(m, "Get", reply_of(200, "", "{\"Choice\":{\"__type\":\"x\",\"new\":1}}"),
                 "{\"Choice\":{\"SDK_UNKNOWN_MEMBER\":{\"name\":\"new\"}}}");
    check_result(m, "Get", reply_of(200, "", "{\"Ratio\":\"-Infinity\"}"),
                 "{\"Ratio\":\"-Infinity\"}");
    check_result(m, "Get", reply_of(200, "", "{\"Time\":\"soon\"}"),
                 "the service sent no instant where one belongs");

    check_refusal(m, "Get",
                  reply_of(400, "", "{\"__type\":\"w#Storm\",\"message\":\"m\",\"Force\":9}"),
                  "Storm", "m", "{\"Force\":9}");
    check_refusal(m, "Get",
                  reply_of(400, "x-amzn-query-error: W.Storm;Sender\r\n",
                           "{\"__type\":\"w#Storm\",\"Message\":\"m\"}"),
                  "W.Storm", "m", "{}");
    check_refusal(m, "Get", reply_of(502, "", "<html>Bad gateway</html>"), "HTTP 502", "", "{}");
    check_refusal(m, "Get", reply_of(400, "", "{\"__type\":7}"), "HTTP 400", "", "{}");
    check_refusal(m, "Get", reply_of(429, "", "Slow down"), "HTTP 429", "Slow down", "{}");
    ps_model_free(m);
    return check_report();
}
