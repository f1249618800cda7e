/* date_picture.c -- takes a picture of a date apart: see date_picture.h. */
#include "jsonata/date_picture.h"

#include "jsonata/number.h"

#include <math.h>

static const char *usual_presentation(uint32_t component)
{
    switch (component) {
    case 'Y':
    case 'M':
    case 'D':
    case 'd':
    case 'W':
    case 'w':
    case 'X':
    case 'x':
    case 'H':
    case 'h':
    case 'f':
        return "1";
    case 'F':
    case 'P':
    case 'C':
    case 'E':
        return "n";
    case 'm':
    case 's':
        return "01";
    case 'Z':
    case 'z':
        return "01:01";
    default:
        return NULL;
    }
}

static bool is_number(uint32_t component)
{
    return component && component < 128 && strchr("YMDdFWwXxHhmsf", (int)component);
}

static size_t find(ps_codes t, uint32_t code, size_t from)
{
    return ps_codes_find(t, (ps_codes){&code, 1, 0}, from);
}

static ps_codes from_ascii(ps_jx_run *run, const char *text)
{
    return ps_codes_read(run, ps_str_from(text));
}

/* A width's end: false where it says nothing. */
static bool read_width(ps_jx_run *run, ps_codes text, double *width)
{
    if (text.len == 1 && text.p[0] == '*') {
        return false;
    }
    *width = ps_number_parse_int(ps_jx_str(ps_codes_string(run, text)));
    return true;
}

typedef struct widths {
    double least;
    bool has_least;
} widths;

static widths read_widths(ps_jx_run *run, ps_codes text, ps_date_part *part)
{
    widths w = {.least = NAN};
    size_t dash = find(text, '-', 0);
    part->has_width = true;
    part->most = NAN;
    w.has_least = read_width(run, ps_codes_part(text, 0, dash), &w.least);
    if (dash != PS_CODES_NONE) {
        part->has_most = read_width(run, ps_codes_part(text, dash + 1, text.len), &part->most);
    }
    return w;
}

static ps_integer_picture *keep_integer(ps_jx_run *run, const ps_jx_call *call, ps_codes picture)
{
    ps_integer_picture *kept = ps_jx_alloc(run, sizeof *kept);
    *kept = ps_integer_picture_read(run, call, picture);
    return kept;
}

static void read_integer(ps_jx_run *run, const ps_jx_call *call, ps_codes presentation,
                         uint32_t modifier, const widths *w, ps_date_part *part)
{
    if (modifier) {
        ps_codes with = {0};
        uint32_t text[2] = {';', modifier};
        ps_codes_insert(run, &with, 0, presentation, 1);
        ps_codes_insert(run, &with, with.len, (ps_codes){text, 2, 0}, 1);
        presentation = with;
    }
    ps_integer_picture *integer = keep_integer(run, call, presentation);
    part->integer = integer;
    if (w->has_least && integer->mandatory < w->least) {
        integer->mandatory = w->least;
    }
    if (part->component == 'Y') {
        if (part->has_most) {
            part->year_digits = part->most;
            integer->mandatory = part->most;
        } else if (integer->mandatory + integer->optional >= 2) {
            part->year_digits = integer->mandatory + integer->optional;
        }
    }
}

/* What stands between the brackets, white space taken out. */
static ps_date_part read_marker(ps_jx_run *run, const ps_jx_call *call, ps_codes marker)
{
    ps_date_part part = {.component = marker.len ? marker.p[0] : 0, .year_digits = -1};
    uint32_t code = ',';
    size_t comma = ps_codes_find_last(marker, (ps_codes){&code, 1, 0});
    ps_codes presentation = ps_codes_part(marker, 1, comma);
    widths w = {0};
    if (comma != PS_CODES_NONE) {
        w = read_widths(run, ps_codes_part(marker, comma + 1, marker.len), &part);
    }
    uint32_t modifier = 0;
    if (presentation.len == 0) {
        const char *usual = usual_presentation(part.component);
        if (!usual) {
            ps_jx_fields f = {.token = call->name,
                              .value = ps_codes_string(run, ps_codes_part(marker, 0, 1))};
            ps_jx_throw(run, "D3132", call->at, &f);
        }
        presentation = from_ascii(run, usual);
    } else if (presentation.len > 1) {
        uint32_t last = presentation.p[presentation.len - 1];
        if (last == 'a' || last == 't' || last == 'c' || last == 'o') {
            modifier = last;
            presentation.len--;
        }
    }
    part.zulu = modifier == 't';
    if (presentation.p[0] == 'n') {
        part.names = PS_NAMES_LOWER;
    } else if (presentation.p[0] == 'N') {
        bool title = presentation.len > 1 && presentation.p[1] == 'n';
        part.names = title ? PS_NAMES_TITLE : PS_NAMES_UPPER;
    } else if (is_number(part.component)) {
        read_integer(run, call, presentation, modifier, &w, &part);
    }
    if (ps_date_is_zone(part.component)) {
        part.integer = keep_integer(run, call, presentation);
    }
    return part;
}

