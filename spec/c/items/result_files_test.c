/* result_files_test.c -- the files of a Map Run, by transformation and type. */
#include "check.h"
#include "items/result_files.h"
#include "value/json.h"

#define ARN "arn:aws:states:eu-west-1:123456789012:mapRun:shop/Each:0f1e"

static const char results[] =
    "[{\"Index\":0,\"Input\":{\"n\":1},\"Status\":\"SUCCEEDED\",\"Output\":[1,2],\"Name\":\"x0\"},"
    "{\"Index\":1,\"Input\":2,\"Status\":\"FAILED\",\"Error\":\"E\",\"Cause\":\"why\"},"
    "{\"Index\":2,\"Input\":3,\"Status\":\"SUCCEEDED\",\"Output\":{\"a\":1}},"
    "{\"Index\":3,\"Input\":4,\"Status\":\"PENDING\"}]";

static ps_value *parse(const char *text)
{
    return ps_json_parse(ps_str_from(text), NULL, &(ps_error){0});
}

static void keep(void *arg, ps_str key, ps_str bytes)
{
    ps_buf *all = arg;
    ps_buf_add(all, key);
    ps_buf_add_char(all, '\n');
    ps_buf_add(all, bytes);
    ps_buf_add_char(all, '\n');
}

static void exports(const char *config, size_t file_bytes, const char *want)
{
    ps_error err = {0};
    ps_buf all = {0};
    ps_value *c = config ? parse(config) : NULL;
    ps_value *from = parse(results);
    ps_value *arn = ps_string(PS_STR(ARN));
    ps_item_writer w = {.config = c,
                        .map_run = arn,
                        .bucket = PS_STR("bucket"),
                        .prefix = PS_STR("out"),
                        .file_bytes = file_bytes};
    ps_value *details = ps_item_writer_export(&w, from, keep, &all, &err);
    CHECK_STR(ps_buf_str(&all), want);
    CHECK_STR(ps_value_str(ps_object_get(details, PS_STR("Key"))), "out/0f1e/manifest.json");
    ps_value_unref(details);
    ps_value_unref(arn);
    ps_value_unref(from);
    ps_value_unref(c);
    ps_buf_free(&all);
}

static void previews(const char *config, const char *want)
{
    ps_error err = {0};
    ps_value *c = parse(config);
    ps_value *from = parse(results);
    ps_item_writer w = {.config = c};
    ps_value *got = ps_item_writer_preview(&w, from, &err);
    if (got) {
        ps_value *text = ps_json_string(got);
        CHECK_STR(ps_value_str(text), want);
        ps_value_unref(text);
    } else {
        CHECK_STR(ps_str_from(err.text), want);
    }
    ps_value_unref(got);
    ps_value_unref(from);
    ps_value_unref(c);
}

#define FAILED_RECORD                                                                              \
    "{\"Cause\":\"why\",\"Error\":\"E\",\"Input\":\"2\",\"InputDetails\":{\"Included\":true},"     \
    "\"RedriveCount\":0,\"RedriveStatus\":\"REDRIVABLE\",\"Status\":\"FAILED\"}"
#define PENDING_RECORD                                                                             \
    "{\"Input\":\"4\",\"InputDetails\":{\"Included\":true},\"Status\":\"PENDING\"}"
#define DONE                                                                                       \
    "\"RedriveCount\":0,\"RedriveStatus\":\"NOT_REDRIVABLE\",\"RedriveStatusReason\":"             \
    "\"Execution is SUCCEEDED and cannot be redriven\",\"Status\":\"SUCCEEDED\"}"
#define FAILED_FILES                                                                               \
    "out/0f1e/FAILED_0.json\n[" FAILED_RECORD "]\n"                                                \
    "out/0f1e/PENDING_0.json\n[" PENDING_RECORD "]\n"
#define MANIFEST_START                                                                             \
    "out/0f1e/manifest.json\n{\"DestinationBucket\":\"bucket\",\"MapRunArn\":\"" ARN "\","         \
    "\"ResultFiles\":{\"FAILED\":[{\"Key\":\"out/0f1e/FAILED_0.json\",\"Size\":138}],"             \
    "\"PENDING\":[{\"Key\":\"out/0f1e/PENDING_0.json\",\"Size\":67}],\"SUCCEEDED\":["

int main(void)
{
    exports(NULL, 0,
            "out/0f1e/SUCCEEDED_0.json\n"
            "[{\"Input\":\"{\\\"n\\\":1}\",\"InputDetails\":{\"Included\":true},\"Name\":\"x0\","
            "\"Output\":\"[1,2]\",\"OutputDetails\":{\"Included\":true}," DONE
            ",{\"Input\":\"3\",\"InputDetails\":{\"Included\":true},\"Output\":\"{\\\"a\\\":1}\","
            "\"OutputDetails\":{\"Included\":true}," DONE "]\n" FAILED_FILES MANIFEST_START
            "{\"Key\":\"out/0f1e/SUCCEEDED_0.json\",\"Size\":503}]}}\n");
    exports("{\"Transformation\":\"COMPACT\"}", 0,
            "out/0f1e/SUCCEEDED_0.json\n[[1,2],{\"a\":1}]\n" FAILED_FILES MANIFEST_START
            "{\"Key\":\"out/0f1e/SUCCEEDED_0.json\",\"Size\":15}]}}\n");
    exports("{\"Transformation\":\"FLATTEN\",\"OutputType\":\"JSON\"}", 6,
            "out/0f1e/SUCCEEDED_0.json\n[1,2]\n"
            "out/0f1e/SUCCEEDED_1.json\n[{\"a\":1}]\n" FAILED_FILES MANIFEST_START
            "{\"Key\":\"out/0f1e/SUCCEEDED_0.json\",\"Size\":5},"
            "{\"Key\":\"out/0f1e/SUCCEEDED_1.json\",\"Size\":9}]}}\n");
    previews("{\"Transformation\":\"FLATTEN\",\"OutputType\":\"JSON\"}",
             "[1,2," FAILED_RECORD ",{\"a\":1}," PENDING_RECORD "]");
    previews("{\"Transformation\":\"SQUASH\"}",
             "Transformation: expected NONE, COMPACT or FLATTEN");
    previews("{\"OutputType\":\"XML\"}", "OutputType: expected JSON or JSONL");
    return check_report();
}
