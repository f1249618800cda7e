/* pattern.c -- reads a JavaScript regular expression once and writes PCRE2's as it goes. */
#include "jsonata/pattern.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "jsonata/pattern_class.h"

/* PCRE2 refuses more. */
#define MAX_NESTING 240
#define MAX_REPEAT 65535
/* Plain characters between two callouts. */
#define PLAIN_RUN 8

#define LINE_ENDS "\\n\\r\\x{2028}\\x{2029}"

typedef enum group_kind { GROUP, LOOK_AHEAD, LOOK_BEHIND } group_kind;

typedef struct translation {
    ps_pattern_reader r; /* first: what pattern_class.c reads on */
    bool multiline;
    bool repeatable; /* what was written last may be followed by a quantifier */
    size_t plain;    /* characters since the last callout */
    group_kind open[MAX_NESTING];
    size_t depth;
    ps_str *names; /* by the number of their group - 1; of unnamed ones empty */
    size_t groups;
    bool named;
} translation;

static bool refuse(translation *t, const char *why)
{
    t->r.why = why;
    return false;
}

static void put(translation *t, const char *text)
{
    ps_buf_add(t->r.out, ps_str_from(text));
}

static void put_callout(translation *t)
{
    put(t, "(?C1)");
    t->plain = 0;
}

static int peek(const translation *t, size_t ahead)
{
    size_t i = t->r.i + ahead;
    return i < t->r.text.len ? (unsigned char)t->r.text.p[i] : -1;
}

/* Behind something that may take long; a quantifier there has a callout of its own, and would take
 * this one for what it repeats. */
static void finish(translation *t)
{
    if (peek(t, 0) < 0 || !strchr("*+?{", peek(t, 0))) {
        put_callout(t);
    }
}

/* -- groups and their names ---------------------------------------------------------------------
 */

/* The name that begins at `i` and ends with '>'; empty: none. JavaScript's identifiers, but for
 * escapes in them. */
static ps_str name_at(ps_str text, size_t i)
{
    size_t from = i;
    while (i < text.len && text.p[i] != '>') {
        unsigned char c = (unsigned char)text.p[i];
        bool digit = c >= '0' && c <= '9';
        bool word =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c >= 0x80;
        if (!word && !(digit && i > from)) {
            return PS_STR("");
        }
        i++;
    }
    return i < text.len ? (ps_str){text.p + from, i - from} : PS_STR("");
}

/* What \1 and \k<x> mean depends on the groups of the whole pattern. */
static bool find_groups(translation *t)
{
    ps_str text = t->r.text;
    bool in_class = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c == '\\') {
            i++;
        } else if (in_class) {
            in_class = c != ']';
        } else if (c == '[') {
            in_class = true;
        } else if (c == '(') {
            bool special = i + 1 < text.len && text.p[i + 1] == '?';
            bool named = special && i + 3 < text.len && text.p[i + 2] == '<' &&
                         text.p[i + 3] != '=' && text.p[i + 3] != '!';
            if (special && !named) {
                continue;
            }
            ps_str name = named ? name_at(text, i + 3) : PS_STR("");
            if (named && name.len == 0) {
                return refuse(t, "Invalid capture group name");
            }
            t->named = t->named || named;
            t->names[t->groups++] = name;
        }
    }
    return true;
}

/* The number of the group `name`; 0: there is none. */
static size_t group_named(const translation *t, ps_str name)
{
    for (size_t i = 0; i < t->groups; i++) {
        if (t->names[i].len > 0 && ps_str_equal(t->names[i], name)) {
            return i + 1;
        }
    }
    return 0;
}

static bool open_group(translation *t)
{
    static const struct {
        const char *opening;
        group_kind kind;
    } kinds[] = {{"(?:", GROUP},
                 {"(?=", LOOK_AHEAD},
                 {"(?!", LOOK_AHEAD},
                 {"(?<=", LOOK_BEHIND},
                 {"(?<!", LOOK_BEHIND}};
    if (t->depth == MAX_NESTING) {
        return refuse(t, "Regular expression too large");
    }
    t->repeatable = false;
    ps_str rest = {t->r.text.p + t->r.i, t->r.text.len - t->r.i};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        ps_str opening = ps_str_from(kinds[k].opening);
        if (ps_str_starts(rest, opening)) {
            ps_buf_add(t->r.out, opening);
            t->r.i += opening.len;
            t->open[t->depth++] = kinds[k].kind;
            return true;
        }
    }
    if (peek(t, 1) == '?') {
        if (peek(t, 2) != '<') {
            return refuse(t, "Invalid group");
        }
        t->r.i += 3 + name_at(t->r.text, t->r.i + 3).len;
    }
    t->r.i++;
    t->open[t->depth++] = GROUP;
    put(t, "(");
    return true;
}

static bool close_group(translation *t)
{
    if (t->depth == 0) {
        return refuse(t, "Unmatched ')'");
    }
    group_kind kind = t->open[--t->depth];
    t->r.i++;
    put(t, ")");
    finish(t);
    t->repeatable = kind != LOOK_BEHIND;
    return true;
}

/* -- quantifiers --------------------------------------------------------------------------------
 */

typedef struct repeat {
    size_t least, most; /* most: SIZE_MAX without a bound */
    size_t end;         /* offset behind it */
} repeat;

static size_t count_at(ps_str text, size_t *i)
{
    size_t n = 0;
    while (*i < text.len && text.p[*i] >= '0' && text.p[*i] <= '9') {
        n = n > MAX_REPEAT ? n : n * 10 + (size_t)(text.p[*i] - '0');
        ++*i;
    }
    return n;
}

