/* call.c -- fuzz: any parameters, checked and written by every protocol: what passes the check is
 * written or refused with words; what is written cannot break out of its place. */
#include "aws/protocol.h"
#include "draw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that calls are made of: each kind of member, each place. */
#define SHAPES                                                                                     \
    "{\"l\":0},"                          /* 16 */                                                 \
    "{\"l\":[0,\"=Item\"],\"f\":1},"      /* 17 */                                                 \
    "{\"k\":0,\"v\":20},"                 /* 18 */                                                 \
    "{\"k\":[0,\"=K\"],\"v\":2,\"f\":1}," /* 19 */                                                 \
    "[{\"n\":\"Leaf\"},\"again\",20,\"kind\",[0,\"=x:kind\",{\"a\":1}],\"many\",21,\"text\",0],"   \
    "{\"l\":20,\"sp\":1}," /* 21 */                                                                \
    "[{\"n\":\"Tree\"},\"Blob\",7,\"Choice\",23,\"Doc\",8,\"Flag\",[1,\"?flag\"],\"Flat\",17,"     \
    "\"FlatMap\",[19,\"=KVP\"],\"Head\",[0,\"@x-head\"],\"Heads\",[16,\"@x-heads\"],"              \
    "\"Json\",[0,\"@x-json\",{\"j\":1}],\"Key\",[-1,\"{\"],\"Leaf\",20,\"List\",16,\"Long\",3,"    \
    "\"Map\",18,\"Metas\",[24,\"#x-meta-\"],\"More\",[24,\"?\"],\"Ratio\",5,\"Time\",6,"           \
    "\"Token\",[0,\"\",{\"i\":1}],\"When\",[6,\"@x-when\"]]," /* 22 */                             \
    "[{\"n\":\"Choice\",\"u\":1},\"a\",0,\"b\",20],"          /* 23 */                             \
    "{\"k\":0,\"v\":0},"                                      /* 24 */                             \
    "[{\"p\":\"Data\"},\"Data\",7,\"Key\",[-1,\"{\"]],"       /* 25 */                             \
    "[{\"p\":\"Leaf\"},\"Leaf\",20]"                          /* 26 */

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
                    "{\"passo\":1,\"service\":{\"id\":\"S3\",\"protocol\":\"%s\",\"target\":\"T\"},"
                    "\"shapes\":[%s],\"errors\":[[]],\"operations\":["
                    "[\"Paid\",\"POST /\",26,-1,0,{\"c\":1}],[\"Raw\",\"PUT /{Key+}\",25,-1,0],"
                    "[\"Tree\",\"PUT /a/{Key}/b?x=1\",22,-1,0,{\"h\":\"{Key}.\"}],"
                    "[\"Void\",\"GET /\",-1,-1,0]],\"paginators\":{},\"waiters\":{}}",
                    protocols[i], SHAPES);
        models[i] = ps_model_new(ps_buf_str(&text), &err);
        REQUIRE(models[i]);
        ps_buf_free(&text);
    }
}

static ps_value *draw_string(draw *d)
{
    ps_buf text = {0};
    for (unsigned n = draw_below(d, 8); n > 0; n--) {
        unsigned c = draw_below(d, 129);
        if (c == 128) {
            ps_buf_add(&text, PS_STR("\xC3\xA9"));
        } else {
            ps_buf_add_char(&text, (char)c);
        }
    }
    ps_value *v = ps_string(ps_buf_str(&text));
    ps_buf_free(&text);
    return v;
}

static ps_value *draw_scalar(draw *d)
{
    static const double odd[] = {0.5, -1e300, 1e12, 3.0, 253402300800.0};
    switch (draw_below(d, 6)) {
    case 0:
        return ps_null();
    case 1:
        return ps_bool(draw_below(d, 2));
    case 2:
        return ps_double(odd[draw_below(d, 5)]);
    case 3:
        return ps_number(PS_STR("-123456789012345678901234567890e-5"));
    case 4:
        return ps_int((int64_t)draw_below(d, 256) << draw_below(d, 55));
    default:
        return draw_string(d);
    }
}

static ps_value *draw_value(draw *d, const ps_shape *shape, unsigned depth);

static ps_value *draw_structure(draw *d, const ps_shape *shape, unsigned depth)
{
    ps_value *v = ps_object(0);
    for (size_t i = 0; i < shape->member_count; i++) {
        const ps_member *m = &shape->members[i];
        if (m->required || draw_below(d, 3) == 1) {
            ps_object_put_take(v, m->name, draw_value(d, m->shape, depth + 1));
        }
    }
    return v;
}

static ps_value *draw_value(draw *d, const ps_shape *shape, unsigned depth)
{
    if (draw_below(d, 32) == 31 || depth > 12) {
        return draw_scalar(d);
    }
    ps_value *v;
    switch (shape->kind) {
    case PS_SHAPE_STRUCTURE:
        return draw_structure(d, shape, depth);
    case PS_SHAPE_LIST:
        v = ps_array(0);
        for (unsigned n = draw_below(d, 4); n > 0; n--) {
            ps_array_add_take(v, draw_value(d, shape->members[0].shape, depth + 1));
        }
        return v;
    case PS_SHAPE_MAP:
        v = ps_object(0);
        for (unsigned n = draw_below(d, 4); n > 0; n--) {
            ps_object_set_take(v, draw_string(d),
                               draw_value(d, shape->members[1].shape, depth + 1));
        }
        return v;
    case PS_SHAPE_STRING:
    case PS_SHAPE_BLOB:
        return draw_string(d);
    case PS_SHAPE_BOOLEAN:
        return ps_bool(draw_below(d, 2));
    case PS_SHAPE_TIMESTAMP:
    case PS_SHAPE_INTEGER:
    case PS_SHAPE_LONG:
        return ps_int((int64_t)draw_below(d, 256) << draw_below(d, 40));
    default:
        return draw_scalar(d);
    }
}

/* Printable ASCII without blanks: nothing in a path, query or host can end the request line. */
static void require_plain(const ps_buf *text)
{
    for (size_t i = 0; i < text->len; i++) {
        REQUIRE(text->p[i] > ' ' && text->p[i] < 0x7F);
    }
}

static void write_call(const ps_operation *op, const ps_value *params)
{
    ps_error err = {0};
    if (ps_params_check(op, params, &err) != PS_OK) {
        REQUIRE(err.code == PS_EINPUT && err.text[0]);
        return;
    }
    ps_request req = {0};
    ps_write_options options = {.idempotency_token = PS_STR("token")};
    ps_status status = ps_protocol_write(op, params, &options, &req, &err);
    if (status == PS_OK) {
        REQUIRE(req.method.len && req.path.len && req.path.p[0] == '/');
        require_plain(&req.path);
        require_plain(&req.query);
        require_plain(&req.host_prefix);
        for (size_t i = 0; i < req.headers.count; i++) {
            REQUIRE(ps_header_may_be_sent(ps_headers_name(&req.headers, i),
                                          ps_headers_value(&req.headers, i)));
        }
    } else {
        REQUIRE(status == err.code && err.text[0]);
    }
    ps_request_free(&req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    make_models();
    draw d = {data, size};
    size_t which = draw_below(&d, 4);
    const ps_operation *op = &models[0]->operations[which];
    ps_value *params = op->input ? draw_value(&d, op->input->shape, 0) : ps_object(0);
    for (size_t i = 0; i < PROTOCOLS; i++) {
        write_call(&models[i]->operations[which], params);
    }
    ps_value_unref(params);
    return 0;
}
