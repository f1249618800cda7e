/* regex.c -- regular expressions on PCRE2: compiled once, and every match is charged for what it
 * really costs, by the callouts that pattern.c puts where a match can be tried again. */
#include "jsonata/jx.h"

#include "base/mem.h"
#include "jsonata/pattern.h"

static void refuse(ps_jsonata_error *err, size_t at, ps_str pattern, const char *why)
{
    ps_value *fields = ps_object(1);
    ps_object_put_take(fields, PS_STR("value"), ps_string(pattern));
    memcpy(err->code, "S0303", sizeof "S0303");
    err->at = at;
    ps_value_set_take(&err->fields, fields);
    ps_buf_clear(&err->text);
    ps_buf_addf(&err->text, "Invalid regular expression: /%.*s/: %s", (int)pattern.len, pattern.p,
                why);
}

#ifdef PS_WITH_PCRE2

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* PCRE2's own limit on what it compiles is near. */
#define MAX_PATTERN (32 << 10)
/* Steps of one search for a match, some 20 ns each, besides those that its text is long. */
#define MAX_STEPS 1000000
/* What a search takes before its first step. */
#define A_SEARCH 6
/* Backtracking points from one start, a net below the steps. */
#define MATCH_LIMIT 5000000
/* Memory of a match, which is gone with it: a hundred bytes and more for each place to go back to,
 * so that it takes several times the text. */
#define MAX_HEAP ((size_t)32 << 20)

struct ps_jx_regex {
    pcre2_code *code;
    char *source;
    size_t len;
    uint32_t groups;
};

struct ps_jx_matching {
    pcre2_match_data *data;
    pcre2_match_context *limits;
    uint32_t pairs; /* that `data` has room for */
    uint64_t steps; /* left to this search */
    size_t start;   /* where it tries now */
    size_t last;    /* where the last callout was */
};

ps_jx_regex *ps_jx_regex_new(ps_str pattern, ps_str flags, size_t at, ps_jsonata_error *err)
{
    ps_pattern_flags meant = {0};
    for (size_t i = 0; i < flags.len; i++) {
        bool *flag = flags.p[i] == 'i' ? &meant.ignore_case : &meant.multiline;
        if (*flag) {
            refuse(err, at, pattern, "Invalid flags");
            return NULL;
        }
        *flag = true;
    }
    if (pattern.len > MAX_PATTERN) {
        refuse(err, at, (ps_str){pattern.p, 0}, "Regular expression too large");
        return NULL;
    }
    ps_buf text = {0};
    const char *why = NULL;
    char words[120] = "";
    int code = 0;
    PCRE2_SIZE offset;
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C |
                       (meant.ignore_case ? PCRE2_CASELESS : 0);
    ps_jx_regex *r = ps_alloc_zeroed(1, sizeof *r);
    if (!ps_pattern_translate(pattern, meant, &text, &why)) {
        goto fail;
    }
    r->code =
        pcre2_compile((PCRE2_SPTR)ps_buf_str(&text).p, text.len, options, &code, &offset, NULL);
    if (!r->code) {
        pcre2_get_error_message(code, (PCRE2_UCHAR *)words, sizeof words);
        why = words;
        goto fail;
    }
    pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &r->groups);
    r->source = ps_alloc(pattern.len);
    r->len = pattern.len;
    memcpy(r->source, pattern.p, pattern.len);
    ps_buf_free(&text);
    return r;
fail:
    refuse(err, at, pattern, why);
    ps_buf_free(&text);
    ps_jx_regex_free(r);
    return NULL;
}

void ps_jx_regex_free(ps_jx_regex *r)
{
    if (r) {
        pcre2_code_free(r->code);
        ps_free(r->source);
        ps_free(r);
    }
}

ps_str ps_jx_regex_source(const ps_jx_regex *r)
{
    return (ps_str){r->source, r->len};
}

/* -- matching ---------------------------------------------------------------------------------- */

