/* protocol_rest_xml_test.c -- rest-xml, and S3's peculiarities. */
#include "model_of.h"

#include "aws/protocol_layout.h"

#define SHAPES                                                                                     \
    /* 16 */                                                                                       \
    "{\"l\":0}," /* 17 */ "{\"l\":[0,\"=Item\"],\"f\":1}," /* 18 */ "{\"k\":0,\"v\":20}," /* 19 */ \
    "{\"k\":[0,\"=K\",{\"xn\":\"urn:k\"}],\"v\":[0,\"=V\"]},"                             /* 20 */ \
    "[{\"n\":\"Leaf\",\"xn\":\"urn:xsi\",\"xp\":\"xsi\"},\"kind\",[0,\"=xsi:type\",{\"a\":1}],"    \
    "\"text\",0]," /* 21 */ "[{\"n\":\"Tree\"},\"Blob\",7,\"Flat\",17,\"FlatMap\",[19,\"=KVP\",{"  \
    "\"f\":1,\"xn\":\"urn:m\"}],"                                                                  \
    "\"Head\",[0,\"@x-head\"],\"Leaf\",20,\"List\",[16,\"=Names\",{\"xn\":\"urn:l\"}],\"Map\",18," \
    "\"When\",[6,\"\",{\"t\":3}]],"                                                   /* 22 */     \
    "[{\"n\":\"Holder\",\"p\":\"Body\"},\"Body\",[20,\"=Body\",{\"xn\":\"urn:b\"}]]," /* 23 */     \
    "[{\"n\":\"Plain\",\"p\":\"leaf\"},\"leaf\",[20,\"=leaf\"]]," /* 24 */ "[{\"n\":\"Odd\","      \
    "\"x\":1,\"s\":409},"                                                                          \
    "\"Detail\",20,"                                                                               \
    "\"Header\",[0,\"@x-"                                                                          \
    "why\"],\"Message\",0]"                                                                        \
    ","                                             /* 25 */                                       \
    "[{\"n\":\"Choice\",\"u\":1},\"a\",0,\"b\",2]," /* 26 */                                       \
    "[{\"n\":\"Chosen\"},\"choice\",25]," /* 27 */ "[{\"n\":\"Stream\",\"p\":\"Data\"},\"Data\","  \
    "12,\"Length\",[3,\"@Content-Length\"]]"

static const char operations[] =
    "[\"Choose\",\"GET /\",-1,26,0],"
    "[\"Fetch\",\"GET /f\",-1,27,0],"
    "[\"Hold\",\"PUT /h\",22,22,0],"
    "[\"Name\",\"PUT /n\",23,23,0],"
    "[\"Plant\",\"POST /p\",21,21,0,{\"r\":\"PlantRequest\",\"xn\":\"urn:p\"}]";

static void calls(const ps_model *m)
{
    check_body(m, "Plant", "{\"Head\":\"h\"}", "");
    check_body(
        m, "Plant", "{\"List\":[\"a<\",\"\"],\"Flat\":[\"b\",\"c\"],\"Blob\":\"\\u0000\"}",
        "<PlantRequest xmlns=\"urn:p\"><Blob>AA==</Blob><Flat>b</Flat><Flat>c</Flat>"
        "<Names xmlns=\"urn:l\"><member>a&lt;</member><member></member></Names></PlantRequest>");
    check_body(
        m, "Plant",
        "{\"Map\":{\"k\":{\"text\":\"t\"}},\"FlatMap\":{\"a\":\"A\"},\"When\":1422172800}",
        "<PlantRequest xmlns=\"urn:p\"><KVP xmlns=\"urn:m\"><K xmlns=\"urn:k\">a</K><V>A</V></KVP>"
        "<Map><entry><key>k</key><value xmlns:xsi=\"urn:xsi\"><text>t</text></value></entry></Map>"
        "<When>Sun, 25 Jan 2015 08:00:00 GMT</When></PlantRequest>");
    check_body(m, "Hold", "{\"Body\":{\"kind\":\"\\\"&\",\"text\":\"\\r\"}}",
               "<Body xmlns=\"urn:b\" xsi:type=\"&quot;&amp;\"><text>&#xD;</text></Body>");
    check_body(m, "Hold", "{}", "");
    check_body(m, "Name", "{\"leaf\":{}}", "<Leaf xmlns:xsi=\"urn:xsi\"></Leaf>");
    ps_request req = request_of(m, "Plant", "{\"List\":[],\"Head\":\"h\"}");
    CHECK_STR(ps_headers_get(&req.headers, PS_STR("Content-Type")), "application/xml");
    CHECK_STR(ps_headers_get(&req.headers, PS_STR("x-head")), "h");
    CHECK_STR(req.method, "POST");
    ps_request_free(&req);
}

