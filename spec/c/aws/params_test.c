#include "model_of.h"

static ps_model *model;

static void check_words(const char *params, const char *words)
{
    ps_error err = {0};
    ps_value *v = ps_json_parse(ps_str_from(params), NULL, &err);
    CHECK(v != NULL);
    ps_status status = ps_params_check(ps_model_operation(model, PS_STR("Op")), v, &err);
    CHECK(status == (*words ? PS_EINPUT : PS_OK));
    CHECK_STR(ps_str_from(*words ? err.text : ""), words);
    ps_value_unref(v);
}

/* A list in a list in a list ... as deep as values may be. */
static void check_depth(void)
{
    ps_value *v = ps_object(1);
    for (int i = 0; i < PS_MAX_DEPTH / 2 - 2; i++) {
        ps_value *list = ps_array(1), *up = ps_object(1);
        ps_array_add_take(list, v);
        ps_object_put_take(up, PS_STR("Self"), list);
        v = up;
    }
    ps_error err = {0};
    CHECK(ps_params_check(ps_model_operation(model, PS_STR("Deep")), v, &err) == PS_OK);
    ps_value_unref(v);
}

int main(void)
{
    model =
        model_of("\"protocol\":\"json\"",
                 "[\"Blob\",7,\"Choice\",17,\"Count\",2,\"Doc\",8,\"Flag\",1,\"Map\",18,"
                 "\"Name\",-1,\"Ratio\",5,\"Tags\",19,\"Token\",[-1,\"\",{\"i\":1}],\"When\",6],"
                 "[{\"u\":1},\"a\",0,\"b\",0],"       /* 17 */
                 "{\"k\":0,\"v\":2},"                 /* 18 */
                 "{\"l\":0},"                         /* 19 */
                 "[\"Self\",21],{\"l\":20,\"sp\":1}", /* 20, 21 */
                 "", "[\"Deep\",\"\",20,-1,0],[\"Op\",\"\",16,-1,0]");
    check_words("{\"Name\":\"n\"}", "");
    check_words("{}", "Name: is required, and was not given");
    check_words("{\"Name\":null}", "Name: is required, and was not given");
    check_words("[]", "parameters: expected an object, got a list");
    check_words("{\"nmae\":\"n\"}", "nmae: there is no such member; did you mean Name?");
    check_words("{\"Xylophone\":\"n\"}", "Xylophone: there is no such member");
    check_words("{\"Name\":\"n\",\"Count\":1.0}", "");
    check_words("{\"Name\":\"n\",\"Count\":1.5}", "Count: expected an integer");
    check_words("{\"Name\":\"n\",\"Count\":\"1\"}", "Count: expected an integer, got a string");
    check_words("{\"Name\":\"n\",\"Ratio\":\"NaN\"}", "");
    check_words("{\"Name\":\"n\",\"Ratio\":\"nan\"}", "Ratio: expected a number, got a string");
    check_words("{\"Name\":\"n\",\"Flag\":1}", "Flag: expected a boolean, got a number");
    check_words("{\"Name\":\"n\",\"Doc\":[{\"any\":null}]}", "");
    check_words("{\"Name\":\"n\",\"Choice\":{}}", "Choice: exactly one member must be given");
    check_words("{\"Name\":\"n\",\"Choice\":{\"a\":\"1\",\"b\":null}}", "");
    check_words("{\"Name\":\"n\",\"Map\":{\"x\":1,\"y\":\"2\"}}",
                "Map.y: expected an integer, got a string");
    check_words("{\"Name\":\"n\",\"Tags\":[\"a\",null]}", "Tags[2]: expected a string, got null");
    check_words("{\"Name\":\"n\",\"When\":\"2024-02-29T00:00:00Z\"}", "");
    check_words("{\"Name\":\"n\",\"When\":1e300}",
                "When: expected seconds since 1970 or ISO 8601 text");
    check_words("{\"Name\":\"n\",\"When\":\"2023-02-29T00:00:00Z\"}",
                "When: expected seconds since 1970 or ISO 8601 text");
    check_depth();
    ps_model_free(model);
    return check_report();
}
