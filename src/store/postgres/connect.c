/* connect.c -- a connection: its options, what the server must be, the settings it works under.
 */
#include "base/mem.h"
#include "store/postgres/session.h"

#include <stdio.h>
#include <stdlib.h>

/* What holds where the connection string says nothing: a cable that is cut is noticed in seconds.
 */
static const char *const defaults[][2] = {
    {"connect_timeout", "10"},    {"application_name", "passo"}, {"keepalives_idle", "5"},
    {"keepalives_interval", "2"}, {"keepalives_count", "3"},     {"tcp_user_timeout", "10000"},
};
enum { DEFAULTS = sizeof defaults / sizeof *defaults, OLDEST = 130000 };

/* -- options --------------------------------------------------------------------------------- */

static const char *default_of(const char *keyword)
{
    for (size_t i = 0; i < DEFAULTS; i++) {
        if (strcmp(defaults[i][0], keyword) == 0) {
            return defaults[i][1];
        }
    }
    return NULL;
}

/* libpq's own words would quote the string, and the password in it. */
static PGconn *start(const char *target, ps_trouble *t)
{
    char *words = NULL;
    PQconninfoOption *options = PQconninfoParse(target, &words);
    if (!options) {
        PQfreemem(words);
        ps_trouble_set(t, PS_STORE_INPUT, 0,
                       "the connection string is none that libpq understands: write "
                       "postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=..., with %%XX for "
                       "special characters");
        return NULL;
    }
    size_t count = 0, at = 0;
    while (options[count].keyword) {
        count++;
    }
    const char **keywords = ps_alloc_zeroed(count + 2, sizeof *keywords);
    const char **values = ps_alloc_zeroed(count + 2, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        const char *value = options[i].val ? options[i].val : default_of(options[i].keyword);
        if (value && strcmp(options[i].keyword, "client_encoding") != 0) {
            keywords[at] = options[i].keyword;
            values[at++] = value;
        }
    }
    keywords[at] = "client_encoding";
    values[at] = "UTF8";
    PGconn *conn = PQconnectStartParams(keywords, values, 0);
    ps_free(keywords);
    ps_free(values);
    PQconninfoFree(options);
    if (!conn) {
        ps_trouble_set(t, PS_STORE_STORE, 0, "libpq is out of memory");
    }
    return conn;
}

static bool finish(PGconn *conn, int64_t deadline_ms, ps_trouble *t)
{
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (PQstatus(conn) != CONNECTION_BAD && status != PGRES_POLLING_OK) {
        if (!ps_pg_wait(conn, status == PGRES_POLLING_WRITING, deadline_ms)) {
            ps_trouble_set(t, PS_STORE_STORE, 0,
                           "PostgreSQL at %.60s:%.10s does not answer: is the address right, and "
                           "the server running and reachable?",
                           PQhost(conn), PQport(conn));
            return false;
        }
        status = PQconnectPoll(conn);
        if (status == PGRES_POLLING_FAILED) {
            break;
        }
    }
    if (status != PGRES_POLLING_OK) {
        ps_pg_explain(conn, t);
        return false;
    }
    return PQsetnonblocking(conn, 1) == 0;
}

/* -- the server ------------------------------------------------------------------------------ */

static bool is_fit(PGconn *conn, ps_trouble *t)
{
    int version = PQserverVersion(conn);
    const char *encoding = PQparameterStatus(conn, "server_encoding");
    if (version < OLDEST) {
        ps_trouble_set(t, PS_STORE_STORE, 0,
                       "the server is PostgreSQL %d.%d: passo needs 13 or later", version / 10000,
                       version / 100 % 100);
        return false;
    }
    if (!encoding || strcmp(encoding, "UTF8") != 0) {
        ps_trouble_set(t, PS_STORE_STORE, 0,
                       "the database is encoded as %.20s: passo needs UTF8 (createdb -E UTF8 -T "
                       "template0 NAME)",
                       encoding ? encoding : "?");
        return false;
    }
    return true;
}

/* A reader's statements see one moment, and change nothing. */
static const char *settings(ps_lane lane)
{
    return lane == PS_LANE_READ
               ? "SELECT set_config('default_transaction_isolation', 'repeatable read', false),"
                 " set_config('default_transaction_read_only', 'on', false)"
               : "SELECT set_config('default_transaction_isolation', 'read committed', false),"
                 " set_config('default_transaction_read_only', 'off', false)";
}

