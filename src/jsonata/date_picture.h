/* date_picture.h -- pictures of dates and times ("[Y0001]-[M01]-[D01]"), XPath's format-dateTime:
 * taken apart once, then written (date_format.c) or read by (date_parse.c). */
#ifndef PS_JSONATA_DATE_PICTURE_H
#define PS_JSONATA_DATE_PICTURE_H

#include "jsonata/integer_picture.h"

typedef enum ps_date_names {
    PS_NAMES_NONE,
    PS_NAMES_LOWER,
    PS_NAMES_UPPER,
    PS_NAMES_TITLE,
} ps_date_names;

typedef struct ps_date_part {
    uint32_t component; /* 0: `literal` */
    ps_codes literal;
    ps_date_names names;
    bool zulu; /* 't': a time zone of zero is Z */
    bool has_width, has_most;
    double most;                 /* characters of a name; NaN where no number is given */
    ps_integer_picture *integer; /* NULL: none */
    double year_digits;          /* -1: all of them */
    double parse_width; /* digits to read, where the next part is a number too; 0: as many as are */
} ps_date_part;

typedef struct ps_date_picture {
    ps_date_part *parts;
    size_t count;
    struct ps_date_atom *atoms; /* what date_match.c made of the parts; NULL until it does */
    size_t atom_count;
} ps_date_picture;

/* D3132: an unknown component; D3135: a '[' that nothing closes. */
ps_date_picture *ps_date_picture_read(ps_jx_run *run, const ps_jx_call *call, ps_str picture);

static inline bool ps_date_is_zone(uint32_t component)
{
    return component == 'Z' || component == 'z';
}

/* "January" for 1, "Monday" for 1; empty where there is no such month or day. */
ps_str ps_month_name(double month);
ps_str ps_day_name(double day);
/* D3133 */
_Noreturn void ps_date_refuse_names(ps_jx_run *run, const ps_jx_call *call, uint32_t component);

/* `zone` may be empty: UTC; `ms` need not be clipped. */
ps_jx ps_date_format(ps_jx_run *run, const ps_jx_call *call, ps_str picture, double ms, ps_jx zone);
/* The moment that `text` tells, which may be NaN; false where it does not fit the picture. What is
 * missing before the first part that is there is that of `now`. D3136: a gap between parts. */
bool ps_date_parse(ps_jx_run *run, const ps_jx_call *call, ps_str picture, ps_codes text,
                   double now, double *ms);

/* Where each part of a text that fits the picture lies: starts[i] to starts[i + 1]; NULL where it
 * does not fit. date_match.c */
size_t *ps_date_match(ps_jx_run *run, const ps_jx_call *call, ps_date_picture *picture,
                      ps_codes text);

/* Date.parse of what the reference takes for ISO 8601; false where it is not, NaN where the
 * calendar does not have it. iso_date.c */
bool ps_iso_date_parse(ps_str text, double *ms);

#endif
