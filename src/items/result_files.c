/* result_files.c -- records by status, cut into files; each file's size for the manifest. */
#include "items/result_files.h"

#include "value/json.h"

typedef enum transformation { NONE, COMPACT, FLATTEN } transformation;

typedef struct style {
    transformation transformation;
    bool lines; /* JSONL */
} style;

typedef enum status { SUCCEEDED, FAILED, PENDING, STATUS_COUNT } status;

/* A file of one status in the making. */
typedef struct writing {
    const ps_item_writer *writer;
    ps_item_file *file;
    void *arg;
    style style;
    ps_buf folder; /* "<prefix>/<id>/" */
    const char *name;
    size_t number;
    ps_buf bytes;
    bool open;
    ps_value *listed; /* {Key, Size} of the files of this status */
} writing;

/* -- configuration ------------------------------------------------------------------------------
 */

static ps_str setting(const ps_value *config, ps_str name, ps_str otherwise)
{
    const ps_value *v = config ? ps_object_get(config, name) : NULL;
    if (!v || ps_value_kind(v) == PS_NULL) {
        return otherwise;
    }
    return ps_value_kind(v) == PS_STRING ? ps_value_str(v) : PS_STR("?");
}

static ps_status read_style(const ps_value *config, style *out, ps_error *err)
{
    if (config && ps_value_kind(config) != PS_OBJECT) {
        return ps_fail(err, PS_EINPUT, 0, "WriterConfig: expected an object");
    }
    ps_str way = setting(config, PS_STR("Transformation"), PS_STR("NONE"));
    ps_str type = setting(config, PS_STR("OutputType"), PS_STR("JSON"));
    out->lines = ps_str_equal(type, PS_STR("JSONL"));
    if (!out->lines && !ps_str_equal(type, PS_STR("JSON"))) {
        return ps_fail(err, PS_EINPUT, 0, "OutputType: expected JSON or JSONL");
    }
    if (ps_str_equal(way, PS_STR("NONE"))) {
        out->transformation = NONE;
    } else if (ps_str_equal(way, PS_STR("COMPACT"))) {
        out->transformation = COMPACT;
    } else if (ps_str_equal(way, PS_STR("FLATTEN"))) {
        out->transformation = FLATTEN;
    } else {
        return ps_fail(err, PS_EINPUT, 0, "Transformation: expected NONE, COMPACT or FLATTEN");
    }
    return PS_OK;
}

/* -- records ------------------------------------------------------------------------------------
 */

static status status_of(const ps_value *result)
{
    const ps_value *v = ps_object_get(result, PS_STR("Status"));
    ps_str name = v && ps_value_kind(v) == PS_STRING ? ps_value_str(v) : PS_STR("PENDING");
    if (ps_str_equal(name, PS_STR("SUCCEEDED"))) {
        return SUCCEEDED;
    }
    return ps_str_equal(name, PS_STR("PENDING")) ? PENDING : FAILED;
}

static void copy(const ps_value *from, const char *name, ps_value *to)
{
    const ps_value *v = ps_object_get(from, ps_str_from(name));
    if (v) {
        ps_object_put_take(to, ps_str_from(name), ps_value_ref(v));
    }
}

/* Input and Output stand as JSON text, with a note that they are there in full. */
static void copy_text(const ps_value *from, const char *name, const char *details, ps_value *to)
{
    const ps_value *v = ps_object_get(from, ps_str_from(name));
    if (!v) {
        return;
    }
    ps_object_put_take(to, ps_str_from(name), ps_json_string(v));
    ps_value *included = ps_object(1);
    ps_object_put_take(included, PS_STR("Included"), ps_bool(true));
    ps_object_put_take(to, ps_str_from(details), included);
}

