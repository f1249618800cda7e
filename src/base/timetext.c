/* timetext.c -- instants as ISO 8601 text, in the proleptic Gregorian calendar. */
#include "base/timetext.h"

enum { DAY_MS = 86400000, YEARS_ERA = 400, DAYS_ERA = 146097, EPOCH_DAY = 719468 };

/* Years here begin on 1 March, so that the leap day is a year's last one. */
static int64_t day_from_date(int64_t year, int64_t month, int64_t day)
{
    if (month <= 2) {
        year--;
        month += 12;
    }
    int64_t era = (year >= 0 ? year : year - (YEARS_ERA - 1)) / YEARS_ERA;
    int64_t year_of_era = year - era * YEARS_ERA;
    int64_t day_of_year = (153 * (month - 3) + 2) / 5 + day - 1;
    return era * DAYS_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           EPOCH_DAY;
}

static void date_from_day(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    days += EPOCH_DAY;
    int64_t era = (days >= 0 ? days : days - (DAYS_ERA - 1)) / DAYS_ERA;
    int64_t day_of_era = days - era * DAYS_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = era * YEARS_ERA + year_of_era + (*month <= 2);
}

static char *put_digits(char *to, int64_t n, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        to[i] = (char)('0' + n % 10);
        n /= 10;
    }
    return to + width;
}

void ps_time_print(int64_t ms, ps_buf *out)
{
    int64_t days = ms / DAY_MS, rest = ms % DAY_MS;
    if (rest < 0) {
        rest += DAY_MS;
        days--;
    }
    int64_t year, month, day;
    date_from_day(days, &year, &month, &day);
    char text[48], *to = text;
    /* ISO 8601 writes a year outside 0000..9999 with its sign, and longer where it must. */
    if (year < 0 || year > 9999) {
        *to++ = year < 0 ? '-' : '+';
        year = year < 0 ? -year : year;
    }
    int width = 4;
    for (int64_t bound = 10000; year >= bound; bound *= 10) {
        width++;
    }
    to = put_digits(to, year, width);
    *to++ = '-';
    to = put_digits(to, month, 2);
    *to++ = '-';
    to = put_digits(to, day, 2);
    *to++ = 'T';
    to = put_digits(to, rest / 3600000, 2);
    *to++ = ':';
    to = put_digits(to, rest / 60000 % 60, 2);
    *to++ = ':';
    to = put_digits(to, rest / 1000 % 60, 2);
    *to++ = '.';
    to = put_digits(to, rest % 1000, 3);
    *to++ = 'Z';
    ps_buf_add(out, (ps_str){text, (size_t)(to - text)});
}

typedef struct scan {
    const char *p, *end;
} scan;

static bool take_char(scan *s, char c)
{
    if (s->p == s->end || *s->p != c) {
        return false;
    }
    s->p++;
    return true;
}

static bool take_digits(scan *s, int count, int64_t *n)
{
    *n = 0;
    for (int i = 0; i < count; i++) {
        if (s->p == s->end || *s->p < '0' || *s->p > '9') {
            return false;
        }
        *n = *n * 10 + (*s->p++ - '0');
    }
    return true;
}

static bool take_fraction(scan *s, int64_t *nanos)
{
    int64_t digit, unit = 100000000;
    *nanos = 0;
    if (!take_digits(s, 1, &digit)) {
        return false;
    }
    do {
        *nanos += digit * unit;
        unit /= 10;
    } while (unit && take_digits(s, 1, &digit));
    return true;
}

static bool take_offset(scan *s, int64_t *offset_ms)
{
    int64_t hours, minutes;
    *offset_ms = 0;
    if (take_char(s, 'Z')) {
        return true;
    }
    int sign = take_char(s, '+') ? 1 : take_char(s, '-') ? -1 : 0;
    if (!sign || !take_digits(s, 2, &hours) || !take_char(s, ':') || !take_digits(s, 2, &minutes) ||
        minutes > 59 || hours * 60 + minutes > 18 * 60) {
        return false;
    }
    *offset_ms = sign * (hours * 60 + minutes) * 60000;
    return true;
}

static int64_t month_days(int64_t year, int64_t month)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool ps_time_parse(ps_str text, int64_t *ms, int32_t *nanos)
{
    scan s = {text.p, text.p + text.len};
    int64_t year, month, day, hour, minute, second, fraction = 0, offset;
    if (!take_digits(&s, 4, &year) || !take_char(&s, '-') || !take_digits(&s, 2, &month) ||
        !take_char(&s, '-') || !take_digits(&s, 2, &day) || !take_char(&s, 'T') ||
        !take_digits(&s, 2, &hour) || !take_char(&s, ':') || !take_digits(&s, 2, &minute) ||
        !take_char(&s, ':') || !take_digits(&s, 2, &second)) {
        return false;
    }
    if (month < 1 || month > 12 || day < 1 || day > month_days(year, month) || hour > 23 ||
        minute > 59 || second > 59) {
        return false;
    }
    if (take_char(&s, '.') && !take_fraction(&s, &fraction)) {
        return false;
    }
    if (!take_offset(&s, &offset) || s.p != s.end) {
        return false;
    }
    *ms = day_from_date(year, month, day) * DAY_MS + hour * 3600000 + minute * 60000 +
          second * 1000 + fraction / 1000000 - offset;
    if (nanos) {
        *nanos = (int32_t)(fraction % 1000000);
    }
    return true;
}