static const char common[] =
    "SELECT set_config('statement_timeout', '15s', false),"
    " set_config('lock_timeout', '10s', false),"
    " set_config('idle_in_transaction_session_timeout', '5s', false),"
    " set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', "
    "false),"
    " set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '10000', "
    "false),"
    " set_config('jit', 'off', false), set_config('plan_cache_mode', 'force_generic_plan', false),"
    " set_config('bytea_output', 'hex', false), set_config('DateStyle', 'ISO', false),"
    " set_config('synchronous_commit', CASE WHEN $1 THEN 'off'"
    " WHEN current_setting('synchronous_commit') = 'off' THEN 'on'"
    " ELSE current_setting('synchronous_commit') END, false)";

/* pg_walfile_name begins with the timeline, but only who writes has one of its own. */
static const char identity[] =
    "SELECT pg_backend_pid()::text,"
    " (SELECT backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()),"
    " (SELECT system_identifier::text FROM pg_control_system()) || CASE WHEN pg_is_in_recovery()"
    " THEN ' standby' ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END,"
    " hashtext('passo.worker.' || current_schema())::text, current_schema() IS NULL,"
    " current_setting('transaction_read_only') = 'on' OR pg_is_in_recovery()";

static bool set_up(ps_session *s, ps_trouble *t)
{
    const char *relaxed[] = {s->relaxed ? "true" : "false"};
    PGresult *r = ps_pg_ask(s, common, 1, relaxed);
    if (r && PQresultStatus(r) == PGRES_TUPLES_OK) {
        PQclear(r);
        r = ps_pg_ask(s, settings(s->lane), 0, NULL);
    }
    if (r && PQresultStatus(r) == PGRES_TUPLES_OK && PQserverVersion(s->conn) >= 140000) {
        PQclear(r);
        r = ps_pg_ask(s, "SELECT set_config('client_connection_check_interval', '2s', false)", 0,
                      NULL);
    }
    if (r && PQresultStatus(r) == PGRES_TUPLES_OK) {
        PQclear(r);
        r = ps_pg_ask(s, identity, 0, NULL);
    }
    if (!r || PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1) {
        if (r) {
            (void)ps_pg_judge(r, s->conn, 0, t);
        } else {
            ps_pg_explain(s->conn, t);
        }
        PQclear(r);
        return false;
    }
    s->pid = (int)strtol(PQgetvalue(r, 0, 0), NULL, 10);
    snprintf(s->born, sizeof s->born, "%s", PQgetvalue(r, 0, 1));
    snprintf(s->home, sizeof s->home, "%s", PQgetvalue(r, 0, 2));
    snprintf(s->locks, sizeof s->locks, "%s", PQgetvalue(r, 0, 3));
    bool has_no_schema = PQgetvalue(r, 0, 4)[0] == 't',
         cannot_write = PQgetvalue(r, 0, 5)[0] == 't';
    PQclear(r);
    if (s->pid != PQbackendPID(s->conn)) {
        ps_trouble_set(t, PS_STORE_STORE, 0,
                       "a connection pooler stands before the server: passo's locks and prepared "
                       "statements need the server itself (or a pool in session mode)");
        return false;
    }
    if (has_no_schema) {
        ps_trouble_set(t, PS_STORE_STORE, 0,
                       "search_path names no schema that exists: create one, or grant USAGE on it");
        return false;
    }
    if (cannot_write && s->lane == PS_LANE_WRITE) {
        ps_trouble_set(t, PS_STORE_STORE, 0,
                       "the server is read-only, a standby perhaps: name the primary, or all of "
                       "them with target_session_attrs=read-write");
        return false;
    }
    return true;
}

/* -- connections ----------------------------------------------------------------------------- */

static void ignore_notice(void *nobody, const PGresult *r)
{
    (void)nobody;
    (void)r;
}

bool ps_pg_connect(ps_session *s, int64_t deadline_ms, ps_trouble *t)
{
    s->conn = start(s->target, t);
    if (!s->conn) {
        return false;
    }
    PQsetNoticeReceiver(s->conn, ignore_notice, NULL);
    if (!finish(s->conn, deadline_ms, t) || !is_fit(s->conn, t) || !PQenterPipelineMode(s->conn) ||
        !set_up(s, t)) {
        PQfinish(s->conn);
        s->conn = NULL;
        return false;
    }
    return true;
}

void ps_pg_drop(ps_session *s)
{
    if (s->conn) {
        PQfinish(s->conn);
        s->conn = NULL;
        s->is_haunted = true;
        if (s->prepared_capacity) {
            memset(s->is_prepared, 0, s->prepared_capacity);
        }
    }
}
