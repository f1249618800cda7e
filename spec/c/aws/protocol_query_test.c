/* protocol_query_test.c -- query and ec2: forms, and results and refusals in XML. */
#include "model_of.h"

#define SHAPES                                                                                     \
    /* 16 */                                                                                       \
    "{\"l\":0}," /* 17 */ "{\"l\":[0,\"=item\"]}," /* 18 */ "{\"k\":0,\"v\":0},"          /* 19 */ \
    "{\"k\":[0,\"=K\"],\"v\":[20,\"=V\"]}," /* 20 */ "[\"deep\",[16,\"=Deep\"],\"n\",2]," /* 21 */ \
    "[\"Blob\",7,\"FlatList\",[17,\"\",{\"f\":1}],\"Inner\",20,\"List\",16,\"Map\",18,"            \
    "\"NamedFlat\",[18,\"=Flat\",{\"f\":1}],\"NamedMap\",19,\"On\",1,\"Ratio\",5,"                 \
    "\"lower\",[0,\"=lowerName\",{\"q\":\"QueryName\"}],\"plain\",0,\"when\",6]," /* 22 */         \
    "[\"count\",2,\"flat\",[16,\"\",{\"f\":1}],\"items\",[17,\"=itemSet\"],"                       \
    "\"map\",18,\"named\",[17,\"\",{\"f\":1}],\"when\",6]," /* 23 */                               \
    "[{\"n\":\"Busy\",\"x\":1,\"c\":\"Service.Busy\"},\"Message\",0,\"after\",2]"

static const char operations[] = "[\"Ask\",\"\",21,22,0,{\"w\":\"AskResult\"}],"
                                 "[\"Plain\",\"\",-1,22,0]";

static void forms(const ps_model *m)
{
    check_body(m, "Plain", "{}", "Action=Plain&Version=2020-01-08");
    check_body(m, "Ask", "{\"List\":[\"a b\",\"c&d=é\"],\"On\":false,\"Blob\":\"\\u0001\"}",
               "Action=Ask&Version=2020-01-08&Blob=AQ%3D%3D&List.member.1=a%20b&"
               "List.member.2=c%26d%3D%C3%A9&On=false");
    check_body(m, "Ask", "{\"List\":[],\"FlatList\":[\"a\",\"b\"],\"Map\":{}}",
               "Action=Ask&Version=2020-01-08&item.1=a&item.2=b&List=");
    check_body(m, "Ask",
               "{\"Map\":{\"x\":\"1\",\"y\":\"2\"},\"NamedFlat\":{\"z\":\"3\"},"
               "\"NamedMap\":{\"q\":{\"n\":7,\"deep\":[\"e\"]}}}",
               "Action=Ask&Version=2020-01-08&Map.entry.1.key=x&Map.entry.1.value=1&"
               "Map.entry.2.key=y&Map.entry.2.value=2&Flat.1.key=z&Flat.1.value=3&"
               "NamedMap.entry.1.K=q&NamedMap.entry.1.V.Deep.member.1=e&NamedMap.entry.1.V.n=7");
    check_body(m, "Ask", "{\"Ratio\":0.5,\"lower\":\"l\",\"when\":1422172800}",
               "Action=Ask&Version=2020-01-08&Ratio=0.5&lowerName=l&when=2015-01-25T08%3A00%3A00Z");
    ps_request req = request_of(m, "Plain", "{}");
    CHECK_STR(req.method, "POST");
    CHECK_STR(ps_buf_str(&req.path), "/");
    CHECK_STR(ps_headers_get(&req.headers, PS_STR("content-type")),
              "application/x-www-form-urlencoded; charset=utf-8");
    ps_request_free(&req);
}

static void ec2_forms(const ps_model *m)
{
    check_body(m, "Ask",
               "{\"List\":[\"a\",\"b\"],\"FlatList\":[],\"Inner\":{\"deep\":[\"c\"],\"n\":1}}",
               "Action=Ask&Version=2020-01-08&Inner.Deep.1=c&Inner.N=1&List.1=a&List.2=b");
    check_body(m, "Ask", "{\"lower\":\"a\",\"plain\":\"b\"}",
               "Action=Ask&Version=2020-01-08&QueryName=a&Plain=b");
}

