/* signature.c -- function signatures, <s-nn?:s>: which arguments a call may have, and what is put
 * in for those it left out.
 *
 * The reference turns a signature into a regular expression over one letter for each argument. The
 * choice that such a pattern's backtracking would settle on is found here by a table instead, in
 * parameters times arguments steps. */
#include "jsonata/jx.h"

#include "base/mem.h"

/* What an argument can be: one bit for each of the reference's letters. */
enum {
    ARRAY = 1,
    STRING = 2,
    NUMBER = 4,
    BOOLEAN = 8,
    NOTHING = 16, /* null */
    FUNCTION = 32,
    OBJECT = 64,
    MISSING = 128,
    JSON = ARRAY | STRING | NUMBER | BOOLEAN | NOTHING | OBJECT | MISSING,
    ANYTHING = JSON | FUNCTION,
};

typedef struct parameter {
    uint8_t accepts;
    uint8_t context; /* what the context may be where it stands in; 0: it does not */
    ps_str type;     /* its letter, or a choice with its brackets */
    bool optional, repeated;
    bool lazy;      /* takes as few arguments as it can */
    bool typed;     /* a<...> */
    ps_str subtype; /* of typed: between the brackets */
} parameter;

struct ps_jx_signature {
    parameter *parameters;
    size_t count;
    bool plain; /* no parameter is repeated or lazy */
    bool repeats;
    char *text;
};

/* -- reading ----------------------------------------------------------------------------------- */

static uint8_t letter(char c)
{
    switch (c) {
    case 'a':
        return ARRAY;
    case 's':
        return STRING;
    case 'n':
        return NUMBER;
    case 'b':
        return BOOLEAN;
    case 'l':
        return NOTHING;
    case 'f':
        return FUNCTION;
    case 'o':
        return OBJECT;
    case 'm':
        return MISSING;
    default:
        return 0;
    }
}

/* The offset of the bracket that closes the one at `from`, or the text's end. */
static size_t closing(ps_str text, size_t from, char open, char close)
{
    size_t depth = 1;
    size_t i = from + 1;
    for (; i < text.len; i++) {
        if (text.p[i] == close) {
            if (--depth == 0) {
                break;
            }
        } else if (text.p[i] == open) {
            depth++;
        }
    }
    return i;
}

static bool is(const parameter *p, char type)
{
    return p->type.p[0] == type;
}

static parameter *add(ps_jx_signature *s, ps_str type, uint8_t accepts)
{
    parameter *p = &s->parameters[s->count++];
    *p = (parameter){.type = type, .accepts = accepts};
    return p;
}

static void modify(ps_jx_signature *s, parameter *p, char how)
{
    bool quantified = p->optional || p->repeated;
    if (how == '-') {
        p->context = quantified ? ANYTHING : p->accepts;
    }
    if (quantified) {
        p->lazy = how != '+';
    } else if (how == '+') {
        p->repeated = s->repeats = true;
    } else {
        p->optional = true;
    }
    s->plain = s->plain && !p->lazy && !p->repeated;
}

static void refuse(ps_jsonata_error *err, const char *code, size_t at, ps_str value)
{
    ps_value *fields = ps_object(1);
    if (value.len > 0) {
        ps_object_put_take(fields, PS_STR("value"), ps_string(value));
    }
    memcpy(err->code, code, strlen(code) + 1);
    err->at = at;
    ps_value_set_take(&err->fields, fields);
}

static ps_str part(const ps_jx_signature *s, size_t from, size_t to)
{
    return (ps_str){s->text + from, to > from ? to - from : 0};
}

