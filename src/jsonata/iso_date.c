/* iso_date.c -- reads the ISO 8601 moments that $toMillis takes without a picture. */
#include "jsonata/calendar.h"
#include "jsonata/date_picture.h"

#include <math.h>

typedef struct reader {
    ps_str s;
    size_t at;
} reader;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* As `shape`, where a digit stands for any from 0 up to it; reads nothing where it does not fit. */
static bool takes(reader *r, const char *shape)
{
    size_t len = strlen(shape);
    if (len > r->s.len - r->at) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char c = r->s.p[r->at + i];
        if (is_digit(shape[i]) ? !is_digit(c) || c > shape[i] : c != shape[i]) {
            return false;
        }
    }
    r->at += len;
    return true;
}

/* The two digits that end at `end`. */
static double two(const reader *r, size_t end)
{
    return (r->s.p[end - 2] - '0') * 10 + (r->s.p[end - 1] - '0');
}

typedef struct moment {
    double year, month, day, hour, minute, second, ms;
    bool has_month, has_day, has_time, has_fraction, has_zone, has_offset;
    double offset_hour, offset_minute, sign;
} moment;

static void read_fraction(reader *r, moment *m)
{
    if (r->at + 1 >= r->s.len || r->s.p[r->at] != '.' || !is_digit(r->s.p[r->at + 1])) {
        return;
    }
    m->has_fraction = true;
    double place = 100;
    for (r->at++; r->at < r->s.len && is_digit(r->s.p[r->at]); r->at++) {
        m->ms += place >= 1 ? (r->s.p[r->at] - '0') * place : 0;
        place /= 10;
    }
}

static void read_zone(reader *r, moment *m)
{
    static const char *const shapes[] = {"+29:59", "-29:59", "+2959", "-2959"};
    m->has_zone = takes(r, "Z");
    for (size_t i = 0; i < 4 && !m->has_zone; i++) {
        if (takes(r, shapes[i])) {
            m->has_zone = true;
            m->has_offset = true;
            m->sign = shapes[i][0] == '-' ? -1 : 1;
            m->offset_minute = two(r, r->at);
            m->offset_hour = two(r, r->at - (shapes[i][3] == ':' ? 3 : 2));
        }
    }
}

/* What stands behind the year: months and days as asked for; a time, a fraction, a zone. */
static bool read_rest(reader r, bool month, bool day, moment *m)
{
    if ((month && !takes(&r, "-19")) || (day && !takes(&r, "-39"))) {
        return false;
    }
    m->has_month = month;
    m->has_day = day;
    m->day = day ? two(&r, r.at) : 1;
    m->month = month ? two(&r, r.at - (day ? 3 : 0)) : 1;
    m->has_time = takes(&r, "T29:59:59");
    if (m->has_time) {
        m->second = two(&r, r.at);
        m->minute = two(&r, r.at - 3);
        m->hour = two(&r, r.at - 6);
    }
    read_fraction(&r, m);
    read_zone(&r, m);
    return r.at == r.s.len;
}

/* Two digits behind a hyphen are a month, else a day, else the hours of a zone. */
static bool read(ps_str text, moment *m)
{
    reader r = {text, 0};
    if (!takes(&r, "9999")) {
        return false;
    }
    for (unsigned without = 0; without < 4; without++) {
        *m = (moment){.year = two(&r, 2) * 100 + two(&r, 4)};
        if (read_rest(r, !(without & 2), !(without & 1), m)) {
            return true;
        }
    }
    return false;
}

/* Days up to 31 of any month are taken; 24:00:00 is the end of a day. */
static bool exists(const moment *m)
{
    bool shape = m->has_month || !m->has_day;
    shape = shape && (m->has_time || (!m->has_fraction && !m->has_offset));
    bool date = m->month >= 1 && m->month <= 12 && m->day >= 1 && m->day <= 31;
    bool time = m->hour <= 23 || (m->hour == 24 && m->minute == 0 && m->second == 0 && m->ms == 0);
    return shape && date && time && m->offset_hour <= 23;
}

bool ps_iso_date_parse(ps_str text, double *ms)
{
    moment m = {0};
    if (!read(text, &m)) {
        return false;
    }
    *ms = NAN;
    if (exists(&m)) {
        *ms = ps_date_make(m.year, m.month - 1, m.day, m.hour, m.minute, m.second, m.ms) -
              m.sign * (m.offset_hour * 60 + m.offset_minute) * 60000;
    }
    return true;
}
