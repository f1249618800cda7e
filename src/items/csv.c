/* csv.c -- a machine of five states, fed byte by byte. */
#include "items/csv.h"

#include "base/buf.h"
#include "base/mem.h"

typedef enum state {
    AT_CELL,  /* before the first byte of a cell */
    IN_CELL,  /* within a cell without quotes, or behind the quotes of one */
    IN_QUOTE, /* between the quotes */
    AT_QUOTE, /* behind a quote within quotes: the end of them, or the first half of "" */
    ESCAPED,  /* behind a backslash; `back` is where it stood */
} state;

struct ps_csv {
    char delimiter;
    size_t max_row;
    ps_csv_row *row;
    void *arg;
    state state;
    state back;
    bool after_return; /* the byte before was \r, which belongs to the newline if one follows */
    bool row_open;     /* something of a row has been seen */
    bool stopped;
    size_t at;
    ps_buf text;  /* the cells of the row, one behind the other */
    size_t *ends; /* where each cell ends in `text` */
    size_t count;
    size_t capacity;
    ps_str *cells;
    size_t cells_capacity;
};

ps_csv *ps_csv_new(char delimiter, size_t max_row, ps_csv_row *row, void *arg)
{
    ps_csv *c = ps_alloc_zeroed(1, sizeof *c);
    c->delimiter = delimiter;
    c->max_row = max_row;
    c->row = row;
    c->arg = arg;
    return c;
}

void ps_csv_free(ps_csv *c)
{
    if (c) {
        ps_buf_free(&c->text);
        ps_free(c->ends);
        ps_free(c->cells);
        ps_free(c);
    }
}

static void end_cell(ps_csv *c)
{
    if (c->count == c->capacity) {
        c->capacity = ps_grow(c->capacity, c->count + 1);
        c->ends = ps_realloc(c->ends, c->capacity, sizeof *c->ends);
    }
    c->ends[c->count++] = c->text.len;
    c->state = AT_CELL;
}

static void end_row(ps_csv *c)
{
    end_cell(c);
    if (c->count > c->cells_capacity) {
        c->cells_capacity = ps_grow(c->cells_capacity, c->count);
        c->cells = ps_realloc(c->cells, c->cells_capacity, sizeof *c->cells);
    }
    const char *text = ps_buf_str(&c->text).p;
    size_t begin = 0;
    for (size_t i = 0; i < c->count; i++) {
        c->cells[i] = (ps_str){text + begin, c->ends[i] - begin};
        begin = c->ends[i];
    }
    c->stopped = !c->row(c->arg, c->cells, c->count);
    c->count = 0;
    c->row_open = false;
    ps_buf_clear(&c->text);
}

static void add(ps_csv *c, char byte, state next)
{
    ps_buf_add_char(&c->text, byte);
    c->row_open = true;
    c->state = next;
}

/* A byte that is neither within quotes nor escaped. */
static void take_plain(ps_csv *c, char byte)
{
    if (byte == c->delimiter) {
        c->row_open = true;
        end_cell(c);
    } else if (byte == '\n') {
        if (c->row_open) {
            end_row(c);
        }
    } else if (byte == '\\') {
        c->row_open = true;
        c->back = IN_CELL;
        c->state = ESCAPED;
    } else if (byte == '"' && c->state == AT_CELL) {
        c->row_open = true;
        c->state = IN_QUOTE;
    } else {
        add(c, byte, IN_CELL);
    }
}

static void take(ps_csv *c, char byte)
{
    switch (c->state) {
    case IN_QUOTE:
        if (byte == '"') {
            c->state = AT_QUOTE;
        } else if (byte == '\\') {
            c->back = IN_QUOTE;
            c->state = ESCAPED;
        } else {
            add(c, byte, IN_QUOTE);
        }
        return;
    case AT_QUOTE:
        if (byte == '"') {
            add(c, byte, IN_QUOTE);
            return;
        }
        c->state = IN_CELL;
        take_plain(c, byte);
        return;
    case ESCAPED:
        c->state = c->back;
        if (byte == '\\' || byte == '"' || byte == c->delimiter) {
            add(c, byte, c->back);
            return;
        }
        take(c, byte);
        return;
    default:
        take_plain(c, byte);
        return;
    }
}

/* \r is held back until it is known whether \n follows; within quotes it is a byte like others. */
static void take_after_return(ps_csv *c, char byte)
{
    if (c->after_return) {
        c->after_return = false;
        if (byte != '\n') {
            take(c, '\r');
        }
    }
    if (byte == '\r' && c->state != IN_QUOTE) {
        c->after_return = true;
        return;
    }
    take(c, byte);
}

ps_status ps_csv_feed(ps_csv *c, ps_str chunk, ps_error *err)
{
    for (size_t i = 0; i < chunk.len && !c->stopped; i++) {
        take_after_return(c, chunk.p[i]);
        c->at++;
        if (c->text.len + c->count > c->max_row) {
            return ps_fail(err, PS_ELIMIT, c->at, "a row is longer than %zu bytes", c->max_row);
        }
    }
    return PS_OK;
}

ps_status ps_csv_end(ps_csv *c, ps_error *err)
{
    (void)err;
    c->after_return = false;
    if (c->row_open && !c->stopped) {
        end_row(c);
    }
    return PS_OK;
}
