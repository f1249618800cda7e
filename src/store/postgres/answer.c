/* answer.c -- the server's rows, in its binary form, become a unit's answer.
 */
#include "store/postgres/session.h"

#include <stdlib.h>

/* The types that a statement may answer; others are to be cast in its SQL. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_FLOAT8 = 701,
    OID_VARCHAR = 1043,
};

static uint64_t big_endian(const char *p, size_t len)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | (unsigned char)p[i];
    }
    return bits;
}

static bool add_cell(ps_unit *u, Oid type, const char *p, size_t len)
{
    uint64_t bits;
    double real;
    switch (type) {
    case OID_BOOL:
        ps_answer_int(u, p[0] != 0);
        return true;
    case OID_INT2:
        ps_answer_int(u, (int16_t)big_endian(p, len));
        return true;
    case OID_INT4:
        ps_answer_int(u, (int32_t)big_endian(p, len));
        return true;
    case OID_INT8:
        ps_answer_int(u, (int64_t)big_endian(p, len));
        return true;
    case OID_FLOAT8:
        bits = big_endian(p, len);
        memcpy(&real, &bits, sizeof real);
        ps_answer_real(u, real);
        return true;
    case OID_TEXT:
    case OID_VARCHAR:
        ps_answer_text(u, (ps_str){p, len});
        return true;
    case OID_BYTEA:
        ps_answer_blob(u, (ps_str){p, len});
        return true;
    default:
        return false;
    }
}

static bool add_rows(ps_unit *u, const PGresult *r, ps_trouble *t)
{
    int rows = PQntuples(r), columns = PQnfields(r);
    for (int row = 0; row < rows; row++) {
        for (int c = 0; c < columns; c++) {
            if (PQgetisnull(r, row, c)) {
                ps_answer_null(u);
            } else if (!add_cell(u, PQftype(r, c), PQgetvalue(r, row, c),
                                 (size_t)PQgetlength(r, row, c))) {
                ps_trouble_set(t, PS_STORE_INPUT, 0,
                               "column %s has a type that passo does not read (%u): cast it to "
                               "bigint, float8, text or bytea",
                               PQfname(r, c), PQftype(r, c));
                return false;
            }
        }
    }
    return true;
}

static int64_t changes_of(const ps_statement *st, const PGresult *r)
{
    if (ps_pg_is_wrapped(st)) {
        return (int64_t)big_endian(PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0));
    }
    return strtoll(PQcmdTuples((PGresult *)r), NULL, 10);
}

bool ps_pg_answer(ps_unit *u, const ps_statement *st, const PGresult *r, ps_trouble *t)
{
    ps_answer_begin(u, st->wants_rows ? (size_t)PQnfields(r) : 0);
    return (!st->wants_rows || add_rows(u, r, t)) && ps_answer_end(u, changes_of(st, r), t);
}