/* {2} {2,} {2,4} at `i`; anything else in braces stands for itself. */
static bool braces_at(ps_str text, size_t i, repeat *q)
{
    size_t from = ++i;
    q->least = count_at(text, &i);
    if (i == from) {
        return false;
    }
    q->most = q->least;
    if (i < text.len && text.p[i] == ',') {
        from = ++i;
        size_t most = count_at(text, &i);
        q->most = i == from || most > MAX_REPEAT ? SIZE_MAX : most;
    }
    q->end = i + 1;
    return i < text.len && text.p[i] == '}';
}

static bool put_repeat(translation *t, repeat q)
{
    if (!t->repeatable) {
        return refuse(t, "Nothing to repeat");
    }
    if (q.most < q.least) {
        return refuse(t, "numbers out of order in {} quantifier");
    }
    if (q.least > MAX_REPEAT) {
        return refuse(t, "Regular expression too large");
    }
    ps_buf_addf(t->r.out, "{%zu,", q.least);
    if (q.most != SIZE_MAX) {
        ps_buf_addf(t->r.out, "%zu", q.most);
    }
    put(t, "}");
    t->r.i = q.end;
    if (peek(t, 0) == '?') {
        put(t, "?");
        t->r.i++;
    }
    put_callout(t);
    t->repeatable = false;
    return true;
}

/* -- atoms --------------------------------------------------------------------------------------
 */

static void put_plain(translation *t, uint32_t code)
{
    if (++t->plain > PLAIN_RUN) {
        put_callout(t);
    }
    ps_pattern_literal(&t->r, code);
    t->repeatable = true;
}

/* \1 and \k<name>; false where it is none, or is refused (r.why). */
static bool reference(translation *t)
{
    size_t i = t->r.i + 1;
    size_t group = 0;
    if (peek(t, 1) == 'k') {
        if (!t->named) {
            return false;
        }
        ps_str name = peek(t, 2) == '<' ? name_at(t->r.text, i + 2) : PS_STR("");
        group = group_named(t, name);
        if (group == 0) {
            return refuse(t, "Invalid named reference");
        }
        i += name.len + 3;
    } else if (peek(t, 1) >= '1' && peek(t, 1) <= '9') {
        group = count_at(t->r.text, &i);
    }
    if (group == 0 || group > t->groups) {
        return false;
    }
    ps_buf_addf(t->r.out, "\\g{%zu}", group);
    t->r.i = i;
    t->repeatable = true;
    finish(t);
    return true;
}

static bool escape(translation *t)
{
    int c = peek(t, 1);
    if (c < 0) {
        return refuse(t, "\\ at end of pattern");
    }
    if (c == 'b' || c == 'B') {
        put(t, c == 'b' ? "\\b" : "\\B");
        t->r.i += 2;
        t->repeatable = false;
        return true;
    }
    if (reference(t) || t->r.why) {
        return t->r.why == NULL;
    }
    if (ps_pattern_is_set(c)) {
        ps_pattern_class(&t->r);
        t->repeatable = true;
        return true;
    }
    uint32_t code = ps_pattern_character(&t->r, false);
    if (ps_pattern_surrogate(code)) {
        t->repeatable = true;
        return ps_pattern_half(&t->r, code);
    }
    put_plain(t, code);
    return true;
}

static bool brace(translation *t)
{
    repeat q;
    if (braces_at(t->r.text, t->r.i, &q)) {
        return put_repeat(t, q);
    }
    t->r.i++;
    put_plain(t, '{');
    return true;
}

static bool step(translation *t)
{
    switch (peek(t, 0)) {
    case '|':
        put(t, "|");
        t->repeatable = false;
        t->r.i++;
        return true;
    case '(':
        return open_group(t);
    case ')':
        return close_group(t);
    case '^':
        put(t, t->multiline ? "(?<![^" LINE_ENDS "])" : "^");
        t->repeatable = false;
        t->r.i++;
        return true;
    case '$':
        put(t, t->multiline ? "(?![^" LINE_ENDS "])" : "\\z");
        t->repeatable = false;
        t->r.i++;
        return true;
    case '*':
        return put_repeat(t, (repeat){0, SIZE_MAX, t->r.i + 1});
    case '+':
        return put_repeat(t, (repeat){1, SIZE_MAX, t->r.i + 1});
    case '?':
        return put_repeat(t, (repeat){0, 1, t->r.i + 1});
    case '{':
        return brace(t);
    case '.':
        put(t, "[^" LINE_ENDS "]");
        t->repeatable = true;
        t->r.i++;
        return true;
    case '[':
        t->repeatable = true;
        return ps_pattern_class(&t->r);
    case '\\':
        return escape(t);
    default:
        put_plain(t, ps_utf8_next(t->r.text, &t->r.i));
        return true;
    }
}

bool ps_pattern_translate(ps_str pattern, ps_pattern_flags flags, ps_buf *out, const char **why)
{
    translation t = {
        .r = {.text = pattern, .out = out, .ignore_case = flags.ignore_case},
        .multiline = flags.multiline,
        .names = ps_alloc_zeroed(pattern.len + 1, sizeof *t.names),
    };
    bool good = find_groups(&t);
    for (size_t i = 0; good && t.named && i < t.groups; i++) {
        if (t.names[i].len > 0 && group_named(&t, t.names[i]) != i + 1) {
            good = refuse(&t, "Duplicate capture group name");
        }
    }
    while (good && t.r.i < pattern.len) {
        good = step(&t);
    }
    if (good && t.depth > 0) {
        good = refuse(&t, "Unterminated group");
    }
    ps_free(t.names);
    *why = t.r.why;
    return good;
}
