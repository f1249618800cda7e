/* signature_apply.c -- which arguments a call may have, and what is put in for those it left out.
 *
 * The reference turns a signature into a regular expression over one letter for each argument. The
 * choice that such a pattern's backtracking would settle on is found here by a table instead, in
 * parameters times arguments steps. */
#include "jsonata/signature.h"

/* -- matching ---------------------------------------------------------------------------------- */

/* One call: its arguments as they were given. */
typedef struct matching {
    ps_jx_run *run;
    const ps_jx_signature *s;
    const ps_jx_call *call;
    const ps_jx *args;
    size_t count;
    size_t *taken; /* arguments that each parameter takes */
} matching;

static uint8_t symbol(ps_jx v)
{
    static const uint8_t symbols[] = {
        [PS_JX_UNDEFINED] = PS_TAKES_MISSING, [PS_JX_NULL] = PS_TAKES_NOTHING,
        [PS_JX_BOOL] = PS_TAKES_BOOLEAN,      [PS_JX_NUMBER] = PS_TAKES_NUMBER,
        [PS_JX_STRING] = PS_TAKES_STRING,     [PS_JX_ARRAY] = PS_TAKES_ARRAY,
        [PS_JX_OBJECT] = PS_TAKES_OBJECT,     [PS_JX_FUNCTION] = PS_TAKES_FUNCTION,
    };
    return symbols[v.kind];
}

static bool accepts(const ps_parameter *p, ps_jx v)
{
    return (p->accepts & symbol(v)) != 0;
}

/* Each parameter takes what it can get: where that works out, it is what backtracking tries first.
 */
static bool match_greedily(const matching *m)
{
    size_t at = 0;
    for (size_t p = 0; p < m->s->count; p++) {
        const ps_parameter *want = &m->s->parameters[p];
        size_t from = at;
        while (at < m->count && accepts(want, m->args[at])) {
            at++;
            if (!want->repeated) {
                break;
            }
        }
        m->taken[p] = at - from;
        if (want->lazy || (at == from && !want->optional)) {
            return false;
        }
    }
    return at == m->count;
}

/* Whether the parameters from each on, up to `last`, can take the arguments from each on: row p,
 * column i. `whole`: all of them. */
static const bool *possible(const matching *m, size_t last, bool whole)
{
    size_t width = m->count + 1;
    ps_jx_burn(m->run, (last + 1) * width / 16 + 1);
    bool *can = ps_jx_alloc(m->run, (last + 1) * width);
    for (size_t i = 0; i < width; i++) {
        can[last * width + i] = !whole || i == m->count;
    }
    for (size_t p = last; p-- > 0;) {
        const ps_parameter *want = &m->s->parameters[p];
        bool *row = &can[p * width];
        const bool *rest = row + width;
        for (size_t i = width; i-- > 0;) {
            bool takes = i < m->count && accepts(want, m->args[i]) &&
                         (rest[i + 1] || (want->repeated && row[i + 1]));
            row[i] = takes || (want->optional && rest[i]);
        }
    }
    return can;
}

/* What each parameter takes where possible()[0] says that there is a way; the sum. */
static size_t choose(const matching *m, const bool *can, size_t last)
{
    size_t width = m->count + 1;
    size_t at = 0;
    for (size_t p = 0; p < last; p++) {
        const ps_parameter *want = &m->s->parameters[p];
        const bool *row = &can[p * width];
        const bool *rest = row + width;
        size_t from = at;
        bool may_take = at < m->count && accepts(want, m->args[at]);
        if (!want->optional) {
            at++;
        } else if (may_take && rest[at + 1] && !(want->lazy && rest[at])) {
            at++;
        }
        while (want->repeated && row[at] && !(want->lazy && rest[at])) {
            at++;
        }
        m->taken[p] = at - from;
    }
    return at;
}

static ps_jx argument(const matching *m, size_t i)
{
    return i < m->count ? m->args[i] : PS_JX_NOTHING;
}

_Noreturn static void fault(const matching *m, const char *code, ps_jx value, size_t i, ps_str type)
{
    ps_jx_fields fields = {.value = value, .index = (int64_t)i + 1, .type = type};
    ps_jx_throw(m->run, code, m->call->at, &fields);
}

/* The argument at fault is the one behind what the longest run of leading parameters takes. */
_Noreturn static void fault_mismatch(const matching *m)
{
    size_t width = m->count + 1;
    ps_jx_burn(m->run, (m->s->count + 1) * width / 16 + 1);
    bool *reached = ps_jx_alloc(m->run, 2 * width);
    bool *next = reached + width;
    memset(reached, 0, width);
    reached[0] = true;
    size_t good = 0;
    for (; good < m->s->count; good++) {
        const ps_parameter *want = &m->s->parameters[good];
        bool any = false;
        for (size_t i = 0; i < width; i++) {
            bool taken = i > 0 && accepts(want, m->args[i - 1]) &&
                         (reached[i - 1] || (want->repeated && next[i - 1]));
            next[i] = taken || (want->optional && reached[i]);
            any = any || next[i];
        }
        if (!any) {
            break;
        }
        bool *swap = reached;
        reached = next;
        next = swap;
    }
    size_t at = choose(m, possible(m, good, false), good);
    fault(m, "T0410", argument(m, at), at, PS_STR(""));
}

