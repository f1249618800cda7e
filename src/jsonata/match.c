/* match.c -- the matches of a pattern in a text, and what calling a regex gives. */
#include "jsonata/match.h"

#include "jsonata/text.h"

#include <math.h>

_Noreturn static void fault(ps_jx_run *run)
{
    ps_jx_fail(run, "T1010", 0, PS_STR(""));
}

ps_matches ps_matches_of(ps_jx_run *run, ps_jx subject, ps_jx matcher)
{
    if (!ps_jx_is(matcher, PS_JX_FUNCTION)) {
        fault(run);
    }
    return (ps_matches){
        .run = run,
        .subject = ps_jx_str(subject),
        .subject_value = subject,
        .matcher = matcher,
        .regex = ps_jx_is_regex(matcher) ? ps_jx_regex_of(matcher) : NULL,
    };
}

/* -- places -------------------------------------------------------------------------------------
 */

/* The UTF-16 index of a byte. */
static size_t unit_of(ps_matches *m, size_t byte)
{
    if (byte < m->byte) {
        m->unit = m->byte = 0;
    }
    ps_jx_burn(m->run, (byte - m->byte) / 64);
    m->unit += ps_text_units((ps_str){m->subject.p + m->byte, byte - m->byte});
    m->byte = byte;
    return m->unit;
}

/* The byte of a UTF-16 index, as substring() takes it; no character is cut in two. */
static size_t byte_of(ps_matches *m, double unit)
{
    if (!(unit > 0)) {
        return 0;
    }
    if (unit < (double)m->unit) {
        m->unit = m->byte = 0;
    }
    size_t from = m->byte;
    while (m->byte < m->subject.len) {
        unsigned char c = (unsigned char)m->subject.p[m->byte];
        size_t bytes = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        size_t units = bytes == 4 ? 2 : 1;
        if ((double)(m->unit + units) > unit) {
            break;
        }
        m->unit += units;
        m->byte += bytes;
    }
    ps_jx_burn(m->run, (m->byte - from) / 16);
    return m->byte;
}

/* -- regexes ------------------------------------------------------------------------------------
 */

static ps_jx groups_of(ps_jx_run *run, const ps_jx_match *match)
{
    ps_jx_list *list = ps_jx_list_new(run, match->group_count, 0);
    for (size_t i = 0; i < match->group_count; i++) {
        ps_str group = match->groups[i];
        ps_jx_add(run, list, group.p ? ps_jx_slice(group) : PS_JX_NOTHING);
    }
    return ps_jx_array(list);
}

/* The first match from byte `from` on becomes the one at hand. */
static bool regex_from(ps_matches *m, size_t from)
{
    ps_jx_match found;
    if (!ps_jx_regex_find(m->run, m->regex, m->subject, from, &found)) {
        return false;
    }
    m->begun = true;
    m->start = found.start;
    m->end = m->after = found.end;
    m->match = ps_jx_slice((ps_str){m->subject.p + found.start, found.end - found.start});
    m->index = ps_jx_number((double)unit_of(m, found.start));
    m->groups = groups_of(m->run, &found);
    return true;
}

static bool regex_next(ps_matches *m)
{
    if (!m->begun) {
        return regex_from(m, 0);
    }
    if (m->end >= m->subject.len || !regex_from(m, m->end)) {
        return false;
    }
    if (m->start == m->end) { /* and would be found for ever */
        ps_jx_fields fields = {.value = ps_jx_string(m->run, ps_jx_regex_source(m->regex))};
        ps_jx_throw(m->run, "D1004", 0, &fields);
    }
    return true;
}

static ps_jx again(ps_jx_run *run, void *state)
{
    (void)run;
    ps_matches at = *(const ps_matches *)state;
    return ps_matches_next(&at) ? ps_matches_object(&at) : PS_JX_NOTHING;
}

ps_jx ps_matches_object(ps_matches *m)
{
    if (!m->regex) {
        return m->object;
    }
    ps_matches *state = ps_jx_alloc(m->run, sizeof *state);
    *state = *m;
    double end = (double)unit_of(m, m->end);
    ps_jx_record *record = ps_jx_record_new(m->run, 5);
    ps_jx_set(m->run, record, PS_STR("match"), m->match);
    ps_jx_set(m->run, record, PS_STR("start"), m->index);
    ps_jx_set(m->run, record, PS_STR("end"), ps_jx_number(end));
    ps_jx_set(m->run, record, PS_STR("groups"), m->groups);
    ps_jx_set(m->run, record, PS_STR("next"), ps_jx_again_value(m->run, again, state));
    return ps_jx_object(record);
}

/* Arrays in arrays that are made a string. */
#define MAX_NESTING 100