static void add_redrive(const ps_value *result, status s, ps_value *to)
{
    const ps_value *count = ps_object_get(result, PS_STR("RedriveCount"));
    bool succeeded = s == SUCCEEDED;
    ps_object_put_take(to, PS_STR("RedriveCount"), count ? ps_value_ref(count) : ps_int(0));
    ps_object_put_take(to, PS_STR("RedriveStatus"),
                       ps_string(succeeded ? PS_STR("NOT_REDRIVABLE") : PS_STR("REDRIVABLE")));
    if (succeeded) {
        ps_object_put_take(to, PS_STR("RedriveStatusReason"),
                           ps_string(PS_STR("Execution is SUCCEEDED and cannot be redriven")));
    }
}

/* The record of one child, its members in the order of their names, as AWS writes them. */
static ps_value *record(const ps_value *result, status s)
{
    ps_value *r = ps_object(16);
    copy(result, "Cause", r);
    copy(result, "Error", r);
    copy(result, "ExecutionArn", r);
    copy_text(result, "Input", "InputDetails", r);
    copy(result, "Name", r);
    copy_text(result, "Output", "OutputDetails", r);
    if (s != PENDING) {
        add_redrive(result, s, r);
    }
    copy(result, "StartDate", r);
    copy(result, "StateMachineArn", r);
    copy(result, "Status", r);
    copy(result, "StopDate", r);
    return r;
}

/* Calls `take` for every value that `result` contributes. Failed children keep their records. */
static void transform(const style *how, const ps_value *result, void *arg,
                      void (*take)(void *arg, const ps_value *v))
{
    status s = status_of(result);
    const ps_value *output = ps_object_get(result, PS_STR("Output"));
    if (how->transformation == NONE || s != SUCCEEDED || !output) {
        ps_value *r = record(result, s);
        take(arg, r);
        ps_value_unref(r);
    } else if (how->transformation == FLATTEN && ps_value_kind(output) == PS_ARRAY) {
        for (size_t i = 0; i < ps_value_count(output); i++) {
            take(arg, ps_array_at(output, i));
        }
    } else {
        take(arg, output);
    }
}

/* -- files --------------------------------------------------------------------------------------
 */

static void print_key(const writing *w, ps_buf *out)
{
    ps_buf_add(out, ps_buf_str(&w->folder));
    ps_buf_addf(out, "%s_%zu.json", w->name, w->number);
}

static void close_file(writing *w)
{
    ps_buf key = {0};
    if (!w->open) {
        return;
    }
    if (!w->style.lines) {
        ps_buf_add_char(&w->bytes, ']');
    }
    print_key(w, &key);
    w->file(w->arg, ps_buf_str(&key), ps_buf_str(&w->bytes));
    ps_value *entry = ps_object(2);
    ps_object_put_take(entry, PS_STR("Key"), ps_string(ps_buf_str(&key)));
    ps_object_put_take(entry, PS_STR("Size"), ps_int((int64_t)w->bytes.len));
    ps_array_add_take(w->listed, entry);
    ps_buf_free(&key);
    ps_buf_clear(&w->bytes);
    w->open = false;
    w->number++;
}

static void write_value(void *arg, const ps_value *v)
{
    writing *w = arg;
    size_t most = w->writer->file_bytes;
    size_t bytes = ps_value_bytes(v);
    /* 2: a comma or newline, and the closing bracket */
    if (w->open && most && (w->bytes.len + 2 > most || bytes > most - w->bytes.len - 2)) {
        close_file(w);
    }
    if (!w->style.lines) {
        ps_buf_add_char(&w->bytes, w->open ? ',' : '[');
    }
    ps_json_print(v, &w->bytes);
    if (w->style.lines) {
        ps_buf_add_char(&w->bytes, '\n');
    }
    w->open = true;
}

/* All files of one status; returns their list. */
static ps_value *write_status(writing *w, const ps_value *results, status s, const char *name)
{
    w->name = name;
    w->number = 0;
    w->listed = ps_array(0);
    for (size_t i = 0; i < ps_value_count(results); i++) {
        const ps_value *result = ps_array_at(results, i);
        if (status_of(result) == s) {
            transform(&w->style, result, w, write_value);
        }
    }
    close_file(w);
    return w->listed;
}