static int count_steps(pcre2_callout_block *at, void *data)
{
    struct ps_jx_matching *m = data;
    if (at->start_match != m->start) {
        m->start = m->last = at->start_match;
    }
    size_t here = at->current_position;
    size_t way = here > m->last ? here - m->last : m->last - here;
    uint64_t steps = 1 + way / 32;
    m->last = here;
    if (steps > m->steps) {
        m->steps = 0;
        return PCRE2_ERROR_CALLOUT;
    }
    m->steps -= steps;
    return 0;
}

static void release(void *p)
{
    struct ps_jx_matching *m = p;
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->limits);
    ps_free(m);
}

/* What matches work with is made once a run. */
static struct ps_jx_matching *prepare(ps_jx_run *run, const ps_jx_regex *r)
{
    struct ps_jx_matching *m = run->matching;
    if (!m) {
        size_t heap = run->bounds.bytes < MAX_HEAP / 4 ? run->bounds.bytes * 4 : MAX_HEAP;
        m = ps_alloc_zeroed(1, sizeof *m);
        m->limits = pcre2_match_context_create(NULL);
        pcre2_set_match_limit(m->limits, MATCH_LIMIT);
        pcre2_set_heap_limit(m->limits, (uint32_t)(heap >> 10));
        pcre2_set_callout(m->limits, count_steps, m);
        run->matching = m;
        ps_jx_keep(run, release, m);
    }
    if (m->pairs <= r->groups) {
        pcre2_match_data_free(m->data);
        m->pairs = r->groups + 8;
        m->data = pcre2_match_data_create(m->pairs, NULL);
    }
    return m;
}

static ps_str *groups_of(ps_jx_run *run, const ps_jx_regex *r, ps_str subject,
                         const PCRE2_SIZE *places)
{
    ps_str *groups = r->groups > 0 ? ps_jx_alloc(run, r->groups * sizeof *groups) : NULL;
    for (size_t i = 0; i < r->groups; i++) {
        PCRE2_SIZE start = places[2 * i + 2];
        PCRE2_SIZE end = places[2 * i + 3];
        bool part = start != PCRE2_UNSET;
        groups[i] = part ? (ps_str){subject.p + start, end - start} : (ps_str){NULL, 0};
    }
    return groups;
}

_Noreturn static void fault(ps_jx_run *run)
{
    ps_jx_fields fields = {.message = PS_STR("Regular expression match limit exceeded")};
    ps_jx_throw(run, "U1001", 0, &fields);
}

bool ps_jx_regex_find(ps_jx_run *run, const ps_jx_regex *r, ps_str subject, size_t from,
                      ps_jx_match *out)
{
    struct ps_jx_matching *m = prepare(run, r);
    uint64_t most = MAX_STEPS + 2 * (uint64_t)subject.len;
    most = run->fuel < most ? run->fuel : most;
    m->steps = most;
    m->start = m->last = from;
    int got = pcre2_match(r->code, (PCRE2_SPTR)subject.p, subject.len, from, PCRE2_NO_UTF_CHECK,
                          m->data, m->limits);
    if (got < 0 && got != PCRE2_ERROR_NOMATCH) {
        /* the run's own words where it is the run that has nothing left */
        ps_jx_burn(run, most < run->fuel ? most : most + 1);
        fault(run);
    }
    const PCRE2_SIZE *places = pcre2_get_ovector_pointer(m->data);
    size_t end = got < 0 ? subject.len : places[1];
    ps_jx_burn(run, most - m->steps + (end - from) / 64 + A_SEARCH);
    if (got < 0) {
        return false;
    }
    *out = (ps_jx_match){places[0], end, groups_of(run, r, subject, places), r->groups};
    return true;
}

#else

ps_jx_regex *ps_jx_regex_new(ps_str pattern, ps_str flags, size_t at, ps_jsonata_error *err)
{
    (void)flags;
    refuse(err, at, pattern, "built without PCRE2");
    return NULL;
}

void ps_jx_regex_free(ps_jx_regex *r)
{
    (void)r;
}

ps_str ps_jx_regex_source(const ps_jx_regex *r)
{
    (void)r;
    return PS_STR("");
}

bool ps_jx_regex_find(ps_jx_run *run, const ps_jx_regex *r, ps_str subject, size_t from,
                      ps_jx_match *out)
{
    (void)run;
    (void)r;
    (void)subject;
    (void)from;
    (void)out;
    return false;
}

#endif
