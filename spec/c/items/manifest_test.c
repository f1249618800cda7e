/* manifest_test.c -- files listed by an S3 Inventory and by Athena. */
#include "check.h"
#include "items/manifest.h"
#include "items/reader.h"
#include "value/json.h"

static ps_value *parse(const char *text)
{
    return ps_json_parse(ps_str_from(text), NULL, &(ps_error){0});
}

static void lists(const char *config, const char *text, const char *files, const char *read_with)
{
    ps_error err = {0};
    ps_item_manifest m;
    ps_value *c = parse(config);
    CHECK(ps_item_manifest_read(c, ps_str_from(text), &m, &err) == PS_OK);
    ps_value *got = ps_json_string(m.files);
    ps_value *got_config = ps_json_string(m.config);
    CHECK_STR(ps_value_str(got), files);
    CHECK_STR(ps_value_str(got_config), read_with);
    ps_item_reader *r = ps_item_reader_new(m.config, 0, &err);
    CHECK(r != NULL);
    ps_item_reader_free(r);
    ps_value_unref(got);
    ps_value_unref(got_config);
    ps_value_unref(m.files);
    ps_value_unref(m.config);
    ps_value_unref(c);
}

static void refuses(const char *config, const char *text, ps_status code)
{
    ps_error err = {0};
    ps_item_manifest m;
    ps_value *c = parse(config);
    CHECK(ps_item_manifest_read(c, ps_str_from(text), &m, &err) == code);
    CHECK(!m.files && !m.config);
    ps_value_unref(c);
}

int main(void)
{
    lists("{\"InputType\":\"MANIFEST\"}",
          "{\"destinationBucket\":\"arn:aws:s3:::lists\",\"fileFormat\":\"CSV\","
          "\"fileSchema\":\"Bucket, Key\",\"files\":[{\"key\":\"d/1.csv.gz\",\"size\":3}]}",
          "[{\"Bucket\":\"lists\",\"Key\":\"d/1.csv.gz\"}]",
          "{\"InputType\":\"CSV\",\"CSVHeaderLocation\":\"GIVEN\","
          "\"CSVHeaders\":[\"Bucket\",\"Key\"]}");
    lists("{\"InputType\":\"JSONL\",\"ManifestType\":\"ATHENA_DATA\"}",
          "s3://b/out/1.gz\r\n\"s3://b/out/2\"\n\n",
          "[{\"Bucket\":\"b\",\"Key\":\"out/1.gz\"},{\"Bucket\":\"b\",\"Key\":\"out/2\"}]",
          "{\"InputType\":\"JSONL\",\"ManifestType\":\"ATHENA_DATA\"}");
    refuses("{\"ManifestType\":\"ATHENA_DATA\"}", "b/1\n", PS_EINPUT);
    refuses("{\"ManifestType\":\"ATHENA_DATA\"}", "s3://b\n", PS_EINPUT);
    refuses("{}", "{", PS_EINPUT);
    refuses("{}", "[]", PS_EINPUT);
    refuses("{}", "{\"destinationBucket\":\"b\",\"files\":[{}]}", PS_EINPUT);
    refuses("{}", "{\"destinationBucket\":\"b\",\"fileFormat\":\"ORC\",\"files\":[]}",
            PS_EUNSUPPORTED);
    return check_report();
}
