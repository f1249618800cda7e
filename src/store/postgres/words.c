/* words.c -- what the server's errors mean, and what to do about them.
 */
#include "store/postgres/session.h"

#include <stdio.h>

/* One line: libpq's words have several, with a line break behind the last. */
static void fold(char *to, size_t size, const char *from)
{
    size_t n = 0;
    for (; *from && n + 1 < size; from++) {
        char c = *from == '\n' || *from == '\t' ? ' ' : *from;
        if (c != ' ' || (n > 0 && to[n - 1] != ' ')) {
            to[n++] = c;
        }
    }
    while (n > 0 && to[n - 1] == ' ') {
        n--;
    }
    to[n] = '\0';
}

/* libpq has no codes for what keeps a connection from being made: the words are all there is. */
static const char *advice(const char *words)
{
    static const char *const known[][2] = {
        {"password authentication failed", "check user and password"},
        {"no password supplied", "give a password: in the URL, PGPASSWORD or ~/.pgpass"},
        {"does not support SSL", "switch SSL on at the server, or ask for less with sslmode"},
        {"no pg_hba.conf entry", "the server's pg_hba.conf must let this user in from here"},
        {"certificate", "check sslrootcert and sslmode"},
        {"Connection refused", "is the server running, and the port right?"},
        {"could not translate host name", "check the host's name"},
        {"too many clients", "raise the server's max_connections, or run fewer processes"},
        {"starting up", "wait a moment"},
    };
    const char *database = strstr(words, "database \"");
    if (database && strstr(database, "does not exist")) {
        return "create it: createdb -E UTF8 NAME";
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strstr(words, known[i][0])) {
            return known[i][1];
        }
    }
    return NULL;
}

void ps_pg_explain(const PGconn *conn, ps_trouble *t)
{
    char words[220];
    fold(words, sizeof words, PQerrorMessage(conn));
    const char *what = advice(words);
    ps_trouble_set(t, PS_STORE_STORE, 0, "PostgreSQL: %s%s%s%s",
                   words[0] ? words : "the connection was lost", what ? " (" : "", what ? what : "",
                   what ? ")" : "");
}

static bool starts(const char *state, const char *prefix)
{
    return strncmp(state, prefix, strlen(prefix)) == 0;
}

ps_pg_verdict ps_pg_judge(const PGresult *r, const PGconn *conn, size_t culprit, ps_trouble *t)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *said = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    char words[200];
    fold(words, sizeof words, said ? said : PQresultErrorMessage(r));
    if (!state || PQstatus(conn) == CONNECTION_BAD) {
        ps_trouble_set(t, PS_STORE_STORE, 0, "PostgreSQL: %s",
                       words[0] ? words : "the connection was lost");
        return PS_PG_GONE;
    }
    bool is_wrong_number = starts(state, "22P02") && strstr(words, "PS_EXPECT");
    if (starts(state, "PS001") || starts(state, "23502") || is_wrong_number) {
        ps_trouble_set(t, PS_STORE_FENCED, culprit,
                       "statement %zu does not find what it must change: somebody else was first",
                       culprit);
        return PS_PG_REFUSED;
    }
    if (starts(state, "23505")) {
        ps_trouble_set(t, PS_STORE_EXISTS, culprit, "statement %zu: %s", culprit, words);
        return PS_PG_REFUSED;
    }
    if (starts(state, "40001") || starts(state, "40P01") || starts(state, "55P03")) {
        ps_trouble_set(t, PS_STORE_STORE, culprit, "PostgreSQL: %s (others work on the same rows)",
                       words);
        return PS_PG_AGAIN;
    }
    /* Shut down, crashed, starting; a pooler's, or a standby's; plans of an older schema. */
    if (starts(state, "08") || starts(state, "57P") || starts(state, "25006") ||
        starts(state, "26000") || starts(state, "25P03") ||
        (starts(state, "0A000") && strstr(words, "cached plan"))) {
        ps_trouble_set(t, PS_STORE_STORE, 0, "PostgreSQL: %s", words);
        return PS_PG_GONE;
    }
    if (starts(state, "53") || starts(state, "58") || starts(state, "XX") ||
        starts(state, "57014") || starts(state, "F0")) {
        const char *what = starts(state, "53100")   ? " (make room on the server's disk)"
                           : starts(state, "57014") ? " (it took more than 15 s)"
                           : starts(state, "XX00")  ? " (look at the server's log)"
                                                    : "";
        ps_trouble_set(t, PS_STORE_STORE, 0, "PostgreSQL: %s%s", words, what);
        return PS_PG_FAILED;
    }
    if (starts(state, "42501")) {
        ps_trouble_set(t, PS_STORE_STORE, culprit,
                       "PostgreSQL: %s (grant it to the user passo connects as)", words);
        return PS_PG_REFUSED;
    }
    ps_trouble_set(t, PS_STORE_INPUT, culprit, "PostgreSQL: %s (statement %zu, %s)", words, culprit,
                   state);
    return PS_PG_REFUSED;
}
