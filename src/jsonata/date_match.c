/* date_match.c -- finds the parts of a picture in a text, as the regular expression would that the
 * reference makes of the picture: without regard to case, each part as long as the others let it
 * be. Which places the rest can be matched from is tabulated from the end, so nothing is tried
 * twice. */
#include "jsonata/date_picture.h"
#include "jsonata/eval.h"

#include <math.h>

typedef enum atom_kind {
    ATOM_LITERAL,
    ATOM_GMT,
    ATOM_SIGN,
    ATOM_CHARACTER, /* `code`; '.' is any */
    ATOM_DIGITS,    /* `times` of them; 0: one or more */
    ATOM_LETTERS,
    ATOM_ROMAN,
    ATOM_WORDS,
    ATOM_SUFFIX, /* th st nd rd */
} atom_kind;

typedef struct ps_date_atom {
    atom_kind kind;
    bool last; /* of its part */
    uint32_t code;
    double times;
    ps_codes literal;
} atom;

typedef struct matcher {
    ps_jx_run *run;
    ps_codes text;
    atom *atoms;
    size_t count;
    /* rest[i * (text.len + 1) + at]: the atoms from i on match all the text from `at` on. */
    char *rest;
} matcher;

static uint32_t fold(uint32_t code)
{
    return code >= 'A' && code <= 'Z' ? code + 0x20 : code;
}

static bool in_class(atom_kind kind, uint32_t code)
{
    uint32_t c = fold(code);
    switch (kind) {
    case ATOM_DIGITS:
        return c >= '0' && c <= '9';
    case ATOM_LETTERS:
        return c >= 'a' && c <= 'z';
    case ATOM_ROMAN:
        return c && c < 128 && strchr("mdclxvi", (int)c);
    default:
        return false;
    }
}

/* -- what a picture asks for ----------------------------------------------------------------- */

static void add(matcher *m, atom_kind kind)
{
    m->atoms[m->count++] = (atom){.kind = kind};
}

static void add_number(matcher *m, const ps_jx_call *call, const ps_date_part *part)
{
    switch (part->integer->style) {
    case PS_INTEGER_LETTERS:
        add(m, ATOM_LETTERS);
        break;
    case PS_INTEGER_ROMAN:
        add(m, ATOM_ROMAN);
        break;
    case PS_INTEGER_WORDS:
        add(m, ATOM_WORDS);
        break;
    case PS_INTEGER_DECIMAL:
        add(m, ATOM_DIGITS);
        m->atoms[m->count - 1].times = isnan(part->parse_width) ? 0 : part->parse_width;
        if (part->integer->ordinal) {
            add(m, ATOM_SUFFIX);
        }
        break;
    case PS_INTEGER_SEQUENCE:
        ps_integer_refuse(m->run, call, part->integer);
    }
}

static void add_part(matcher *m, const ps_jx_call *call, const ps_date_part *part)
{
    if (!part->component) {
        add(m, ATOM_LITERAL);
        m->atoms[m->count - 1].literal = part->literal;
    } else if (ps_date_is_zone(part->component)) {
        if (part->component == 'z') {
            add(m, ATOM_GMT);
        }
        add(m, ATOM_SIGN);
        add(m, ATOM_DIGITS);
        if (part->integer->every) {
            add(m, ATOM_CHARACTER);
            m->atoms[m->count - 1].code = part->integer->separators[0].code;
            add(m, ATOM_DIGITS);
        }
    } else if (part->component == 'f') {
        add(m, ATOM_DIGITS);
    } else if (part->integer) {
        add_number(m, call, part);
    } else if (strchr("MxFP", (int)(part->component & 0x7F)) && part->component < 128) {
        add(m, ATOM_LETTERS);
    } else {
        ps_date_refuse_names(m->run, call, part->component);
    }
    m->atoms[m->count - 1].last = true;
}

/* -- matching -------------------------------------------------------------------------------- */

static bool rest_from(const matcher *m, size_t number, size_t at)
{
    return at <= m->text.len && m->rest[number * (m->text.len + 1) + at];
}

static bool stands_at(const matcher *m, ps_str word, size_t at)
{
    if (word.len == 0 || word.len > m->text.len - at) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        if (fold(m->text.p[at + i]) != (unsigned char)word.p[i]) {
            return false;
        }
    }
    return true;
}

static bool literal_at(const matcher *m, ps_codes literal, size_t at)
{
    if (literal.len > m->text.len - at) {
        return false;
    }
    for (size_t i = 0; i < literal.len; i++) {
        if (fold(m->text.p[at + i]) != fold(literal.p[i])) {
            return false;
        }
    }
    return true;
}

