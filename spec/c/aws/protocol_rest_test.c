#include "model_of.h"

static void check_header(const ps_request *req, const char *name, const char *want)
{
    CHECK_STR(ps_headers_get(&req->headers, ps_str_from(name)), want);
}

static void check_calls(const ps_model *m)
{
    ps_request req = request_of(
        m, "Put",
        "{\"Bucket\":\"a b/c\",\"Key\":\"x/y~ \\u00e9\",\"List\":[\"1\",\"2 3\"],"
        "\"Pairs\":{\"list\":\"no\",\"more\":\"&\"},\"Flag\":false,\"Since\":0,"
        "\"Tags\":[\"a\",\"b,c\",\"d\\\"e\"],\"Meta\":{\"one\":\"1\"},\"Json\":{\"a\":[1]},"
        "\"Text\":\"t\"}");
    CHECK_STR(req.method, "PUT");
    CHECK_STR(ps_buf_str(&req.path), "/a%20b%2Fc/x/y~%20%C3%A9");
    CHECK_STR(ps_buf_str(&req.query), "go&flag=false&list=1&list=2%203&more=%26");
    check_header(&req, "since", "Thu, 01 Jan 1970 00:00:00 GMT");
    check_header(&req, "x-tags", "a,\"b,c\",\"d\\\"e\"");
    check_header(&req, "x-meta-one", "1");
    check_header(&req, "x-json", "eyJhIjpbMV19");
    check_header(&req, "content-type", "application/json");
    CHECK_STR(ps_buf_str(&req.body), "{\"Text\":\"t\"}");
    ps_request_free(&req);

    check_body(m, "Put", "{\"Bucket\":\"b\",\"Key\":\"k\"}", "{}");
    check_body(m, "Send", "{\"Body\":\"raw\"}", "raw");
    check_body(m, "Send", "{}", "");
    ps_request none = request_of(m, "Ping", "{}");
    CHECK(none.body.len == 0 && ps_headers_get(&none.headers, PS_STR("Content-Type")).p == NULL);
    ps_request_free(&none);

    ps_error err = {0};
    ps_value *v = ps_json_parse(PS_STR("{\"Bucket\":\"\",\"Key\":\"k\"}"), NULL, &err);
    req = (ps_request){0};
    CHECK(ps_protocol_write(ps_model_operation(m, PS_STR("Put")), v, NULL, &req, &err) ==
          PS_EINPUT);
    CHECK_STR(ps_str_from(err.text), "Bucket: must not be empty, for it is a part of the path");
    ps_request_free(&req);
    ps_value_unref(v);
}

static void check_replies(const ps_model *m)
{
    check_result(m, "Put",
                 reply_of(201,
                          "X-Tags: a, \"b,c\" , \"d\\\"e\"\r\nx-dates: "
                          "Thu, 01 Jan 1970 00:00:01 GMT, Thu, 01 Jan 1970 00:00:02 GMT\r\n"
                          "X-META-One: 1\r\nx-json: eyJhIjpbMV19\r\nflag:\r\n",
                          "{\"Text\":\"t\",\"Tags\":[\"not here\"]}"),
                 "{\"Dates\":[1,2],\"Json\":{\"a\":[1]},\"Meta\":{\"One\":\"1\"},\"Status\":201,"
                 "\"Tags\":[\"a\",\"b,c\",\"d\\\"e\"],\"Text\":\"t\"}");
    check_result(m, "Put", reply_of(200, "x-json: dHJ1ZQ==\r\n", ""),
                 "{\"Json\":\"true\",\"Meta\":{},\"Status\":200}");
    check_result(m, "Put", reply_of(200, "since: never\r\n", ""), "{\"Meta\":{},\"Status\":200}");
    check_result(m, "Send", reply_of(200, "", "raw"), "{\"Body\":\"raw\"}");
    check_result(m, "Ping", reply_of(204, "", ""), "{}");
    check_refusal(
        m, "Ping",
        reply_of(404, "x-amzn-ErrorType: Gone:http://x\r\nX-Why: asked\r\n", "{\"message\":\"m\"}"),
        "Gone", "m", "{\"Why\":\"asked\"}");
}

int main(void)
{
    ps_model *m =
        model_of("\"id\":\"Weather\",\"protocol\":\"rest-json\"",
                 "[\"Bucket\",[-1,\"{\"],\"Dates\",[20,\"@x-dates\"],\"Flag\",[1,\"?flag\"],"
                 "\"Json\",[0,\"@x-json\",{\"j\":1}],\"Key\",[-1,\"{\"],\"List\",[17,\"?list\"],"
                 "\"Meta\",[18,\"#x-meta-\"],\"Pairs\",[18,\"?\"],\"Since\",[6,\"@since\"],"
                 "\"Status\",[2,\"%\"],\"Tags\",[17,\"@x-tags\"],\"Text\",0],"
                 "{\"l\":0},{\"k\":0,\"v\":0},"                       /* 17, 18 */
                 "[{\"p\":\"Body\"},\"Body\",12],{\"l\":6},"          /* 19, 20 */
                 "[{\"n\":\"Gone\",\"x\":1},\"Why\",[0,\"@x-why\"]]", /* 21 */
                 "21",
                 "[\"Ping\",\"GET /ping\",-1,-1,0],[\"Put\",\"PUT /{Bucket}/{Key+}?go\",16,16,0],"
                 "[\"Send\",\"POST /send\",19,19,0]");
    check_calls(m);
    check_replies(m);
    ps_model_free(m);
    return check_report();
}
