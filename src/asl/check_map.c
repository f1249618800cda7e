/* check_map.c -- the objects inside a Map: processor, reader, batcher, writer; and its label. */
#include "asl/check_value.h"
#include "base/utf8.h"

#define ROW(name, check)                                                                           \
    {                                                                                              \
        PS_FIELD(name), PS_ANYWHERE, PS_BOTH, check, 0, 0, NULL                                    \
    }
#define ENUM(name, values)                                                                         \
    {                                                                                              \
        PS_FIELD(name), PS_ANYWHERE, PS_BOTH, ps_check_enum, 0, 0, values                          \
    }
#define COUNT(name, min, max)                                                                      \
    {                                                                                              \
        PS_FIELD(name), PS_ANYWHERE, PS_BOTH, ps_check_integer, min, max, NULL                     \
    }
#define ONLY(language, name, check)                                                                \
    {                                                                                              \
        PS_FIELD(name), PS_ANYWHERE, language, check, 0, 0, NULL                                   \
    }
#define CHECK(w, object, table)                                                                    \
    ps_check_fields(w, object, table, sizeof table / sizeof table[0], PS_ANYWHERE, true)

static void check_config(ps_walk *w, const ps_value *v, const ps_field *f);
static void check_reader_config(ps_walk *w, const ps_value *v, const ps_field *f);
static void check_reader_resource(ps_walk *w, const ps_value *v, const ps_field *f);
static void check_writer_resource(ps_walk *w, const ps_value *v, const ps_field *f);
static void check_writer_config(ps_walk *w, const ps_value *v, const ps_field *f);
static void check_headers(ps_walk *w, const ps_value *v, const ps_field *f);

static const ps_field config_fields[] = {
    ENUM("Mode", "INLINE, DISTRIBUTED"),
    ENUM("ExecutionType", "STANDARD, EXPRESS"),
};

static const ps_field processor_fields[] = {
    ROW("Comment", NULL),
    ROW("StartAt", ps_check_string),
    ROW("States", NULL), /* ps_check_graph */
    ROW("ProcessorConfig", check_config),
};

static const ps_field reader_fields[] = {
    ROW("Resource", check_reader_resource),
    ONLY(PS_JSONPATH, "Parameters", ps_check_template),
    ONLY(PS_JSONATA, "Arguments", ps_check_template),
    ROW("ReaderConfig", check_reader_config),
};

static const ps_field reader_config_fields[] = {
    ENUM("InputType", "CSV, JSON, JSONL, PARQUET, MANIFEST"),
    ENUM("Transformation", "NONE, LOAD_AND_FLATTEN"),
    ENUM("ManifestType", "ATHENA_DATA, S3_INVENTORY"),
    ENUM("CSVDelimiter", "COMMA, PIPE, SEMICOLON, SPACE, TAB"),
    ENUM("CSVHeaderLocation", "FIRST_ROW, GIVEN"),
    ROW("CSVHeaders", check_headers),
    ROW("ItemsPointer", ps_check_string),
    COUNT("MaxItems", 0, 0),
    ONLY(PS_JSONPATH, "MaxItemsPath", ps_check_reference),
};

static const ps_field batcher_fields[] = {
    COUNT("MaxItemsPerBatch", 1, 0),
    ONLY(PS_JSONPATH, "MaxItemsPerBatchPath", ps_check_reference),
    COUNT("MaxInputBytesPerBatch", 1, 262144),
    ONLY(PS_JSONPATH, "MaxInputBytesPerBatchPath", ps_check_reference),
    ROW("BatchInput", ps_check_template),
};

static const ps_field writer_fields[] = {
    ROW("Resource", check_writer_resource),
    ONLY(PS_JSONPATH, "Parameters", ps_check_template),
    ONLY(PS_JSONATA, "Arguments", ps_check_template),
    ROW("WriterConfig", check_writer_config),
};

static const ps_field writer_config_fields[] = {
    ENUM("Transformation", "NONE, COMPACT, FLATTEN"),
    ENUM("OutputType", "JSON, JSONL"),
};

/* False where the value is none to look into. */
static bool is_object(ps_walk *w, const ps_value *v)
{
    return !ps_check_placeholder(v) && ps_check_kind(w, v, PS_OBJECT);
}

static bool distributed(const ps_value *processor)
{
    const ps_value *config = ps_check_get(processor, "ProcessorConfig");
    return config && ps_str_equal(ps_check_text(config, "Mode"), PS_STR("DISTRIBUTED"));
}

static void check_config(ps_walk *w, const ps_value *v, const ps_field *f)
{
    static const char *const type[] = {"ExecutionType", NULL};
    (void)f;
    if (!is_object(w, v)) {
        return;
    }
    ps_str mode = ps_check_text(v, "Mode");
    if (ps_str_equal(mode, PS_STR("DISTRIBUTED"))) {
        ps_check_required(w, v, type);
        if (w->express) {
            ps_walk_error_in(w, PS_STR("Mode"),
                             "The field 'Mode' with value 'DISTRIBUTED' is not supported inside "
                             "'EXPRESS' state machines");
        }
    } else if (ps_str_equal(mode, PS_STR("INLINE")) && ps_check_get(v, type[0])) {
        ps_walk_error(w, "Field 'ExecutionType' is not supported");
    }
    CHECK(w, v, config_fields);
}

void ps_check_processor(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    if (!is_object(w, v)) {
        return;
    }
    CHECK(w, v, processor_fields);
    bool outer = w->express, apart = distributed(v);
    if (apart) { /* children are executions of a type of their own */
        ps_str type = ps_check_text(ps_check_get(v, "ProcessorConfig"), "ExecutionType");
        w->express = ps_str_equal(type, PS_STR("EXPRESS"));
    }
    ps_check_graph(w, v, apart);
    w->express = outer;
}

