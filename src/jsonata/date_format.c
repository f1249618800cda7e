/* date_format.c -- writes a moment by its picture. */
#include "jsonata/calendar.h"
#include "jsonata/date_picture.h"
#include "jsonata/number.h"

#include <math.h>

typedef struct zone {
    double hours, minutes;
} zone;

/* "+hhmm", read as one number as the reference does: the hours are rounded down, so that half an
 * hour west is off by one. */
static zone read_zone(ps_jx v)
{
    if (!ps_jx_is(v, PS_JX_STRING)) {
        return (zone){0};
    }
    double offset = ps_number_parse_int(ps_jx_str(v));
    return (zone){floor(offset / 100), fmod(offset, 100)};
}

static void add(ps_jx_run *run, ps_codes *out, ps_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        ps_codes_add(run, out, (unsigned char)text.p[i]);
    }
}

static void print_name(ps_jx_run *run, const ps_jx_call *call, const ps_date_part *part, double n,
                       ps_codes *out)
{
    bool month = part->component == 'M' || part->component == 'x';
    if (!month && part->component != 'F') {
        ps_date_refuse_names(run, call, part->component);
    }
    ps_str name = month ? ps_month_name(n) : ps_day_name(n);
    if (name.len == 0) {
        ps_jx_fields f = {.token = call->name, .message = PS_STR("Invalid date")};
        ps_jx_throw(run, "D3137", call->at, &f);
    }
    size_t start = out->len;
    add(run, out, name);
    for (size_t i = start; i < out->len; i++) {
        if (part->names == PS_NAMES_UPPER && i > start) {
            out->p[i] -= 0x20;
        } else if (part->names == PS_NAMES_LOWER && i == start) {
            out->p[i] += 0x20;
        }
    }
    if (part->has_most && (double)name.len > part->most) {
        out->len = start + (part->most > 0 ? (size_t)part->most : 0);
    }
}

/* Minutes behind hours that were written alone. */
static void print_minutes(ps_jx_run *run, const ps_jx_call *call, double minutes, ps_codes *out)
{
    uint32_t two[] = {'0', '0'};
    ps_integer_picture picture = ps_integer_picture_read(run, call, (ps_codes){two, 2, 0});
    ps_codes_add(run, out, ':');
    ps_integer_print(run, call, &picture, minutes, out);
}

static void print_zone(ps_jx_run *run, const ps_jx_call *call, const ps_date_part *part,
                       const zone *z, ps_codes *out)
{
    double offset = z->hours * 100 + z->minutes;
    double digits = part->integer->mandatory;
    if (offset == 0 && part->zulu) {
        ps_codes_add(run, out, 'Z');
        return;
    }
    add(run, out, part->component == 'z' ? PS_STR("GMT") : PS_STR(""));
    add(run, out, offset >= 0 ? PS_STR("+") : PS_STR(""));
    if (part->integer->every || digits == 3 || digits == 4) {
        ps_integer_print(run, call, part->integer, offset, out);
    } else if (digits == 1 || digits == 2) {
        ps_integer_print(run, call, part->integer, z->hours, out);
        if (z->minutes != 0) {
            print_minutes(run, call, z->minutes, out);
        }
    } else {
        ps_jx_fields f = {.token = call->name};
        if (!isnan(digits)) {
            f.value = ps_jx_number(digits);
        }
        ps_jx_throw(run, "D3134", call->at, &f);
    }
}

static void print_part(ps_jx_run *run, const ps_jx_call *call, const ps_date_part *part, double ms,
                       const zone *z, ps_codes *out)
{
    if (ps_date_is_zone(part->component)) {
        print_zone(run, call, part, z, out);
        return;
    }
    double n = ps_date_component(ms, part->component < 128 ? (char)part->component : 0);
    switch (part->component) {
    case 0:
        ps_codes_insert(run, out, out->len, part->literal, 1);
        break;
    case 'P':
        add(run, out,
            part->names == PS_NAMES_UPPER ? (n == 0 ? PS_STR("AM") : PS_STR("PM"))
                                          : (n == 0 ? PS_STR("am") : PS_STR("pm")));
        break;
    case 'C':
    case 'E':
        add(run, out, PS_STR("ISO"));
        break;
    default:
        if (part->integer) {
            if (part->component == 'Y' && part->year_digits != -1) {
                n = fmod(n, pow(10, part->year_digits));
            }
            ps_integer_print(run, call, part->integer, n, out);
        } else if (part->component < 128 && strchr("YMDdFWwXxHhmsf", (int)part->component)) {
            print_name(run, call, part, n, out);
        } else {
            /* An unknown component with a presentation of its own: what the reference makes of a
             * value that is not there. */
            add(run, out, PS_STR("undefined"));
        }
    }
}

ps_jx ps_date_format(ps_jx_run *run, const ps_jx_call *call, ps_str picture, double ms,
                     ps_jx zone_text)
{
    zone z = read_zone(zone_text);
    const ps_date_picture *p = ps_date_picture_read(run, call, picture);
    double local = ps_date_clip(ms + (60 * z.hours + z.minutes) * 60000);
    ps_codes out = {0};
    for (size_t i = 0; i < p->count; i++) {
        ps_jx_burn(run, 4);
        print_part(run, call, &p->parts[i], local, &z, &out);
    }
    return ps_codes_string(run, out);
}
