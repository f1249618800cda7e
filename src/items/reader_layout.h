/* reader_layout.h -- the inside of an item reader; for reader_*.c only. */
#ifndef PS_ITEMS_READER_LAYOUT_H
#define PS_ITEMS_READER_LAYOUT_H

#include "items/csv.h"
#include "items/reader.h"

typedef enum ps_item_format { PS_ITEMS_JSON, PS_ITEMS_JSONL, PS_ITEMS_CSV } ps_item_format;

struct ps_item_reader {
    ps_item_format format;
    size_t max_items; /* SIZE_MAX for all */
    size_t count;     /* items read so far */
    ps_value *items;  /* not yet taken */
    bool faulted;
    ps_item_fault fault;
    ps_buf cause;
    ps_buf text;       /* JSON: the file; JSONL: the line that has begun */
    ps_value *pointer; /* JSON: ItemsPointer, or NULL */
    ps_csv *csv;
    ps_value *headers; /* CSV: PS_ARRAY of PS_STRINGs; NULL before the first row */
    bool at_start;     /* nothing has been read: a byte order mark may come */
};

/* Makes the reader's fault; the first one stays. Returns false. */
bool ps_item_reader_fail(ps_item_reader *r, const char *cause_format, ...)
    __attribute__((format(printf, 2, 3)));
/* Keeps `item`; false when it was the last one wanted. */
bool ps_item_reader_add_take(ps_item_reader *r, ps_value *item);

ps_status ps_item_csv_configure(ps_item_reader *r, const ps_value *config, ps_error *err);
void ps_item_csv_feed(ps_item_reader *r, ps_str chunk);
void ps_item_csv_end(ps_item_reader *r);

void ps_item_jsonl_feed(ps_item_reader *r, ps_str chunk);
void ps_item_jsonl_end(ps_item_reader *r);

void ps_item_json_feed(ps_item_reader *r, ps_str chunk);
void ps_item_json_end(ps_item_reader *r);

#endif
