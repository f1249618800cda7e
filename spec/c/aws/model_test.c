#include "aws/model.h"
#include "model_of.h"

static void check_refused(const char *text, const char *words)
{
    ps_error err = {0};
    ps_model *m = ps_model_new(ps_str_from(text), &err);
    CHECK(m == NULL);
    CHECK(err.code == PS_EINPUT);
    CHECK(strstr(err.text, words) != NULL);
    ps_model_free(m);
}

static void check_facts(void)
{
    ps_model *m =
        model_of("\"id\":\"Weather\",\"endpoint\":\"weather\",\"protocol\":\"rest-json\"",
                 "[{\"u\":1},\"a\",0,\"b\",-17]," /* 16, within itself */
                 "[\"Aa\",[0,\"=zz\"],\"Bb\",[0,\"@\"],\"Cc\",[-1,\"?c\",{\"i\":1}]]," /* 17 */
                 "[{\"n\":\"Busy\",\"x\":1,\"s\":503,\"c\":\"TooBusy\",\"r\":2}]",     /* 18 */
                 "18", "[\"Get\",\"GET /{Cc}\",17,-1,0,{\"a\":\"none\"}],[\"Put\",\"\",-1,16,0]");
    const ps_operation *get = ps_model_operation(m, PS_STR("Get"));
    CHECK(ps_model_operation(m, PS_STR("get")) == NULL);
    CHECK_STR(m->signing_name, "weather");
    CHECK_STR(get->method, "GET");
    CHECK_STR(get->uri, "/{Cc}");
    CHECK(get->anonymous && get->output == NULL && get->error_count == 1);
    const ps_shape *input = get->input->shape;
    const ps_member *aa = ps_shape_member(input, PS_STR("Aa"));
    CHECK_STR(aa->wire_name, "zz");
    CHECK(ps_shape_wire_member(input, PS_STR("zz")) == aa);
    CHECK(ps_shape_wire_member(input, PS_STR("Aa")) == NULL);
    const ps_member *cc = ps_shape_member(input, PS_STR("Cc"));
    CHECK(cc->idempotency && cc->location == PS_LOCATION_QUERY && cc->required);
    const ps_member *bb = ps_shape_member(input, PS_STR("Bb"));
    CHECK(bb->location == PS_LOCATION_HEADER && !bb->named);
    CHECK_STR(bb->wire_name, "Bb");
    const ps_shape *self = ps_model_operation(m, PS_STR("Put"))->output->shape;
    CHECK(self->is_union && self->members[1].shape == self && self->members[1].required);
    const ps_shape *busy = ps_model_exception(m, PS_STR("TooBusy"));
    CHECK(busy && busy == ps_model_exception(m, PS_STR("Busy")));
    CHECK(busy->throttling && busy->error_status == 503);
    CHECK(ps_model_exception(m, PS_STR("Busy2")) == NULL);
    ps_model_free(m);
}

/* A model may be anybody's: what writers and readers rely on is asked of it. */
static void check_shape_refused(const char *shape)
{
    ps_buf text = {0};
    ps_buf_addf(&text,
                "{\"passo\":1,\"service\":{\"protocol\":\"rest-json\"},\"shapes\":[%s],"
                "\"errors\":[],\"operations\":[]}",
                shape);
    ps_buf_add_char(&text, '\0');
    check_refused(text.p, "shape 16");
    ps_buf_free(&text);
}

static void check_patterns(void)
{
    ps_buf text = {0};
    ps_buf_addf(&text, "{\"passo\":1,\"service\":{\"protocol\":\"rest-json\"},\"shapes\":[],"
                       "\"errors\":[[]],\"operations\":[[\"Get\",\"GET /");
    for (int i = 0; i < 3000; i++) {
        ps_buf_add_char(&text, '{');
    }
    ps_buf_addf(&text, "\",-1,-1,0]]}");
    ps_buf_add_char(&text, '\0');
    check_refused(text.p, "operation 0");
    ps_buf_free(&text);
}

static void check_texts(void)
{
    ps_model *m =
        model_of("\"protocol\":\"rest-json\"",
                 "{\"l\":0},[\"A\",[16,\"@\",{\"i\":1,\"j\":1}],\"B\",[0,\"@\",{\"j\":1}]]", "",
                 "[\"Get\",\"GET /\",17,-1,0,{\"c\":1,\"ca\":\"A\"}]");
    const ps_operation *op = ps_model_operation(m, PS_STR("Get"));
    const ps_member *a = ps_shape_member(op->input->shape, PS_STR("A"));
    CHECK(!a->idempotency && !a->json_text && !op->checksum_algorithm);
    CHECK(ps_shape_member(op->input->shape, PS_STR("B"))->json_text);
    ps_model_free(m);
}

int main(void)
{
    check_facts();
    check_shape_refused("{\"k\":1,\"v\":0}");
    check_shape_refused("{\"k\":16,\"v\":0}");
    check_shape_refused("[\"A\",[0,\"#x-\"]]");
    check_patterns();
    check_texts();
    check_refused("", "no JSON");
    check_refused("{\"passo\":1}", "not a service model");
    check_refused("{\"passo\":1,\"shapes\":[],\"errors\":[],\"operations\":[]} x", "no JSON");
    check_refused("{\"passo\":2,\"shapes\":[],\"errors\":[],\"operations\":[]}", "format 2");
    check_refused("\"\xff\"", "UTF-8");
    check_refused("{\"passo\":1,\"service\":{\"protocol\":\"json\"},\"shapes\":[{\"l\":99}],"
                  "\"errors\":[],\"operations\":[]}",
                  "shape 16");
    return check_report();
}