/* -- putting in -------------------------------------------------------------------------------- */

static ps_str plural(ps_str subtype)
{
    static const struct {
        char letter;
        const char *word;
    } words[] = {{'a', "arrays"},  {'b', "booleans"}, {'f', "functions"},
                 {'n', "numbers"}, {'o', "objects"},  {'s', "strings"}};
    for (size_t i = 0; subtype.len == 1 && i < sizeof words / sizeof words[0]; i++) {
        if (words[i].letter == subtype.p[0]) {
            return ps_str_from(words[i].word);
        }
    }
    return PS_STR("");
}

static bool elements_are(ps_jx_run *run, ps_jx array, uint8_t type)
{
    size_t count = ps_jx_count(array);
    ps_jx_burn(run, count / 8);
    for (size_t i = 0; i < count; i++) {
        if (symbol(ps_jx_at(array, i)) != type) {
            return false;
        }
    }
    return true;
}

/* Argument `i` for a parameter 'a' that takes `taken` arguments. */
static ps_jx as_array(const matching *m, const ps_parameter *p, size_t i, size_t taken)
{
    ps_jx arg = argument(m, i);
    if (ps_jx_is(arg, PS_JX_UNDEFINED)) {
        return arg;
    }
    if (p->typed) {
        uint8_t type = p->subtype.len > 0 ? ps_signature_letter(p->subtype.p[0]) : 0;
        bool good = ps_jx_is(arg, PS_JX_ARRAY)
                        ? elements_are(m->run, arg, type)
                        : taken == 1 && p->subtype.len == 1 && symbol(arg) == type;
        if (!good) {
            fault(m, "T0412", arg, i, plural(p->subtype));
        }
    }
    return ps_jx_as_array(m->run, arg);
}

static ps_jx in_place_of_none(const matching *m, const ps_parameter *p, size_t *i)
{
    if (p->context == 0) {
        return argument(m, (*i)++);
    }
    if ((p->context & symbol(m->call->input)) == 0) {
        fault(m, "T0411", m->call->input, *i, PS_STR(""));
    }
    return m->call->input;
}

/* A call that has one argument for each parameter, none of which is to be changed. */
static bool fits_as_it_is(const ps_jx_signature *s, const ps_jx *args, size_t count)
{
    if (!s->plain || count != s->count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const ps_parameter *p = &s->parameters[i];
        if (!accepts(p, args[i]) ||
            (ps_parameter_is(p, 'a') && (p->typed || !ps_jx_is(args[i], PS_JX_ARRAY)))) {
            return false;
        }
    }
    return true;
}

size_t ps_jx_signature_apply(ps_jx_run *run, const ps_jx_signature *s, const ps_jx_call *call,
                             ps_jx *args, size_t count, size_t room)
{
    enum { FEW = 8 };
    ps_jx few_args[FEW];
    size_t few_taken[FEW];
    if (fits_as_it_is(s, args, count)) {
        return count;
    }
    ps_jx *given = count <= FEW ? few_args : ps_jx_alloc(run, count * sizeof *given);
    memcpy(given, args, count * sizeof *given);
    size_t *taken = s->count <= FEW ? few_taken : ps_jx_alloc(run, s->count * sizeof *taken);
    matching m = {run, s, call, given, count, taken};
    if (!match_greedily(&m)) {
        const bool *can = possible(&m, s->count, true);
        if (!can[0]) {
            fault_mismatch(&m);
        }
        choose(&m, can, s->count);
    }
    size_t made = 0;
    size_t at = 0;
    for (size_t p = 0; p < s->count; p++) {
        const ps_parameter *want = &s->parameters[p];
        if (taken[p] == 0 && made < room) {
            args[made++] = in_place_of_none(&m, want, &at);
        }
        for (size_t k = 0; k < taken[p] && made < room; k++, at++) {
            args[made++] =
                ps_parameter_is(want, 'a') ? as_array(&m, want, at, taken[p]) : argument(&m, at);
        }
    }
    return made;
}

void ps_jx_signature_require(ps_jx_run *run, const ps_jx_signature *s, const ps_jx_call *call,
                             const ps_jx *args, size_t count)
{
    matching m = {run, s, call, args, count, NULL};
    for (size_t i = 0; i < s->count; i++) {
        const ps_parameter *p = &s->parameters[i];
        ps_jx v = argument(&m, i);
        bool missing = ps_jx_is(v, PS_JX_UNDEFINED);
        bool good = (missing && p->optional) || accepts(p, v);
        if (ps_parameter_is(p, 'a')) {
            good = missing || ps_jx_is(v, PS_JX_ARRAY);
        }
        if (!good) {
            fault(&m, "T0410", v, i, PS_STR(""));
        }
        if (ps_parameter_is(p, 'a')) {
            as_array(&m, p, i, 1);
        }
    }
}
