/* calendar.c -- days, months, weeks: see calendar.h. */
#include "jsonata/calendar.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

double ps_date_clip(double ms)
{
    return fabs(ms) <= 8.64e15 ? trunc(ms) : NAN;
}

/* Days from 1970-01-01 to the first of a month, which counts from 0. */
static int64_t days_to(int64_t year, int64_t month)
{
    /* Years that begin in March have their leap day at the end. */
    int64_t y = month < 2 ? year - 1 : year;
    int64_t m = (month + 10) % 12;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 - 719468;
}

double ps_date_make(double year, double month, double day, double hour, double minute,
                    double second, double ms)
{
    year = trunc(year) + floor(trunc(month) / 12);
    month = trunc(month) - floor(trunc(month) / 12) * 12;
    if (!(fabs(year) < 400000)) {
        return NAN;
    }
    double days = (double)days_to((int64_t)year, (int64_t)month) + trunc(day) - 1;
    double time = trunc(hour) * 3600000 + trunc(minute) * 60000 + trunc(second) * 1000 + trunc(ms);
    return ps_date_clip(days * PS_DAY_MS + time);
}

double ps_date_utc(double year, double month, double day, double hour, double minute, double second,
                   double ms)
{
    double whole = trunc(year);
    if (whole >= 0 && whole <= 99) {
        year = 1900 + whole;
    }
    return ps_date_make(year, month, day, hour, minute, second, ms);
}

typedef struct civil {
    int64_t year, month, day; /* month from 0 */
    int64_t weekday;          /* Monday is 1 */
    int64_t of_day;           /* ms */
} civil;

static civil civil_of(double ms)
{
    double day = floor(ms / PS_DAY_MS);
    civil c = {.of_day = (int64_t)(ms - day * PS_DAY_MS)};
    int64_t days = (int64_t)day;
    c.weekday = ((days + 3) % 7 + 7) % 7 + 1;
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;
    c.day = of_year - (153 * m + 2) / 5 + 1;
    c.month = (m + 2) % 12;
    c.year = era * 400 + y + (c.month < 2);
    return c;
}

static double midnight(int64_t year, int64_t month, int64_t day)
{
    return ps_date_utc((double)year, (double)month, (double)day, 0, 0, 0, 0);
}

/* The Monday of the week that holds the first Thursday from the first of that month on. */
static double first_week(int64_t year, int64_t month)
{
    double first = midnight(year, month, 1);
    if (isnan(first)) {
        return NAN;
    }
    double weekday = (double)civil_of(first).weekday;
    return weekday > 4 ? first + (8 - weekday) * PS_DAY_MS : first - (weekday - 1) * PS_DAY_MS;
}

/* The same of a month that may lie in the year before or behind. */
static double first_week_of(int64_t year, int64_t month)
{
    if (month < 0) {
        return first_week(year - 1, month + 12);
    }
    return month > 11 ? first_week(year + 1, month - 12) : first_week(year, month);
}

/* The week counted from the first of the year (span 12) or month (span 1). */
static double week_of(const civil *c, int64_t span)
{
    int64_t month = span == 12 ? 0 : c->month;
    double today = midnight(c->year, c->month, c->day);
    double week = (today - first_week_of(c->year, month)) / (PS_DAY_MS * 7) + 1;
    if (week > (span == 12 ? 52 : 4)) {
        week = today >= first_week_of(c->year, month + span) ? 1 : week;
    } else if (week < 1) {
        week = (today - first_week_of(c->year, month - span)) / (PS_DAY_MS * 7) + 1;
    }
    return floor(week);
}

/* Which period the moment's week belongs to: the one before its own (-1), its own, the next. */
static int64_t week_period(double ms, const civil *c, int64_t span)
{
    int64_t month = span == 12 ? 0 : c->month;
    if (ms < first_week_of(c->year, month)) {
        return -1;
    }
    return ms >= first_week_of(c->year, month + span);
}

double ps_date_component(double ms, char component)
{
    if (isnan(ms)) {
        return component == 'P' ? 0 : NAN;
    }
    civil c = civil_of(ms);
    int64_t hour = c.of_day / 3600000;
    switch (component) {
    case 'Y':
        return (double)c.year;
    case 'M':
        return (double)c.month + 1;
    case 'D':
        return (double)c.day;
    case 'd':
        return (midnight(c.year, c.month, c.day) - midnight(c.year, 0, 1)) / PS_DAY_MS + 1;
    case 'F':
        return (double)c.weekday;
    case 'W':
        return week_of(&c, 12);
    case 'w':
        return week_of(&c, 1);
    case 'X':
        return (double)(c.year + week_period(ms, &c, 12));
    case 'x':
        return (double)((c.month + week_period(ms, &c, 1) + 12) % 12 + 1);
    case 'H':
        return (double)hour;
    case 'h':
        return hour % 12 ? (double)(hour % 12) : 12;
    case 'P':
        return hour >= 12;
    case 'm':
        return (double)(c.of_day / 60000 % 60);
    case 's':
        return (double)(c.of_day / 1000 % 60);
    case 'f':
        return (double)(c.of_day % 1000);
    default:
        return NAN;
    }
}
