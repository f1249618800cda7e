/* reader_csv.c -- rows of CSV become objects of strings, their keys the headers. */
#include "base/utf8.h"
#include "items/reader_layout.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

static const struct {
    ps_str name;
    char delimiter;
} delimiters[] = {
    {{"COMMA", 5}, ','}, {{"PIPE", 4}, '|'}, {{"SEMICOLON", 9}, ';'},
    {{"SPACE", 5}, ' '}, {{"TAB", 3}, '\t'},
};

static ps_status read_delimiter(const ps_value *config, char *out, ps_error *err)
{
    const ps_value *v = ps_object_get(config, PS_STR("CSVDelimiter"));
    *out = ',';
    if (!v) {
        return PS_OK;
    }
    for (size_t i = 0; i < sizeof delimiters / sizeof *delimiters; i++) {
        if (ps_value_kind(v) == PS_STRING && ps_str_equal(ps_value_str(v), delimiters[i].name)) {
            *out = delimiters[i].delimiter;
            return PS_OK;
        }
    }
    return ps_fail(err, PS_EINPUT, 0,
                   "CSVDelimiter: expected COMMA, PIPE, SEMICOLON, SPACE or TAB");
}

static bool have_duplicates(const ps_value *headers)
{
    ps_value *seen = ps_object(ps_value_count(headers));
    for (size_t i = 0; i < ps_value_count(headers); i++) {
        ps_object_set_take(seen, ps_value_ref(ps_array_at(headers, i)), ps_null());
    }
    bool duplicates = ps_value_count(seen) < ps_value_count(headers);
    ps_value_unref(seen);
    return duplicates;
}

static bool set_headers_take(ps_item_reader *r, ps_value *headers)
{
    r->headers = headers;
    return !have_duplicates(headers) ||
           ps_item_reader_fail(r, "CSV headers cannot contain duplicates.");
}

static ps_status read_headers(ps_item_reader *r, const ps_value *config, ps_error *err)
{
    const ps_value *place = ps_object_get(config, PS_STR("CSVHeaderLocation"));
    const ps_value *given = ps_object_get(config, PS_STR("CSVHeaders"));
    if (!place || ps_value_kind(place) != PS_STRING ||
        !ps_str_equal(ps_value_str(place), PS_STR("GIVEN"))) {
        return PS_OK;
    }
    if (!given || ps_value_kind(given) != PS_ARRAY) {
        return ps_fail(err, PS_EINPUT, 0, "CSVHeaders: expected an array of strings");
    }
    for (size_t i = 0; i < ps_value_count(given); i++) {
        if (ps_value_kind(ps_array_at(given, i)) != PS_STRING) {
            return ps_fail(err, PS_EINPUT, 0, "CSVHeaders: expected strings only");
        }
    }
    set_headers_take(r, ps_value_ref(given));
    return PS_OK;
}

static bool strings(ps_item_reader *r, const ps_str *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ps_utf8_check(cells[i]) != cells[i].len) {
            return ps_item_reader_fail(r, "The CSV file is not encoded in UTF-8.");
        }
    }
    return true;
}

static bool take_headers(ps_item_reader *r, const ps_str *cells, size_t count)
{
    ps_value *headers = ps_array(count);
    for (size_t i = 0; i < count; i++) {
        ps_array_add_take(headers, ps_string(cells[i]));
    }
    return set_headers_take(r, headers);
}

/* Missing cells are empty strings; superfluous ones are dropped. */
static bool take_row(void *arg, const ps_str *cells, size_t count)
{
    ps_item_reader *r = arg;
    if (!strings(r, cells, count)) {
        return false;
    }
    if (!r->headers) {
        return take_headers(r, cells, count);
    }
    size_t width = ps_value_count(r->headers);
    ps_value *item = ps_object(width);
    for (size_t i = 0; i < width; i++) {
        ps_object_set_take(item, ps_value_ref(ps_array_at(r->headers, i)),
                           ps_string(i < count ? cells[i] : PS_STR("")));
    }
    return ps_item_reader_add_take(r, item);
}

ps_status ps_item_csv_configure(ps_item_reader *r, const ps_value *config, ps_error *err)
{
    char delimiter;
    if (read_delimiter(config, &delimiter, err) != PS_OK || read_headers(r, config, err) != PS_OK) {
        return err->code;
    }
    r->csv = ps_csv_new(delimiter, PS_MAX_ITEM_BYTES, take_row, r);
    return PS_OK;
}

static void feed(ps_item_reader *r, ps_str chunk)
{
    ps_error err;
    if (ps_csv_feed(r->csv, chunk, &err) != PS_OK) {
        ps_item_reader_fail(r, "The CSV file cannot be read: %s.", err.text);
    }
}

/* The first bytes wait until it is known whether they are a byte order mark. */
static bool pass_mark(ps_item_reader *r, ps_str *chunk)
{
    ps_str mark = PS_STR(BYTE_ORDER_MARK);
    while (chunk->len && r->text.len < mark.len && chunk->p[0] == mark.p[r->text.len]) {
        ps_buf_add_char(&r->text, chunk->p[0]);
        *chunk = (ps_str){chunk->p + 1, chunk->len - 1};
    }
    if (!chunk->len && r->text.len < mark.len) {
        return false;
    }
    r->at_start = false;
    if (r->text.len < mark.len) {
        feed(r, ps_buf_str(&r->text));
    }
    ps_buf_clear(&r->text);
    return true;
}

void ps_item_csv_feed(ps_item_reader *r, ps_str chunk)
{
    if (!r->at_start || pass_mark(r, &chunk)) {
        feed(r, chunk);
    }
}

void ps_item_csv_end(ps_item_reader *r)
{
    ps_error err;
    if (r->at_start) {
        feed(r, ps_buf_str(&r->text));
        ps_buf_clear(&r->text);
    }
    ps_csv_end(r->csv, &err);
}