/* The length of what has just one possible length there; PS_CODES_NONE where it is not there. */
static size_t fixed_at(const matcher *m, const atom *a, size_t at)
{
    uint32_t code = at < m->text.len ? m->text.p[at] : 0;
    switch (a->kind) {
    case ATOM_LITERAL:
        return literal_at(m, a->literal, at) ? a->literal.len : PS_CODES_NONE;
    case ATOM_GMT:
        return stands_at(m, PS_STR("gmt"), at) ? 3 : PS_CODES_NONE;
    case ATOM_SIGN:
        return code == '+' || code == '-' ? 1 : PS_CODES_NONE;
    case ATOM_CHARACTER:
        if (at == m->text.len) {
            return PS_CODES_NONE;
        }
        return fold(code) == fold(a->code) || (a->code == '.' && code != '\n' && code != '\r' &&
                                               code != 0x2028 && code != 0x2029)
                   ? 1
                   : PS_CODES_NONE;
    case ATOM_SUFFIX:
        return stands_at(m, PS_STR("th"), at) || stands_at(m, PS_STR("st"), at) ||
                       stands_at(m, PS_STR("nd"), at) || stands_at(m, PS_STR("rd"), at)
                   ? 2
                   : PS_CODES_NONE;
    default:
        return PS_CODES_NONE;
    }
}

/* Where the words go on to from `at`: the first alternative that lets all the rest match; `at`
 * itself where there is none. */
static size_t next_word(const matcher *m, size_t number, size_t at)
{
    static const char *const joints[] = {"and", "-", ",", " "};
    for (size_t i = 0; i < ps_number_word_count + sizeof joints / sizeof *joints; i++) {
        ps_str word = i < ps_number_word_count ? ps_number_word_at(i)
                                               : ps_str_from(joints[i - ps_number_word_count]);
        size_t next = at + word.len;
        if (stands_at(m, word, at) &&
            (rest_from(m, number, next) || rest_from(m, number + 1, next))) {
            return next;
        }
    }
    return at;
}

static void tabulate(const matcher *m, size_t number)
{
    const atom *a = &m->atoms[number];
    char *row = m->rest + number * (m->text.len + 1);
    size_t run = 0; /* characters of the class from `at` on */
    for (size_t at = m->text.len + 1; at-- > 0;) {
        bool in = at < m->text.len && in_class(a->kind, m->text.p[at]);
        run = in ? run + 1 : 0;
        if (a->kind == ATOM_WORDS) {
            row[at] = next_word(m, number, at) != at;
        } else if (a->kind == ATOM_DIGITS && a->times != 0) {
            row[at] = (double)run >= a->times && a->times > 0 &&
                      rest_from(m, number + 1, at + (size_t)a->times);
        } else if (a->kind == ATOM_DIGITS || a->kind == ATOM_LETTERS || a->kind == ATOM_ROMAN) {
            row[at] = in && (rest_from(m, number + 1, at + 1) || rest_from(m, number, at + 1));
        } else {
            size_t len = fixed_at(m, a, at);
            row[at] = len != PS_CODES_NONE && rest_from(m, number + 1, at + len);
        }
    }
}

/* Where the atom, which is known to match at `at`, ends. */
static size_t end_of(const matcher *m, size_t number, size_t at)
{
    const atom *a = &m->atoms[number];
    if (a->kind == ATOM_WORDS) {
        for (size_t next; (next = next_word(m, number, at)) != at;) {
            at = next;
        }
        return at;
    }
    if (a->kind == ATOM_DIGITS && a->times != 0) {
        return at + (size_t)a->times;
    }
    if (a->kind == ATOM_DIGITS || a->kind == ATOM_LETTERS || a->kind == ATOM_ROMAN) {
        while (rest_from(m, number, at)) {
            at++;
        }
        return at;
    }
    return at + fixed_at(m, a, at);
}

/* Made once a picture. */
static void read_atoms(matcher *m, const ps_jx_call *call, ps_date_picture *picture)
{
    if (!picture->atoms) {
        m->atoms = ps_jx_alloc(m->run, (picture->count * 5 + 1) * sizeof *m->atoms);
        for (size_t i = 0; i < picture->count; i++) {
            add_part(m, call, &picture->parts[i]);
        }
        picture->atoms = m->atoms;
        picture->atom_count = m->count;
    }
    m->atoms = picture->atoms;
    m->count = picture->atom_count;
}

size_t *ps_date_match(ps_jx_run *run, const ps_jx_call *call, ps_date_picture *picture,
                      ps_codes text)
{
    matcher m = {.run = run, .text = text};
    read_atoms(&m, call, picture);
    if (text.len >= run->bounds.bytes || m.count >= run->bounds.bytes / (text.len + 1)) {
        ps_jx_too_large(run);
    }
    m.rest = ps_jx_alloc(run, (m.count + 1) * (text.len + 1));
    char *end = m.rest + m.count * (text.len + 1);
    memset(end, 0, text.len + 1);
    end[text.len] = 1;
    for (size_t i = m.count; i-- > 0;) {
        size_t cost = m.atoms[i].kind == ATOM_WORDS ? 64 : 1 + m.atoms[i].literal.len / 16;
        ps_jx_burn(run, (text.len + 1) * cost);
        tabulate(&m, i);
    }
    if (!m.rest[0]) {
        return NULL;
    }
    size_t *starts = ps_jx_alloc(run, (picture->count + 1) * sizeof *starts);
    size_t part = 0;
    starts[0] = 0;
    for (size_t i = 0, at = 0; i < m.count; i++) {
        at = end_of(&m, i, at);
        if (m.atoms[i].last) {
            starts[++part] = at;
        }
    }
    return starts;
}
