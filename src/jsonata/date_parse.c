/* date_parse.c -- reads a moment by its picture: what the parts say, and what stands for parts that
 * are missing. */
#include "jsonata/calendar.h"
#include "jsonata/date_picture.h"
#include "jsonata/number.h"

#include <math.h>

/* By the letter of the component. A value that is not a number was there all the same. */
typedef struct components {
    struct {
        bool defined;
        double value;
    } of[128];
    bool any;
} components;

static double get(const components *c, char letter)
{
    return c->of[(unsigned char)letter].value;
}

static void set(components *c, char letter, double value)
{
    c->of[(unsigned char)letter].defined = true;
    c->of[(unsigned char)letter].value = value;
}

/* -- one part -------------------------------------------------------------------------------- */

/* The number of the name that the text is, or begins with the widest letters of; the last such one.
 * Names are written with a capital, whatever the picture says. */
static bool find_name(ps_str text, double width, ps_str (*name)(double n), size_t count,
                      double *value)
{
    for (size_t n = count; n > 0; n--) {
        ps_str whole = name((double)n);
        if (width > 0 && width < (double)whole.len) {
            whole.len = (size_t)width;
        }
        if (ps_str_equal(text, whole)) {
            *value = (double)n;
            return true;
        }
    }
    return false;
}

static bool parse_name(const ps_date_part *part, ps_str text, double *value)
{
    double width = part->has_most ? part->most : 0;
    if (part->component == 'P') {
        *value = ps_str_equal(text, PS_STR("pm")) || ps_str_equal(text, PS_STR("PM"));
        return *value == 1 || ps_str_equal(text, PS_STR("am")) || ps_str_equal(text, PS_STR("AM"));
    }
    return part->component == 'F' ? find_name(text, width, ps_day_name, 7, value)
                                  : find_name(text, width, ps_month_name, 12, value);
}

/* Minutes. Both numbers are read on their own, so that -05:30 is five hours less half an hour. */
static double parse_zone(const ps_date_part *part, ps_str text)
{
    if (part->component == 'z') {
        text = (ps_str){text.p + 3, text.len - 3};
    }
    size_t split = 3;
    size_t behind = 3;
    if (part->integer->every) {
        uint32_t code = part->integer->separators[0].code;
        const char *at = code < 128 ? memchr(text.p, (int)code, text.len) : NULL;
        split = at ? (size_t)(at - text.p) : 0;
        behind = at ? split + 1 : 0;
    } else if (text.len <= 3) {
        return ps_number_parse_int(text) * 60;
    }
    return ps_number_parse_int((ps_str){text.p, split}) * 60 +
           ps_number_parse_int((ps_str){text.p + behind, text.len - behind});
}

/* Milliseconds: three digits count. */
static double parse_fraction(ps_str digits)
{
    static const double tens[] = {1, 10, 100, 1000};
    digits.len = digits.len > 3 ? 3 : digits.len;
    return ps_number_read(digits) / tens[digits.len] * 1000;
}

static void parse_part(ps_jx_run *run, const ps_jx_call *call, const ps_date_part *part,
                       ps_codes codes, components *c)
{
    ps_str text = ps_jx_str(ps_codes_string(run, codes));
    char letter = (char)part->component;
    c->any = true;
    if (ps_date_is_zone(part->component)) {
        set(c, letter, parse_zone(part, text));
    } else if (part->component == 'f') {
        set(c, letter, parse_fraction(text));
    } else if (part->integer) {
        set(c, letter, ps_integer_parse(run, call, part->integer, text));
    } else {
        double value = 0;
        bool known = parse_name(part, text, &value);
        set(c, letter, value);
        c->of[part->component].defined = known;
    }
}

/* -- what they say together ------------------------------------------------------------------ */

/* Whether parts were read, apart from those that are zero. */
static bool has(const components *c, char letter)
{
    double value = get(c, letter);
    return c->of[(unsigned char)letter].defined && value != 0 && !isnan(value);
}

