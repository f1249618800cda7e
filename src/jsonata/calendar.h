/* calendar.h -- the Gregorian calendar in UTC, reckoned as JavaScript's Date does: milliseconds are
 * doubles, and NaN where there is no such moment. No clock and no time zones. */
#ifndef PS_JSONATA_CALENDAR_H
#define PS_JSONATA_CALENDAR_H

#define PS_DAY_MS 86400000.0

/* The nearest millisecond towards zero; NaN beyond 100,000,000 days around 1970. */
double ps_date_clip(double ms);
/* Date.UTC: any part may overflow into the next; months count from 0; years 0 to 99 are 1900 and
 * later. NaN where a part is none. */
double ps_date_utc(double year, double month, double day, double hour, double minute, double second,
                   double ms);
/* As ps_date_utc, but a year is a year. */
double ps_date_make(double year, double month, double day, double hour, double minute,
                    double second, double ms);

/* What a picture's component specifier stands for at that (clipped) moment: Y M D d F W w X x H h m
 * s f, numbers as XPath counts them (months from 1, Monday is 1, weeks as in ISO 8601); P: 0 am, 1
 * pm. NaN for NaN, and for any other letter. */
double ps_date_component(double ms, char component);

#endif