/* Appends what JavaScript makes of a value that is to be a string. */
static void put_string(ps_jx_run *run, ps_jx v, size_t depth, ps_buf *out)
{
    switch (v.kind) {
    case PS_JX_UNDEFINED:
        ps_text_add(run, out, PS_STR("undefined"));
        return;
    case PS_JX_OBJECT:
        ps_text_add(run, out, PS_STR("[object Object]"));
        return;
    case PS_JX_STRING:
        ps_text_add(run, out, ps_jx_str(v));
        return;
    case PS_JX_ARRAY:
        break;
    case PS_JX_FUNCTION:
        ps_text_refuse(run, &v, 0);
    default:
        ps_jx_print(run, v, false, out);
        return;
    }
    if (depth == MAX_NESTING) {
        ps_text_refuse(run, &v, 0);
    }
    for (size_t i = 0; i < ps_jx_count(v); i++) {
        ps_jx element = ps_jx_at(v, i);
        ps_jx_burn(run, 1);
        if (i > 0) {
            ps_text_add(run, out, PS_STR(","));
        }
        if (!ps_jx_is(element, PS_JX_UNDEFINED) && !ps_jx_is(element, PS_JX_NULL)) {
            put_string(run, element, depth + 1, out);
        }
    }
}

static ps_jx as_string(ps_jx_run *run, ps_jx v)
{
    if (ps_jx_is(v, PS_JX_STRING)) {
        return v;
    }
    ps_buf *out = ps_jx_scratch(run);
    put_string(run, v, 0, out);
    return ps_jx_text(run, out);
}

ps_jx ps_jx_regex_apply(ps_jx_run *run, const ps_jx_regex *r, const ps_jx *args, size_t count)
{
    ps_jx subject = as_string(run, count > 0 ? args[0] : PS_JX_NOTHING);
    ps_matches m = {.run = run, .regex = r, .subject = ps_jx_str(subject)};
    size_t from = 0;
    if (count > 1 && ps_jx_is(args[1], PS_JX_NUMBER)) {
        double unit = trunc(ps_jx_double(args[1]));
        if (unit > (double)m.subject.len) {
            return PS_JX_NOTHING;
        }
        from = byte_of(&m, unit);
    }
    return regex_from(&m, from) ? ps_matches_object(&m) : PS_JX_NOTHING;
}

/* -- functions in place of regexes --------------------------------------------------------------
 */

static bool is_false(ps_jx v)
{
    switch (v.kind) {
    case PS_JX_UNDEFINED:
    case PS_JX_NULL:
        return true;
    case PS_JX_BOOL:
        return !v.b;
    case PS_JX_NUMBER:
        return isnan(ps_jx_double(v)) || ps_jx_double(v) == 0;
    default:
        return ps_jx_is(v, PS_JX_STRING) && ps_jx_str(v).len == 0;
    }
}

static bool is_match(ps_jx v)
{
    return ps_jx_is(v, PS_JX_OBJECT) && (ps_jx_is(ps_jx_get(v, PS_STR("start")), PS_JX_NUMBER) ||
                                         ps_jx_is(ps_jx_get(v, PS_STR("groups")), PS_JX_ARRAY) ||
                                         ps_jx_is(ps_jx_get(v, PS_STR("next")), PS_JX_FUNCTION));
}

/* What the matcher answers first, or `next` then; T1010 where it is no answer. What JavaScript
 * takes for false is let through. */
static ps_jx ask(ps_matches *m)
{
    ps_jx argument = m->begun ? PS_JX_NOTHING : m->subject_value;
    ps_jx function = m->begun ? ps_jx_get(m->object, PS_STR("next")) : m->matcher;
    if (!ps_jx_is(function, PS_JX_FUNCTION)) {
        fault(m->run);
    }
    ps_jx_burn(m->run, 1);
    ps_jx v = ps_jx_apply(m->run, function, &argument, 1, PS_JX_NOTHING, 0);
    if (!is_match(v) && !is_false(v)) {
        fault(m->run);
    }
    return v;
}

static double number_or(ps_jx v, double other)
{
    return ps_jx_is(v, PS_JX_NUMBER) ? ps_jx_double(v) : other;
}

static bool function_next(ps_matches *m)
{
    ps_jx v = ask(m);
    if (ps_jx_is(v, PS_JX_UNDEFINED)) {
        return false;
    }
    if (!is_match(v)) {
        fault(m->run);
    }
    m->begun = true;
    m->object = v;
    m->match = ps_jx_get(v, PS_STR("match"));
    m->index = ps_jx_get(v, PS_STR("start"));
    m->groups = ps_jx_get(v, PS_STR("groups"));
    double start = number_or(m->index, INFINITY);
    double length =
        ps_jx_is(m->match, PS_JX_STRING) ? (double)ps_text_units(ps_jx_str(m->match)) : 0;
    m->start = byte_of(m, start);
    m->after = byte_of(m, isfinite(start) ? start + length : 0);
    m->end = byte_of(m, number_or(ps_jx_get(v, PS_STR("end")), 0));
    return true;
}

bool ps_matches_next(ps_matches *m)
{
    return m->regex ? regex_next(m) : function_next(m);
}

bool ps_matches_any(ps_matches *m)
{
    return m->regex ? regex_next(m) : !ps_jx_is(ask(m), PS_JX_UNDEFINED);
}