static void results(const ps_model *m)
{
    check_result(m, "Plant", reply_of(200, "x-head: h\r\n", ""), "{\"Head\":\"h\"}");
    check_result(m, "Plant",
                 reply_of(200, "",
                          "<R><Item>a</Item><Flat>b</Flat><KVP><K>k</K><V>v</V></KVP>"
                          "<Names><member>c</member></Names><Head>not a header</Head>"
                          "<Map><entry><key>m</key><value xsi:type='T' xmlns:xsi='u'><text>t</text>"
                          "</value></entry><entry><key>lost</key></entry></Map></R>"),
                 "{\"Flat\":[\"a\",\"b\"],\"FlatMap\":{\"k\":\"v\"},\"List\":[\"c\"],"
                 "\"Map\":{\"m\":{\"kind\":\"T\",\"text\":\"t\"}}}");
    check_result(m, "Hold", reply_of(200, "", "<X xsi:type='T' xmlns:xsi='u'/>"),
                 "{\"Body\":{\"kind\":\"T\"}}");
    check_result(m, "Hold", reply_of(200, "", ""), "{}");
    check_result(m, "Choose", reply_of(200, "", "<R><choice><b>2</b></choice></R>"),
                 "{\"choice\":{\"b\":2}}");
    check_result(m, "Choose", reply_of(200, "", "<R><choice><new>2</new></choice></R>"),
                 "{\"choice\":{\"SDK_UNKNOWN_MEMBER\":{\"name\":\"new\"}}}");
    check_result(m, "Fetch", reply_of(200, "Content-Length: 3\r\n", "<a>"),
                 "{\"Length\":3,\"Data\":\"<a>\"}");
}

static void refusals(const ps_model *m)
{
    check_refusal(m, "Plant",
                  reply_of(409, "x-why: so\r\n",
                           "<ErrorResponse><Error><Code>Odd</Code><Message>m</Message>"
                           "<Detail><text>t</text></Detail></Error></ErrorResponse>"),
                  "Odd", "m", "{\"Header\":\"so\",\"Detail\":{\"text\":\"t\"},\"Message\":\"m\"}");
    check_refusal(m, "Plant", reply_of(404, "", ""), "HTTP 404", "", "{}");
}

/* -- S3 -----------------------------------------------------------------------------------------
 */

#define S3_SHAPES                                                                                  \
    /* 16 */                                                                                       \
    "[{\"n\":\"Row\"},\"Key\",0,\"Size\",3]," /* 17 */ "{\"l\":16,\"f\":1}," /* 18 */              \
    "[{\"n\":\"Prefix\"},\"Prefix\",0]," /* 19 */ "{\"l\":18,\"f\":1},"      /* 20 */              \
    "[{\"n\":\"In\"},\"EncodingType\",[0,\"?encoding-type\"],\"Prefix\",[0,\"?prefix\"]]," /* 21   \
                                                                                            */     \
    "[{\"n\":\"Out\"},\"CommonPrefixes\",19,\"Contents\",17,\"Delimiter\",0,"                      \
    "\"EncodingType\",0]," /* 22 */ "[{\"n\":\"Where\"},\"LocationConstraint\",0]," /* 23 */       \
    "[{\"n\":\"Copied\"},\"ETag\",0]," /* 24 */ "[{\"n\":\"NoSuchKey\",\"x\":1,\"s\":404}]"

static const char s3_operations[] = "[\"CopyObject\",\"PUT /\",-1,23,0],"
                                    "[\"GetBucketLocation\",\"GET /?location\",-1,22,0],"
                                    "[\"ListObjectsV2\",\"GET /?list-type=2\",20,21,0]";

