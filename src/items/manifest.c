/* manifest.c -- both kinds become a list of files and the configuration to read them with. */
#include "items/manifest.h"

#include "base/utf8.h"
#include "value/json.h"

static ps_str text_of(const ps_value *object, ps_str name)
{
    const ps_value *v =
        object && ps_value_kind(object) == PS_OBJECT ? ps_object_get(object, name) : NULL;
    return v && ps_value_kind(v) == PS_STRING ? ps_value_str(v) : (ps_str){0};
}

static void add_file(ps_value *files, ps_str bucket, ps_str key)
{
    ps_value *file = ps_object(2);
    ps_object_put_take(file, PS_STR("Bucket"), ps_string(bucket));
    ps_object_put_take(file, PS_STR("Key"), ps_string(key));
    ps_array_add_take(files, file);
}

static ps_str trim(ps_str s)
{
    while (s.len && memchr(" \t\r\"", s.p[0], 4)) {
        s = (ps_str){s.p + 1, s.len - 1};
    }
    while (s.len && memchr(" \t\r\"", s.p[s.len - 1], 4)) {
        s.len--;
    }
    return s;
}

/* The part before the next `separator`, which `*rest` then begins behind. */
static ps_str cut(ps_str *rest, char separator)
{
    const char *p = memchr(rest->p, separator, rest->len);
    ps_str part = {rest->p, p ? (size_t)(p - rest->p) : rest->len};
    size_t used = part.len + (p ? 1 : 0);
    *rest = (ps_str){rest->p + used, rest->len - used};
    return trim(part);
}

/* -- S3 Inventory -------------------------------------------------------------------------------
 */

/* "Bucket, Key, Size" names the columns of files that have no header row. */
static ps_value *inventory_config(ps_str schema)
{
    ps_value *headers = ps_array(0);
    ps_value *config = ps_object(3);
    while (schema.len) {
        ps_array_add_take(headers, ps_string(cut(&schema, ',')));
    }
    ps_object_put_take(config, PS_STR("InputType"), ps_string(PS_STR("CSV")));
    ps_object_put_take(config, PS_STR("CSVHeaderLocation"), ps_string(PS_STR("GIVEN")));
    ps_object_put_take(config, PS_STR("CSVHeaders"), headers);
    return config;
}

static bool add_inventory_files(const ps_value *manifest, ps_str bucket, ps_value *out)
{
    const ps_value *files = ps_object_get(manifest, PS_STR("files"));
    if (!files || ps_value_kind(files) != PS_ARRAY) {
        return false;
    }
    for (size_t i = 0; i < ps_value_count(files); i++) {
        ps_str key = text_of(ps_array_at(files, i), PS_STR("key"));
        if (!key.len) {
            return false;
        }
        add_file(out, bucket, key);
    }
    return true;
}

static ps_status read_inventory(ps_str text, ps_item_manifest *out, ps_error *err)
{
    ps_str arn = PS_STR("arn:aws:s3:::");
    ps_value *manifest = ps_json_parse(text, NULL, err);
    if (!manifest) {
        return err->code;
    }
    ps_str bucket = text_of(manifest, PS_STR("destinationBucket"));
    ps_str format = text_of(manifest, PS_STR("fileFormat"));
    ps_status status = PS_OK;
    if (ps_str_starts(bucket, arn)) {
        bucket = (ps_str){bucket.p + arn.len, bucket.len - arn.len};
    }
    if (format.len && !ps_str_equal(format, PS_STR("CSV"))) {
        status = ps_fail(err, PS_EUNSUPPORTED, 0, "the inventory's files are not CSV");
    } else if (ps_value_kind(manifest) != PS_OBJECT || !bucket.len ||
               !add_inventory_files(manifest, bucket, out->files)) {
        status = ps_fail(err, PS_EINPUT, 0, "not the manifest.json of an S3 Inventory");
    } else {
        out->config = inventory_config(text_of(manifest, PS_STR("fileSchema")));
    }
    ps_value_unref(manifest);
    return status;
}

/* -- Athena -------------------------------------------------------------------------------------
 */

/* A line is "s3://bucket/key". */
static bool add_uri(ps_str uri, ps_value *out)
{
    ps_str scheme = PS_STR("s3://");
    if (!ps_str_starts(uri, scheme)) {
        return false;
    }
    ps_str key = {uri.p + scheme.len, uri.len - scheme.len};
    ps_str bucket = cut(&key, '/');
    if (!bucket.len || !key.len) {
        return false;
    }
    add_file(out, bucket, key);
    return true;
}

static ps_status read_athena(const ps_value *config, ps_str text, ps_item_manifest *out,
                             ps_error *err)
{
    size_t line = 0;
    while (text.len) {
        ps_str uri = cut(&text, '\n');
        line++;
        if (uri.len && !add_uri(uri, out->files)) {
            return ps_fail(err, PS_EINPUT, 0, "line %zu: expected s3://bucket/key", line);
        }
    }
    out->config = ps_value_ref(config);
    return PS_OK;
}

ps_status ps_item_manifest_read(const ps_value *config, ps_str text, ps_item_manifest *out,
                                ps_error *err)
{
    *out = (ps_item_manifest){.files = ps_array(0)};
    ps_status status = ps_utf8_check(text) == text.len
                           ? PS_OK
                           : ps_fail(err, PS_EINPUT, 0, "the manifest is not encoded in UTF-8");
    if (status == PS_OK) {
        bool athena = ps_str_equal(text_of(config, PS_STR("ManifestType")), PS_STR("ATHENA_DATA"));
        status = athena ? read_athena(config, text, out, err) : read_inventory(text, out, err);
    }
    if (status != PS_OK) {
        ps_value_unref(out->files);
        *out = (ps_item_manifest){0};
    }
    return status;
}