/* "<prefix>/<id>/": the id is what stands behind the last ':' of the Map Run's ARN. */
static void print_folder(const ps_item_writer *w, ps_buf *out)
{
    ps_str arn = ps_value_str(w->map_run);
    size_t begin = arn.len;
    while (begin > 0 && arn.p[begin - 1] != ':') {
        begin--;
    }
    if (w->prefix.len) {
        ps_buf_add(out, w->prefix);
        if (w->prefix.p[w->prefix.len - 1] != '/') {
            ps_buf_add_char(out, '/');
        }
    }
    ps_buf_add(out, (ps_str){arn.p + begin, arn.len - begin});
    ps_buf_add_char(out, '/');
}

static ps_value *write_manifest(writing *w, ps_value *files_take)
{
    ps_buf key = {0};
    ps_buf bytes = {0};
    ps_value *manifest = ps_object(3);
    ps_object_put_take(manifest, PS_STR("DestinationBucket"), ps_string(w->writer->bucket));
    ps_object_put_take(manifest, PS_STR("MapRunArn"), ps_value_ref(w->writer->map_run));
    ps_object_put_take(manifest, PS_STR("ResultFiles"), files_take);
    ps_json_print(manifest, &bytes);
    ps_buf_add(&key, ps_buf_str(&w->folder));
    ps_buf_add(&key, PS_STR("manifest.json"));
    w->file(w->arg, ps_buf_str(&key), ps_buf_str(&bytes));
    ps_value *details = ps_object(2);
    ps_object_put_take(details, PS_STR("Bucket"), ps_string(w->writer->bucket));
    ps_object_put_take(details, PS_STR("Key"), ps_string(ps_buf_str(&key)));
    ps_value_unref(manifest);
    ps_buf_free(&bytes);
    ps_buf_free(&key);
    return details;
}

ps_value *ps_item_writer_export(const ps_item_writer *writer, const ps_value *results,
                                ps_item_file *file, void *arg, ps_error *err)
{
    writing w = {.writer = writer, .file = file, .arg = arg};
    if (read_style(writer->config, &w.style, err) != PS_OK) {
        return NULL;
    }
    print_folder(writer, &w.folder);
    ps_value *succeeded = write_status(&w, results, SUCCEEDED, "SUCCEEDED");
    ps_value *failed = write_status(&w, results, FAILED, "FAILED");
    ps_value *pending = write_status(&w, results, PENDING, "PENDING");
    ps_value *files = ps_object(STATUS_COUNT);
    ps_object_put_take(files, PS_STR("FAILED"), failed);
    ps_object_put_take(files, PS_STR("PENDING"), pending);
    ps_object_put_take(files, PS_STR("SUCCEEDED"), succeeded);
    ps_value *details = write_manifest(&w, files);
    ps_buf_free(&w.folder);
    ps_buf_free(&w.bytes);
    return details;
}

/* -- without a bucket ---------------------------------------------------------------------------
 */

static void add_value(void *arg, const ps_value *v)
{
    ps_array_add_take(arg, ps_value_ref(v));
}

static void add_line(void *arg, const ps_value *v)
{
    ps_buf *lines = arg;
    ps_json_print(v, lines);
    ps_buf_add_char(lines, '\n');
}

ps_value *ps_item_writer_preview(const ps_item_writer *w, const ps_value *results, ps_error *err)
{
    style s;
    ps_buf lines = {0};
    if (read_style(w->config, &s, err) != PS_OK) {
        return NULL;
    }
    ps_value *values = s.lines ? NULL : ps_array(ps_value_count(results));
    for (size_t i = 0; i < ps_value_count(results); i++) {
        const ps_value *result = ps_array_at(results, i);
        if (s.lines) {
            transform(&s, result, &lines, add_line);
        } else {
            transform(&s, result, values, add_value);
        }
    }
    if (s.lines) {
        values = ps_string(ps_buf_str(&lines));
    }
    ps_buf_free(&lines);
    return values;
}
