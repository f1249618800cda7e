/* send.c -- statements on their way to the server.
 */
#include "base/mem.h"
#include "store/postgres/session.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

enum { OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25, OID_FLOAT8 = 701 };

/* -- what stands before the SQL --------------------------------------------------------------- */

static ps_str hint_of(const ps_statement *st)
{
    const char *end = strncmp(st->sql, "/*", 2) == 0 ? strstr(st->sql, "*/") : NULL;
    return end ? (ps_str){st->sql + 2, (size_t)(end - st->sql) - 2} : PS_STR("");
}

static bool is_guarded(const ps_statement *st)
{
    return ps_str_starts(hint_of(st), PS_STR(" guarded"));
}

ps_str ps_pg_witness(const ps_statement *st)
{
    static const char word[] = "witness ";
    ps_str hint = hint_of(st);
    const char *at = hint.len ? strstr(hint.p, word) : NULL;
    const char *end = hint.p + hint.len;
    if (!at || at >= end) {
        return PS_STR("");
    }
    at += sizeof word - 1;
    return (ps_str){at, (size_t)(end - at)};
}

bool ps_pg_is_wrapped(const ps_statement *st)
{
    return st->expect >= 0 && !is_guarded(st);
}

/* -- preparing -------------------------------------------------------------------------------- */

bool ps_pg_is_prepared(const ps_session *s, const ps_statement *st)
{
    return st->id < s->prepared_capacity && s->is_prepared[st->id];
}

void ps_pg_set_prepared(ps_session *s, const ps_statement *st, bool is_prepared)
{
    if (st->id >= s->prepared_capacity) {
        size_t capacity = ps_grow(s->prepared_capacity, st->id + 1);
        s->is_prepared = ps_realloc(s->is_prepared, capacity, sizeof *s->is_prepared);
        memset(s->is_prepared + s->prepared_capacity, 0, capacity - s->prepared_capacity);
        s->prepared_capacity = capacity;
    }
    s->is_prepared[st->id] = is_prepared;
}

/* An expectation that does not hold must end the transaction before it is committed: the number is
 * put where no number can be read. */
static bool prepare(ps_session *s, const ps_statement *st, const char *name, const Oid *types)
{
    ps_buf sql = {0};
    if (ps_pg_is_wrapped(st)) {
        ps_buf_add(&sql, PS_STR("WITH ps_unit AS ("));
    }
    ps_buf_add(&sql, (ps_str){st->sql, st->sql_len});
    if (ps_pg_is_wrapped(st)) {
        ps_buf_addf(&sql,
                    " RETURNING 1) SELECT CASE WHEN count(*) = %lld THEN count(*) ELSE"
                    " ('PS_EXPECT ' || count(*))::bigint END FROM ps_unit",
                    (long long)st->expect);
    }
    ps_buf_add_char(&sql, '\0');
    bool ok = PQsendPrepare(s->conn, name, sql.p, (int)st->arity, types) != 0;
    ps_buf_free(&sql);
    return ok;
}

/* -- parameters ------------------------------------------------------------------------------- */

static void grow(ps_pg_params *p, size_t arity)
{
    if (arity > p->capacity) {
        p->capacity = ps_grow(p->capacity, arity);
        p->values = ps_realloc(p->values, p->capacity, sizeof *p->values);
        p->lengths = ps_realloc(p->lengths, p->capacity, sizeof *p->lengths);
        p->formats = ps_realloc(p->formats, p->capacity, sizeof *p->formats);
        p->numbers = ps_realloc(p->numbers, p->capacity, sizeof *p->numbers);
        p->types = ps_realloc(p->types, p->capacity, sizeof *p->types);
    }
}

static Oid type_of(char kind)
{
    return kind == 'i' ? OID_INT8 : kind == 'r' ? OID_FLOAT8 : kind == 'b' ? OID_BYTEA : OID_TEXT;
}

static void put_number(ps_pg_params *p, size_t i, uint64_t bits)
{
    p->numbers[i] = (int64_t)htobe64(bits);
    p->values[i] = (const char *)&p->numbers[i];
    p->lengths[i] = sizeof *p->numbers;
}

/* All in binary: a NUL in a text is then refused by the server instead of cutting it here. */
void ps_pg_params_fill(ps_pg_params *p, const ps_call *call)
{
    grow(p, call->statement->arity);
    for (size_t i = 0; i < call->statement->arity; i++) {
        const ps_cell *c = &call->params[i];
        char kind = call->statement->kinds[i];
        uint64_t bits;
        p->types[i] = type_of(kind);
        p->formats[i] = 1;
        p->values[i] = NULL;
        p->lengths[i] = 0;
        if (c->kind == PS_CELL_INT && kind != 'r') {
            put_number(p, i, (uint64_t)c->as.i);
        } else if (c->kind == PS_CELL_REAL || c->kind == PS_CELL_INT) {
            double real = c->kind == PS_CELL_REAL ? c->as.r : (double)c->as.i;
            memcpy(&bits, &real, sizeof bits);
            put_number(p, i, bits);
        } else if (c->kind != PS_CELL_NULL) {
            p->values[i] = c->as.s.p;
            p->lengths[i] = (int)c->as.s.len;
        }
    }
}

void ps_pg_params_free(ps_pg_params *p)
{
    ps_free(p->values);
    ps_free(p->lengths);
    ps_free(p->formats);
    ps_free(p->numbers);
    ps_free(p->types);
    *p = (ps_pg_params){0};
}

bool ps_pg_send(ps_session *s, const ps_call *call, bool prepares)
{
    const ps_statement *st = call->statement;
    ps_pg_params *p = &s->params;
    char name[32];
    snprintf(name, sizeof name, "ps%zu", st->id);
    ps_pg_params_fill(p, call);
    return (!prepares || prepare(s, st, name, p->types)) &&
           PQsendQueryPrepared(s->conn, name, (int)st->arity, p->values, p->lengths, p->formats,
                               1) != 0;
}
