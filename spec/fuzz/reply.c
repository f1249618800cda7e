/* reply.c -- fuzz: any reply, read by operations of every protocol: a result or words why there is
 * none, a refusal that is always complete, and nothing left behind. */
#include "aws/protocol.h"
#include "draw.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that replies are made of: each kind of member, each place. */
// clang-format off
#define SHAPES                                                                                   \
    /* 16 */ "{\"l\":0},"                                                                        \
    /* 17 */ "{\"l\":[0,\"=Item\"],\"f\":1},"                                                    \
    /* 18 */ "{\"k\":0,\"v\":20},"                                                               \
    /* 19 */ "{\"k\":[0,\"=K\"],\"v\":2,\"f\":1},"                                               \
    /* 20 */ "[{\"n\":\"Leaf\"},\"again\",20,\"kind\",[0,\"=x:kind\",{\"a\":1}],"              \
             "\"many\",21,\"text\",0],"                                                          \
    /* 21 */ "{\"l\":20,\"sp\":1},"                                                              \
    /* 22 */ "[{\"n\":\"Tree\"},\"Blob\",7,\"Choice\",24,\"Contents\",21,\"Count\",2,"           \
             "\"Doc\",8,\"EncodingType\",0,\"Flag\",1,\"Flat\",17,\"FlatMap\",[19,\"=KVP\"],"    \
             "\"Head\",[0,\"@x-head\"],\"Heads\",[16,\"@x-heads\"],\"Leaf\",20,\"List\",16,"     \
             "\"Map\",18,\"Metas\",[25,\"#x-meta-\"],\"Ratio\",5,\"Status\",[2,\"%\"],"          \
             "\"Time\",6,\"When\",[6,\"@x-when\"]],"                                             \
    /* 23 */ "[{\"n\":\"Busy\",\"x\":1},\"Leaf\",20,\"Message\",0,\"Why\",[0,\"@x-why\"]],"    \
    /* 24 */ "[{\"n\":\"Choice\",\"u\":1},\"a\",0,\"b\",20],"                                  \
    /* 25 */ "{\"k\":0,\"v\":0},"                                                                \
    /* 26 */ "[{\"n\":\"Paid\",\"p\":\"Leaf\"},\"Leaf\",20],"                                    \
    /* 27 */ "[{\"n\":\"Raw\",\"p\":\"Data\"},\"Data\",7],"                                      \
    /* 28 */ "[{\"n\":\"Listed\",\"p\":\"List\"},\"List\",16],"                                  \
    /* 29 */ "[\"Data\",[7,\"\",{\"e\":2}],\"tag\",[0,\"\",{\"e\":1}]],"                         \
    /* 30 */ "[{\"e\":1},\"Leaf\",20,\"Sent\",29],"                                              \
    /* 31 */ "[\"Count\",2,\"Events\",30]"
// clang-format on

static const char *const protocols[] = {"json",      "query",    "ec2",
                                        "rest-json", "rest-xml", "smithy-rpc-v2-cbor"};
enum { PROTOCOLS = sizeof protocols / sizeof *protocols };
static ps_model *models[PROTOCOLS];

static void make_models(void)
{
    for (size_t i = 0; i < PROTOCOLS && !models[i]; i++) {
        ps_buf text = {0};
        ps_error err = {0};
        ps_buf_addf(&text,
                    "{\"passo\":1,\"service\":{\"id\":\"S3\",\"protocol\":\"%s\",\"json\":\"1.1\","
                    "\"target\":\"T\",\"query_errors\":1},\"shapes\":[%s],\"errors\":[[23]],"
                    "\"operations\":[[\"CopyObject\",\"\",-1,22,0,{\"w\":\"R\"}],"
                    "[\"Empty\",\"\",-1,-1,0],[\"Listed\",\"\",-1,28,0],[\"Listen\",\"\",-1,31,0],["
                    "\"Paid\",\"\",-1,26,0],[\"Raw\",\"\",-1,27,0]],"
                    "\"paginators\":{},\"waiters\":{}}",
                    protocols[i], SHAPES);
        models[i] = ps_model_new(ps_buf_str(&text), &err);
        REQUIRE(models[i]);
        ps_buf_free(&text);
    }
}

static void read_result(const ps_operation *op, const ps_reply *reply, bool streamed)
{
    ps_error err = {0};
    ps_value *v = ps_protocol_read(op, reply, streamed, &err);
    if (v) {
        REQUIRE(ps_value_kind(v) == PS_OBJECT && ps_value_depth(v) <= PS_MAX_DEPTH + 2);
    } else {
        REQUIRE(err.code != PS_OK && err.text[0]);
    }
    ps_value_unref(v);
}

static void read_refusal(const ps_operation *op, const ps_reply *reply)
{
    ps_refusal refusal = {0};
    ps_protocol_refusal(op, reply, &refusal);
    REQUIRE(ps_value_kind(refusal.code) == PS_STRING && ps_value_str(refusal.code).len > 0);
    REQUIRE(ps_value_kind(refusal.message) == PS_STRING);
    REQUIRE(ps_value_kind(refusal.request_id) == PS_STRING);
    REQUIRE(ps_value_kind(refusal.fields) == PS_OBJECT);
    ps_refusal_free(&refusal);
}

/* The first byte is the status, then header lines up to an empty line, then the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 201, 204, 301, 400, 404, 500, 503};
    make_models();
    ps_str rest = {(const char *)data, size};
    ps_reply reply = {.status = 200};
    if (rest.len) {
        reply.status = statuses[(unsigned char)*rest.p % 8];
        rest = (ps_str){rest.p + 1, rest.len - 1};
    }
    size_t end = 0;
    while (end + 1 < rest.len && !(rest.p[end] == '\n' && rest.p[end + 1] == '\n')) {
        end++;
    }
    if (end + 1 < rest.len) {
        reply.headers = (ps_str){rest.p, end + 1};
        rest = (ps_str){rest.p + end + 2, rest.len - end - 2};
    }
    reply.body = rest;
    for (size_t i = 0; i < PROTOCOLS; i++) {
        for (size_t k = 0; k < models[i]->operation_count; k++) {
            const ps_operation *op = &models[i]->operations[k];
            (void)ps_protocol_accepted(op, &reply);
            read_result(op, &reply, false);
            read_result(op, &reply, true);
            read_refusal(op, &reply);
        }
    }
    return 0;
}