/* At least one of `wanted`, none of `others`. */
static bool is_kind(const components *c, const char *wanted, const char *others)
{
    bool any = false;
    for (; *wanted; wanted++) {
        any = any || has(c, *wanted);
    }
    for (; *others; others++) {
        any = any && !has(c, *others);
    }
    return any;
}

/* Parts from the greatest to the least: before the first that is there those of `now` hold, behind
 * the last one the least; nothing may be missing between. */
static void complete(ps_jx_run *run, const ps_jx_call *call, const char *letters, double now,
                     components *c)
{
    bool started = false;
    bool ended = false;
    for (; *letters; letters++) {
        if (c->of[(unsigned char)*letters].defined) {
            started = true;
            if (ended) {
                ps_jx_fail(run, "D3136", call->at, call->name);
            }
        } else if (started) {
            set(c, *letters, strchr("MDd", *letters) ? 1 : 0);
            ended = true;
        } else {
            set(c, *letters, ps_date_component(now, *letters));
        }
    }
}

/* Afternoon is meant only where it was read: one that the present lends does not count. */
static double hour_of(const components *c, bool half_days, bool afternoon)
{
    if (!half_days) {
        return get(c, 'H');
    }
    double hour = get(c, 'h');
    return (hour == 12 ? 0 : hour) + (afternoon ? 12 : 0);
}

static double moment_of(ps_jx_run *run, const ps_jx_call *call, components *c, double now)
{
    bool by_date = is_kind(c, "YMD", "XxWwd");
    bool by_day = !by_date && is_kind(c, "Yd", "XMxWwD");
    bool by_month_week = is_kind(c, "Xxw", "YMWdD");
    bool by_week = !by_month_week && is_kind(c, "XW", "YMxwdD");
    bool half_days = !is_kind(c, "Hmsf", "Ph") && is_kind(c, "Phmsf", "H");
    bool afternoon = c->of['P'].defined && get(c, 'P') == 1;
    complete(run, call,
             by_day          ? (half_days ? "YDPhmsf" : "YDHmsf")
             : by_month_week ? (half_days ? "XxwFPhmsf" : "XxwFHmsf")
             : by_week       ? (half_days ? "XWFPhmsf" : "XWFHmsf")
                             : (half_days ? "YMDPhmsf" : "YMDHmsf"),
             now, c);
    if (by_month_week || by_week) {
        ps_jx_fail(run, "D3136", call->at, call->name);
    }
    double month = get(c, 'M') > 0 ? get(c, 'M') - 1 : 0;
    double day = get(c, 'D');
    if (by_day) {
        double first = ps_date_utc(get(c, 'Y'), 0, 1, 0, 0, 0, 0);
        double date = ps_date_clip(first + (get(c, 'd') - 1) * PS_DAY_MS);
        month = ps_date_component(date, 'M') - 1;
        day = ps_date_component(date, 'D');
    }
    double ms = ps_date_utc(get(c, 'Y'), month, day, hour_of(c, half_days, afternoon), get(c, 'm'),
                            get(c, 's'), get(c, 'f'));
    double zone = has(c, 'Z') ? get(c, 'Z') : has(c, 'z') ? get(c, 'z') : 0;
    return ms - zone * 60000;
}

bool ps_date_parse(ps_jx_run *run, const ps_jx_call *call, ps_str picture, ps_codes text,
                   double now, double *ms)
{
    ps_date_picture *p = ps_date_picture_read(run, call, picture);
    const size_t *starts = ps_date_match(run, call, p, text);
    if (!starts) {
        return false;
    }
    components c = {0};
    for (size_t i = 0; i < p->count; i++) {
        if (p->parts[i].component) {
            parse_part(run, call, &p->parts[i], ps_codes_part(text, starts[i], starts[i + 1]), &c);
        }
    }
    if (!c.any) {
        return false;
    }
    *ms = moment_of(run, call, &c, now);
    return true;
}
