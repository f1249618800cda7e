/* reader.c -- the reader's configuration, limits and faults; formats are in reader_csv.c and
 * reader_json.c. */
#include "base/mem.h"
#include "items/reader_layout.h"

#include <stdarg.h>
#include <stdio.h>

bool ps_item_reader_fail(ps_item_reader *r, const char *cause_format, ...)
{
    if (!r->faulted) {
        char words[320];
        va_list arguments;
        va_start(arguments, cause_format);
        vsnprintf(words, sizeof words, cause_format, arguments);
        va_end(arguments);
        ps_buf_add(&r->cause, ps_str_from(words));
        r->fault = (ps_item_fault){PS_STR("States.ItemReaderFailed"), ps_buf_str(&r->cause)};
        r->faulted = true;
    }
    return false;
}

bool ps_item_reader_add_take(ps_item_reader *r, ps_value *item)
{
    ps_array_add_take(r->items, item);
    return ++r->count < r->max_items;
}

static const ps_value *member(const ps_value *config, ps_str name)
{
    const ps_value *v = config ? ps_object_get(config, name) : NULL;
    return v && ps_value_kind(v) != PS_NULL ? v : NULL;
}

static ps_status read_format(ps_item_reader *r, const ps_value *config, ps_error *err)
{
    const ps_value *type = member(config, PS_STR("InputType"));
    ps_str name = type && ps_value_kind(type) == PS_STRING ? ps_value_str(type) : PS_STR("JSON");
    if (ps_str_equal(name, PS_STR("JSON"))) {
        r->format = PS_ITEMS_JSON;
    } else if (ps_str_equal(name, PS_STR("JSONL"))) {
        r->format = PS_ITEMS_JSONL;
    } else if (ps_str_equal(name, PS_STR("CSV"))) {
        r->format = PS_ITEMS_CSV;
    } else if (ps_str_equal(name, PS_STR("PARQUET"))) {
        return ps_fail(err, PS_EUNSUPPORTED, 0,
                       "InputType PARQUET: built without a Parquet library");
    } else if (ps_str_equal(name, PS_STR("MANIFEST"))) {
        return ps_fail(err, PS_EUNSUPPORTED, 0,
                       "InputType MANIFEST: its files are read one by one");
    } else {
        return ps_fail(err, PS_EINPUT, 0, "InputType: expected CSV, JSON or JSONL, found '%.*s'",
                       (int)(name.len < 40 ? name.len : 40), name.p);
    }
    return PS_OK;
}

ps_item_reader *ps_item_reader_new(const ps_value *config, int64_t max_items, ps_error *err)
{
    ps_item_reader *r = ps_alloc_zeroed(1, sizeof *r);
    r->items = ps_array(0);
    r->at_start = true;
    r->max_items = max_items > 0 && (uint64_t)max_items < SIZE_MAX ? (size_t)max_items : SIZE_MAX;
    if (config && ps_value_kind(config) != PS_OBJECT) {
        ps_fail(err, PS_EINPUT, 0, "ReaderConfig: expected an object");
        goto fail;
    }
    if (read_format(r, config, err) != PS_OK) {
        goto fail;
    }
    if (r->format == PS_ITEMS_CSV && ps_item_csv_configure(r, config, err) != PS_OK) {
        goto fail;
    }
    const ps_value *pointer = member(config, PS_STR("ItemsPointer"));
    if (pointer && ps_value_kind(pointer) != PS_STRING) {
        ps_fail(err, PS_EINPUT, 0, "ItemsPointer: expected a string");
        goto fail;
    }
    r->pointer = ps_value_ref(pointer);
    return r;
fail:
    ps_item_reader_free(r);
    return NULL;
}

void ps_item_reader_free(ps_item_reader *r)
{
    if (r) {
        ps_csv_free(r->csv);
        ps_value_unref(r->items);
        ps_value_unref(r->pointer);
        ps_value_unref(r->headers);
        ps_buf_free(&r->cause);
        ps_buf_free(&r->text);
        ps_free(r);
    }
}

static bool wants_more(const ps_item_reader *r)
{
    return !r->faulted && r->count < r->max_items;
}

bool ps_item_reader_feed(ps_item_reader *r, ps_str chunk)
{
    if (!wants_more(r)) {
        return false;
    }
    switch (r->format) {
    case PS_ITEMS_JSON:
        ps_item_json_feed(r, chunk);
        break;
    case PS_ITEMS_JSONL:
        ps_item_jsonl_feed(r, chunk);
        break;
    case PS_ITEMS_CSV:
        ps_item_csv_feed(r, chunk);
        break;
    }
    return wants_more(r);
}

bool ps_item_reader_end(ps_item_reader *r)
{
    if (wants_more(r)) {
        switch (r->format) {
        case PS_ITEMS_JSON:
            ps_item_json_end(r);
            break;
        case PS_ITEMS_JSONL:
            ps_item_jsonl_end(r);
            break;
        case PS_ITEMS_CSV:
            ps_item_csv_end(r);
            break;
        }
    }
    return !r->faulted;
}

const ps_item_fault *ps_item_reader_fault(const ps_item_reader *r)
{
    return r->faulted ? &r->fault : NULL;
}

ps_value *ps_item_reader_take(ps_item_reader *r)
{
    ps_value *taken = r->items;
    r->items = ps_array(0);
    return taken;
}