static void listings(const ps_model *m)
{
    ps_request req = request_of(m, "ListObjectsV2", "{\"Prefix\":\"a b\"}");
    CHECK_STR(ps_buf_str(&req.query), "list-type=2&prefix=a%20b&encoding-type=url");
    ps_request_free(&req);
    req = request_of(m, "ListObjectsV2", "{\"EncodingType\":\"url\"}");
    CHECK_STR(ps_buf_str(&req.query), "list-type=2&encoding-type=url");
    ps_request_free(&req);
    check_result(
        m, "ListObjectsV2",
        reply_of(200, "",
                 "<R><EncodingType>url</EncodingType><Delimiter>%2F</Delimiter>"
                 "<Contents><Key>a+b%01%2B%zz%ff</Key></Contents>"
                 "<Contents><Key>c+%C3%A9%2</Key><Size>7</Size></Contents>"
                 "<CommonPrefixes><Prefix>d%2F</Prefix></CommonPrefixes></R>"),
        "{\"CommonPrefixes\":[{\"Prefix\":\"d/\"}],\"Contents\":[{\"Key\":\"a+b%01%2B%zz%ff\"},"
        "{\"Key\":\"c é%2\",\"Size\":7}],\"Delimiter\":\"/\",\"EncodingType\":\"url\"}");
    check_result(m, "ListObjectsV2",
                 reply_of(200, "", "<R><Contents><Key>a+b%20</Key></Contents></R>"),
                 "{\"Contents\":[{\"Key\":\"a+b%20\"}]}");
}

static void odd_replies(const ps_model *m)
{
    check_result(m, "GetBucketLocation",
                 reply_of(200, "", "<LocationConstraint xmlns='u'>EU</LocationConstraint>"),
                 "{\"LocationConstraint\":\"EU\"}");
    check_result(m, "GetBucketLocation", reply_of(200, "", "<LocationConstraint xmlns='u'/>"),
                 "{}");
    check_result(m, "CopyObject",
                 reply_of(200, "", "\n<CopyObjectResult><ETag>e</ETag></CopyObjectResult>"),
                 "{\"ETag\":\"e\"}");
    check_refusal(m, "CopyObject",
                  reply_of(200, "",
                           "<?xml version=\"1.0\"?>\n\n<Error><Code>SlowDown</Code>"
                           "<Message>m</Message><RequestId>r</RequestId></Error>"),
                  "SlowDown", "m", "{}");
    check_refusal(m, "ListObjectsV2", reply_of(301, "x-amz-bucket-region: \xFF\r\n", ""),
                  "HTTP 301", "", "{\"region\":\"\xEF\xBF\xBD\"}");
    check_refusal(m, "ListObjectsV2",
                  reply_of(301, "x-amz-bucket-region: eu-west-1\r\n",
                           "<Error><Code>PermanentRedirect</Code><Message>m</Message>"
                           "<Endpoint>b.s3-eu-west-1.amazonaws.com</Endpoint></Error>"),
                  "PermanentRedirect", "m",
                  "{\"region\":\"eu-west-1\",\"Endpoint\":\"b.s3-eu-west-1.amazonaws.com\"}");
    check_refusal(m, "ListObjectsV2",
                  reply_of(400, "",
                           "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message>"
                           "<Region>eu-west-3</Region></Error>"),
                  "AuthorizationHeaderMalformed", "m", "{\"region\":\"eu-west-3\"}");
    check_refusal(m, "ListObjectsV2", reply_of(301, "x-amz-bucket-region: eu-west-1\r\n", ""),
                  "HTTP 301", "", "{\"region\":\"eu-west-1\"}");
    check_refusal(m, "ListObjectsV2", reply_of(404, "", "<Error><Code>NoSuchKey</Code></Error>"),
                  "NoSuchKey", "", "{}");
}

int main(void)
{
    ps_model *m = model_of("\"protocol\":\"rest-xml\"", SHAPES, "24", operations);
    ps_model *s3 =
        model_of("\"id\":\"S3\",\"protocol\":\"rest-xml\"", S3_SHAPES, "24", s3_operations);
    calls(m);
#ifdef PS_WITH_EXPAT
    results(m);
    refusals(m);
    listings(s3);
    odd_replies(s3);
#else
    ps_error err = {0};
    ps_reply reply = reply_of(200, "", "<R/>");
    CHECK(ps_protocol_read(ps_model_operation(m, PS_STR("Plant")), &reply, false, &err) == NULL);
    CHECK(err.code == PS_EUNSUPPORTED);
    (void)results, (void)refusals, (void)listings, (void)odd_replies;
#endif
    ps_model_free(m);
    ps_model_free(s3);
    return check_report();
}