static void results(const ps_model *m)
{
    check_result(m, "Plain", reply_of(200, "", ""), "{}");
    check_result(m, "Ask",
                 reply_of(200, "",
                          "<AskResponse xmlns='urn:x'><AskResult><count> 3 </count><flat>a</flat>"
                          "<flat/><itemSet><item>b</item></itemSet><item>c</item><named>d</named>"
                          "<map><entry><key>k</key><value>v</value></entry></map><odd/>"
                          "<when>2015-01-25T08:00:00.5Z</when></AskResult></AskResponse>"),
                 "{\"count\":3,\"flat\":[\"a\",\"\"],\"items\":[\"b\"],\"map\":{\"k\":\"v\"},"
                 "\"named\":[\"c\",\"d\"],\"when\":1.4221728005E9}");
    check_result(m, "Ask", reply_of(200, "", "<AskResponse/>"), "{}");
    check_result(m, "Plain", reply_of(200, "", "<R><count/><items/><when/></R>"), "{}");
    check_result(m, "Plain",
                 reply_of(200, "", "<R><PlainResult><count>1</count></PlainResult></R>"),
                 "{\"count\":1}");
    check_result(m, "Plain", reply_of(200, "", "<R><itemSet/><map/></R>"),
                 "{\"items\":[],\"map\":{}}");
}

static void refusals(const ps_model *m)
{
    check_refusal(
        m, "Ask",
        reply_of(400, "",
                 "<ErrorResponse xmlns='urn:x'><Error><Type>Sender</Type>"
                 "<Code>Service.Busy</Code><Message>later</Message><after>5</after></Error>"
                 "<RequestId>r</RequestId></ErrorResponse>"),
        "Service.Busy", "later", "{\"Message\":\"later\",\"after\":5}");
    check_refusal(m, "Ask",
                  reply_of(503, "",
                           "<Response><Errors><Error><Code>Other</Code><Message>m</Message></Error>"
                           "</Errors><RequestID>r</RequestID></Response>"),
                  "Other", "m", "{}");
    check_refusal(m, "Ask", reply_of(502, "", "<html><body>Bad gateway</body></html>"), "HTTP 502",
                  "", "{}");
    check_refusal(m, "Ask", reply_of(500, "", "not XML"), "HTTP 500", "", "{}");
    check_refusal(m, "Ask", reply_of(404, "", ""), "HTTP 404", "", "{}");
}

static void who_is_at_fault(const ps_model *m)
{
    ps_refusal refusal = {0};
    ps_reply reply = reply_of(400, "x-amzn-RequestId: h\r\n",
                              "<ErrorResponse><Error><Type>Receiver</Type><Code>A</Code></Error>"
                              "</ErrorResponse>");
    ps_protocol_refusal(ps_model_operation(m, PS_STR("Ask")), &reply, &refusal);
    CHECK(!refusal.sender_fault);
    CHECK_STR(ps_value_str(refusal.request_id), "h");
    ps_refusal_free(&refusal);
}

/* A wrong number is said, and nothing of the result is left behind. */
static void damage(const ps_model *m)
{
    static const char *const bodies[] = {"<R><flat>a</flat><count>many</count></R>",
                                         "<R><when>soon</when></R>", "<R>", "[]",
                                         "<!DOCTYPE R><R/>"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        ps_error err = {0};
        ps_reply reply = reply_of(200, "", bodies[i]);
        ps_value *v = ps_protocol_read(ps_model_operation(m, PS_STR("Plain")), &reply, false, &err);
        CHECK(v == NULL && err.code == PS_EINPUT && err.text[0]);
    }
}

int main(void)
{
    ps_model *query = model_of("\"protocol\":\"query\"", SHAPES, "23", operations);
    ps_model *ec2 = model_of("\"protocol\":\"ec2\"", SHAPES, "23", operations);
    forms(query);
    ec2_forms(ec2);
#ifdef PS_WITH_EXPAT
    results(query);
    refusals(query);
    refusals(ec2);
    who_is_at_fault(query);
    damage(query);
#else
    (void)results, (void)refusals, (void)who_is_at_fault, (void)damage;
#endif
    ps_model_free(query);
    ps_model_free(ec2);
    return check_report();
}