/* Reads what stands at `i`; the offset of its last byte, or 0 with `err`. */
static size_t read_one(ps_jx_signature *s, ps_str text, size_t i, size_t at, ps_jsonata_error *err)
{
    parameter *last = s->count > 0 ? &s->parameters[s->count - 1] : NULL;
    char c = text.p[i];
    size_t end;
    switch (c) {
    case 's':
    case 'n':
    case 'b':
    case 'l':
    case 'o':
        add(s, part(s, i, i + 1), letter(c) | MISSING);
        return i;
    case 'a':
    case 'x':
        add(s, part(s, i, i + 1), ANYTHING);
        return i;
    case 'f':
        add(s, part(s, i, i + 1), FUNCTION);
        return i;
    case 'j':
        add(s, part(s, i, i + 1), JSON);
        return i;
    case '-':
    case '?':
    case '+':
        if (last) {
            modify(s, last, c);
        }
        return i;
    case '(':
        end = closing(text, i, '(', ')');
        last = add(s, part(s, i, end < text.len ? end + 1 : end), MISSING);
        for (size_t k = i + 1; k < end; k++) {
            if (text.p[k] == '<') {
                refuse(err, "S0402", at + i, part(s, i + 1, end));
                return 0;
            }
            last->accepts |= letter(text.p[k]);
        }
        return end;
    case '<':
        if (!last || (!is(last, 'a') && !is(last, 'f'))) {
            refuse(err, "S0401", at + i, last ? last->type : PS_STR(""));
            return 0;
        }
        end = closing(text, i, '<', '>');
        last->typed = true;
        last->subtype = part(s, i + 1, end);
        return end;
    default: /* also the closing bracket */
        return i;
    }
}

ps_jx_signature *ps_jx_signature_new(ps_str text, size_t at, ps_jsonata_error *err)
{
    ps_jx_signature *s = ps_alloc_zeroed(1, sizeof *s);
    s->parameters = ps_alloc_zeroed(text.len + 1, sizeof *s->parameters);
    s->text = ps_alloc(text.len);
    s->plain = true;
    memcpy(s->text, text.p, text.len);
    for (size_t i = 1; i < text.len && text.p[i] != ':'; i++) {
        i = read_one(s, text, i, at, err);
        if (i == 0) {
            ps_jx_signature_free(s);
            return NULL;
        }
    }
    return s;
}

void ps_jx_signature_free(ps_jx_signature *s)
{
    if (s) {
        ps_free(s->parameters);
        ps_free(s->text);
        ps_free(s);
    }
}

size_t ps_jx_signature_room(const ps_jx_signature *s, size_t count)
{
    return s->repeats ? s->count + count : s->count;
}

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
        [PS_JX_UNDEFINED] = MISSING, [PS_JX_NULL] = NOTHING,      [PS_JX_BOOL] = BOOLEAN,
        [PS_JX_NUMBER] = NUMBER,     [PS_JX_STRING] = STRING,     [PS_JX_ARRAY] = ARRAY,
        [PS_JX_OBJECT] = OBJECT,     [PS_JX_FUNCTION] = FUNCTION,
    };
    return symbols[v.kind];
}

static bool accepts(const parameter *p, ps_jx v)
{
    return (p->accepts & symbol(v)) != 0;
}

/* Each parameter takes what it can get: where that works out, it is what backtracking tries first.
 */
static bool match_greedily(const matching *m)
{
    size_t at = 0;
    for (size_t p = 0; p < m->s->count; p++) {
        const parameter *want = &m->s->parameters[p];
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
        const parameter *want = &m->s->parameters[p];
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
        const parameter *want = &m->s->parameters[p];
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
        const parameter *want = &m->s->parameters[good];
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
static ps_jx as_array(const matching *m, const parameter *p, size_t i, size_t taken)
{
    ps_jx arg = argument(m, i);
    if (ps_jx_is(arg, PS_JX_UNDEFINED)) {
        return arg;
    }
    if (p->typed) {
        uint8_t type = p->subtype.len > 0 ? letter(p->subtype.p[0]) : 0;
        bool good = ps_jx_is(arg, PS_JX_ARRAY)
                        ? elements_are(m->run, arg, type)
                        : taken == 1 && p->subtype.len == 1 && symbol(arg) == type;
        if (!good) {
            fault(m, "T0412", arg, i, plural(p->subtype));
        }
    }
    return ps_jx_as_array(m->run, arg);
}

static ps_jx in_place_of_none(const matching *m, const parameter *p, size_t *i)
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
        const parameter *p = &s->parameters[i];
        if (!accepts(p, args[i]) || (is(p, 'a') && (p->typed || !ps_jx_is(args[i], PS_JX_ARRAY)))) {
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
        const parameter *want = &s->parameters[p];
        if (taken[p] == 0 && made < room) {
            args[made++] = in_place_of_none(&m, want, &at);
        }
        for (size_t k = 0; k < taken[p] && made < room; k++, at++) {
            args[made++] = is(want, 'a') ? as_array(&m, want, at, taken[p]) : argument(&m, at);
        }
    }
    return made;
}
