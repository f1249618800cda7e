/* unit.c -- units: their statements and parameters, and what came of them.
 */
#include "base/mem.h"
#include "store/layout.h"

/* -- cells ----------------------------------------------------------------------------------- */

enum { CHUNK = 1000 };

static const char *keep(ps_cells *c, ps_str s)
{
    ps_chunk *chunk = c->chunks;
    if (!chunk || chunk->size - chunk->used <= s.len) {
        size_t size = s.len < CHUNK ? CHUNK : s.len + 1;
        chunk = ps_alloc(sizeof *chunk + size);
        *chunk = (ps_chunk){.next = c->chunks, .size = size};
        c->chunks = chunk;
    }
    char *p = chunk->bytes + chunk->used;
    if (s.len) {
        memcpy(p, s.p, s.len);
    }
    p[s.len] = '\0';
    chunk->used += s.len + 1;
    return p;
}

static void add(ps_cells *c, ps_cell cell)
{
    if (c->count == c->capacity) {
        c->capacity = ps_grow(c->capacity, c->count + 1);
        c->p = ps_realloc(c->p, c->capacity, sizeof *c->p);
    }
    c->p[c->count++] = cell;
}

static void add_bytes(ps_cells *c, ps_cell_kind kind, ps_str s)
{
    ps_cell cell = {.kind = kind};
    cell.as.s = (ps_str){keep(c, s), s.len};
    add(c, cell);
}

/* Keeps the memory of one chunk: most units are tried once, and are small. */
static void empty(ps_cells *c)
{
    while (c->chunks && c->chunks->next) {
        ps_chunk *next = c->chunks->next;
        ps_free(c->chunks);
        c->chunks = next;
    }
    if (c->chunks) {
        c->chunks->used = 0;
    }
    c->count = 0;
}

static void free_cells(ps_cells *c)
{
    empty(c);
    ps_free(c->chunks);
    ps_free(c->p);
}

/* -- building -------------------------------------------------------------------------------- */

ps_unit *ps_unit_new(ps_store *s, ps_verb verb)
{
    (void)s;
    ps_unit *u = ps_alloc_zeroed(1, sizeof *u);
    u->verb = verb;
    return u;
}

void ps_unit_free(ps_unit *u)
{
    if (u) {
        free_cells(&u->params);
        free_cells(&u->results);
        ps_free(u->steps);
        ps_free(u);
    }
}

void ps_unit_set_number(ps_unit *u, int64_t number)
{
    u->number = number;
}

void ps_unit_add(ps_unit *u, const ps_statement *st)
{
    if (u->step_count == u->step_capacity) {
        u->step_capacity = ps_grow(u->step_capacity, u->step_count + 1);
        u->steps = ps_realloc(u->steps, u->step_capacity, sizeof *u->steps);
    }
    u->steps[u->step_count++] = (ps_step){.statement = st, .first_param = u->params.count};
    u->size += sizeof(ps_step);
}

static void add_param(ps_unit *u, ps_cell cell)
{
    add(&u->params, cell);
    u->size += sizeof cell;
}

void ps_unit_add_null(ps_unit *u)
{
    add_param(u, (ps_cell){.kind = PS_CELL_NULL});
}

void ps_unit_add_int(ps_unit *u, int64_t i)
{
    add_param(u, (ps_cell){.kind = PS_CELL_INT, .as.i = i});
}

void ps_unit_add_real(ps_unit *u, double r)
{
    add_param(u, (ps_cell){.kind = PS_CELL_REAL, .as.r = r});
}

void ps_unit_add_bytes(ps_unit *u, ps_str s)
{
    const ps_step *step = &u->steps[u->step_count - 1];
    char kind = step->statement->kinds[u->params.count - step->first_param];
    add_bytes(&u->params, kind == 'b' ? PS_CELL_BLOB : PS_CELL_TEXT, s);
    u->size += sizeof(ps_cell) + s.len;
}

/* -- for the backend --------------------------------------------------------------------------- */

size_t ps_unit_call_count(const ps_unit *u)
{
    return u->step_count;
}

ps_call ps_unit_call(const ps_unit *u, size_t k)
{
    const ps_step *step = &u->steps[k];
    /* Without a parameter anywhere there is no array to point into. */
    return (ps_call){step->statement, u->params.p ? u->params.p + step->first_param : NULL};
}

size_t ps_unit_size(const ps_unit *u)
{
    return u->size;
}

void ps_answer_clear(ps_unit *u)
{
    u->done = 0;
    empty(&u->results);
    u->trouble = (ps_trouble){.fault = PS_STORE_FINE};
}

void ps_answer_begin(ps_unit *u, size_t columns)
{
    PS_ASSERT(u->done < u->step_count);
    ps_step *step = &u->steps[u->done++];
    step->columns = columns;
    step->first_cell = u->results.count;
    step->rows = 0;
    step->changes = 0;
}

void ps_answer_null(ps_unit *u)
{
    add(&u->results, (ps_cell){.kind = PS_CELL_NULL});
}

void ps_answer_int(ps_unit *u, int64_t i)
{
    add(&u->results, (ps_cell){.kind = PS_CELL_INT, .as.i = i});
}

void ps_answer_real(ps_unit *u, double r)
{
    add(&u->results, (ps_cell){.kind = PS_CELL_REAL, .as.r = r});
}

void ps_answer_text(ps_unit *u, ps_str s)
{
    add_bytes(&u->results, PS_CELL_TEXT, s);
}

void ps_answer_blob(ps_unit *u, ps_str s)
{
    add_bytes(&u->results, PS_CELL_BLOB, s);
}

bool ps_answer_end(ps_unit *u, int64_t changes, ps_trouble *t)
{
    ps_step *step = &u->steps[u->done - 1];
    step->changes = changes;
    step->rows = step->columns ? (u->results.count - step->first_cell) / step->columns : 0;
    if (step->statement->expect < 0 || step->statement->expect == changes) {
        return true;
    }
    ps_trouble_set(t, PS_STORE_FENCED, u->done,
                   "statement %zu changed %lld rows instead of %lld: somebody else was first",
                   u->done, (long long)changes, (long long)step->statement->expect);
    return false;
}

void ps_answer_number(ps_unit *u, int64_t number)
{
    u->number = number;
}

/* -- for the owner ----------------------------------------------------------------------------- */

uint64_t ps_unit_ticket(const ps_unit *u)
{
    return u->ticket;
}

ps_verb ps_unit_verb(const ps_unit *u)
{
    return u->verb;
}

int64_t ps_unit_number(const ps_unit *u)
{
    return u->number;
}

ps_store_fault ps_unit_fault(const ps_unit *u)
{
    return u->trouble.fault;
}

const char *ps_unit_text(const ps_unit *u)
{
    return u->trouble.text;
}

size_t ps_unit_culprit(const ps_unit *u)
{
    return u->trouble.culprit;
}

size_t ps_unit_count(const ps_unit *u)
{
    return u->step_count;
}

int64_t ps_unit_changes(const ps_unit *u, size_t k)
{
    return u->steps[k].changes;
}

bool ps_unit_wants_rows(const ps_unit *u, size_t k)
{
    return u->steps[k].statement->wants_rows;
}

size_t ps_unit_rows(const ps_unit *u, size_t k)
{
    return u->steps[k].rows;
}

size_t ps_unit_columns(const ps_unit *u, size_t k)
{
    return u->steps[k].columns;
}

ps_cell ps_unit_cell(const ps_unit *u, size_t k, size_t row, size_t column)
{
    const ps_step *step = &u->steps[k];
    return u->results.p[step->first_cell + row * step->columns + column];
}