static ps_codes without_spaces(ps_jx_run *run, ps_codes t)
{
    ps_codes out = {0};
    for (size_t i = 0; i < t.len; i++) {
        if (!ps_code_is_space(t.p[i])) {
            ps_codes_add(run, &out, t.p[i]);
        }
    }
    return out;
}

/* Doubled closing brackets stand for one. */
static void add_literal(ps_jx_run *run, ps_date_picture *out, ps_codes t)
{
    if (t.len == 0) {
        return;
    }
    ps_date_part *part = &out->parts[out->count++];
    *part = (ps_date_part){0};
    for (size_t i = 0; i < t.len; i++) {
        ps_codes_add(run, &part->literal, t.p[i]);
        i += t.p[i] == ']' && i + 1 < t.len && t.p[i + 1] == ']';
    }
}

static size_t most_parts(ps_codes picture)
{
    size_t markers = 0;
    for (size_t i = 0; i < picture.len; i++) {
        markers += picture.p[i] == '[';
    }
    return 2 * markers + 1;
}

static ps_date_picture read_picture(ps_jx_run *run, const ps_jx_call *call, ps_codes picture)
{
    ps_date_picture out = {0};
    out.parts = ps_jx_alloc(run, most_parts(picture) * sizeof *out.parts);
    uint32_t bracket = '[';
    size_t start = 0;
    size_t at;
    while ((at = find(picture, '[', start)) != PS_CODES_NONE) {
        ps_jx_burn(run, 4);
        add_literal(run, &out, ps_codes_part(picture, start, at));
        if (at + 1 < picture.len && picture.p[at + 1] == '[') {
            add_literal(run, &out, (ps_codes){&bracket, 1, 0});
            start = at + 2;
            continue;
        }
        size_t end = find(picture, ']', at);
        if (end == PS_CODES_NONE) {
            ps_jx_fail(run, "D3135", call->at, call->name);
        }
        ps_codes marker = without_spaces(run, ps_codes_part(picture, at + 1, end));
        ps_date_part part = read_marker(run, call, marker);
        /* Two numbers in a row: where the first one ends is known only by its width. */
        ps_date_part *previous = out.count ? &out.parts[out.count - 1] : NULL;
        bool number = part.integer && !ps_date_is_zone(part.component);
        if (number && previous && previous->integer) {
            previous->parse_width = previous->integer->mandatory;
        }
        out.parts[out.count++] = part;
        start = end + 1;
    }
    add_literal(run, &out, ps_codes_part(picture, start, picture.len));
    return out;
}

/* An expression that writes many dates writes them by few pictures. */
enum { REMEMBERED = 4 };

struct ps_date_memory {
    struct {
        ps_str text;
        ps_date_picture *picture;
    } of[REMEMBERED];
    size_t count; /* of all that were ever kept */
};

ps_date_picture *ps_date_picture_read(ps_jx_run *run, const ps_jx_call *call, ps_str picture)
{
    if (!run->dates) {
        run->dates = ps_jx_alloc(run, sizeof *run->dates);
        *run->dates = (struct ps_date_memory){0};
    }
    struct ps_date_memory *memory = run->dates;
    ps_jx_burn(run, picture.len / 16);
    for (size_t i = 0; i < memory->count && i < REMEMBERED; i++) {
        if (ps_str_equal(memory->of[i].text, picture)) {
            return memory->of[i].picture;
        }
    }
    ps_date_picture *read = ps_jx_alloc(run, sizeof *read);
    *read = read_picture(run, call, ps_codes_read(run, picture));
    size_t i = memory->count++ % REMEMBERED;
    memory->of[i].text = picture;
    memory->of[i].picture = read;
    return read;
}

ps_str ps_month_name(double month)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    return month >= 1 && month <= 12 ? ps_str_from(names[(size_t)month - 1]) : PS_STR("");
}

ps_str ps_day_name(double day)
{
    static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
    return day >= 1 && day <= 7 ? ps_str_from(names[(size_t)day - 1]) : PS_STR("");
}

_Noreturn void ps_date_refuse_names(ps_jx_run *run, const ps_jx_call *call, uint32_t component)
{
    ps_jx_fields f = {.token = call->name,
                      .value = ps_codes_string(run, (ps_codes){&component, 1, 0})};
    ps_jx_throw(run, "D3133", call->at, &f);
}