/* "arn:<partition>:states:::s3:<one of the actions>" */
static bool is_s3(const ps_value *v, const char *first, const char *second)
{
    ps_resource r;
    return ps_value_kind(v) == PS_STRING && ps_resource_parse(ps_value_str(v), &r) &&
           ps_str_equal(r.service, PS_STR("s3")) &&
           (ps_str_equal(r.action, ps_str_from(first)) ||
            ps_str_equal(r.action, ps_str_from(second)));
}

static void check_resource(ps_walk *w, const ps_value *v, const char *first, const char *second)
{
    bool later = ps_value_kind(v) == PS_STRING && ps_value_str(v).len > 0 &&
                 memchr(ps_value_str(v).p, '$', ps_value_str(v).len);
    if (!later && ps_check_kind(w, v, PS_STRING) && !is_s3(v, first, second)) {
        ps_walk_error(w, "The field 'Resource' does not match any of the allowed values");
    }
}

static void check_reader_resource(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    check_resource(w, v, "getObject", "listObjectsV2");
}

static void check_writer_resource(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    check_resource(w, v, "putObject", "putObject");
}

void ps_check_reader(ps_walk *w, const ps_value *v, const ps_field *f)
{
    static const char *const resource[] = {"Resource", NULL};
    (void)f;
    if (is_object(w, v)) {
        ps_check_required(w, v, resource);
        CHECK(w, v, reader_fields);
    }
}

static void check_headers(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_ARRAY)) {
        return;
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        ps_mark mark = ps_walk_enter_index(w, i);
        (void)ps_check_kind(w, ps_array_at(v, i), PS_STRING);
        ps_walk_leave(w, mark);
    }
}

static void check_reader_config(ps_walk *w, const ps_value *v, const ps_field *f)
{
    static const char *const headers[] = {"CSVHeaders", NULL};
    static const char *const items[] = {"MaxItems", "MaxItemsPath", NULL};
    (void)f;
    if (!is_object(w, v)) {
        return;
    }
    ps_str type = ps_check_text(v, "InputType");
    bool csv = ps_str_equal(type, PS_STR("CSV"));
    if (csv && !ps_check_get(v, "CSVHeaderLocation") && !ps_check_get(v, "ManifestType")) {
        ps_walk_error(w, "The field 'CSVHeaderLocation' is required");
    }
    if (type.len > 0 && !csv && !ps_str_equal(type, PS_STR("MANIFEST")) &&
        ps_check_get(v, "CSVHeaderLocation")) {
        ps_walk_error(w, "Field 'CSVHeaderLocation' is not supported");
    }
    if (ps_str_equal(ps_check_text(v, "CSVHeaderLocation"), PS_STR("GIVEN"))) {
        ps_check_required(w, v, headers);
    }
    ps_check_one_of(w, v, items, false);
    CHECK(w, v, reader_config_fields);
}

void ps_check_batcher(ps_walk *w, const ps_value *v, const ps_field *f)
{
    static const char *const items[] = {"MaxItemsPerBatch", "MaxItemsPerBatchPath", NULL};
    static const char *const bytes[] = {"MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", NULL};
    (void)f;
    if (is_object(w, v)) {
        ps_check_one_of(w, v, items, false);
        ps_check_one_of(w, v, bytes, false);
        CHECK(w, v, batcher_fields);
    }
}

void ps_check_writer(ps_walk *w, const ps_value *v, const ps_field *f)
{
    static const char *const resource[] = {"Resource", NULL};
    (void)f;
    if (!is_object(w, v)) {
        return;
    }
    if (!ps_check_get(v, "WriterConfig")) {
        ps_check_required(w, v, resource);
    }
    CHECK(w, v, writer_fields);
}

static void check_writer_config(ps_walk *w, const ps_value *v, const ps_field *f)
{
    static const char *const both[] = {"Transformation", "OutputType", NULL};
    (void)f;
    if (is_object(w, v)) {
        ps_check_required(w, v, both);
        CHECK(w, v, writer_config_fields);
    }
}

/* What AWS forbids in the names of its resources: white space, wildcards, brackets, special and
 * control characters. */
static bool forbidden(uint32_t c)
{
    static const char special[] = "<>{}[]?*\"#%\\^|~`$&,;:/";
    return c <= 0x20 || (c >= 0x7f && c <= 0x9f) || (c < 0x80 && strchr(special, (int)c));
}

void ps_check_label(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_STRING)) {
        return;
    }
    ps_str s = ps_value_str(v);
    if (s.len == 0) {
        ps_walk_fault(w, "INVALID_LABEL_NAME", "Label cannot be empty");
    }
    if (ps_utf8_count(s) > 40) {
        ps_walk_fault(w, "INVALID_LABEL_NAME", "Label cannot exceed 40 characters");
    }
    for (size_t at = 0; at < s.len;) {
        uint32_t c = ps_utf8_next(s, &at);
        if (forbidden(c)) {
            ps_walk_fault(w, "INVALID_LABEL_NAME", "Label contains invalid character: U+%04X",
                          (unsigned)c);
            break;
        }
    }
    if (ps_object_get(w->labels, s)) {
        ps_walk_fault(w, "DUPLICATE_LABEL_NAME", "Duplicate Label name: %.*s", PS_WORDS(s));
    }
    ps_object_put_take(w->labels, s, ps_bool(true));
}
