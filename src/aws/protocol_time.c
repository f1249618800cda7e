/* protocol_time.c -- instants in the three formats of AWS's protocols. */
#include "aws/protocol_layout.h"
#include "base/timetext.h"

#include <math.h>

/* What ps_time_print writes without a sign: years 0 to 9999. */
#define MIN_MS (INT64_C(-62167219200000))
#define MAX_MS (INT64_C(253402300799999))

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */

enum { LONGEST_DATE = 60 };

static bool read_digits(ps_str s, size_t at, size_t count, int *n)
{
    *n = 0;
    for (size_t i = at; i < at + count; i++) {
        if (i >= s.len || s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        *n = *n * 10 + (s.p[i] - '0');
    }
    return true;
}

/* "Tue, 29 Apr 2014 18:30:38 GMT", also with ".123" behind the seconds. */
static bool parse_http_date(ps_str text, int64_t *ms)
{
    const char *comma = memchr(text.p, ',', text.len);
    size_t at = comma ? (size_t)(comma - text.p) + 1 : 0;
    while (at < text.len && text.p[at] == ' ') {
        at++;
    }
    ps_str s = {text.p + at, text.len - at};
    int day;
    size_t width = s.len > 1 && s.p[1] == ' ' ? 1 : 2;
    if (!comma || !read_digits(s, 0, width, &day) || s.len < width + 22 || s.len > LONGEST_DATE) {
        return false;
    }
    int month = 0;
    while (month < 12 && memcmp(months + 3 * month, s.p + width + 1, 3) != 0) {
        month++;
    }
    size_t zone = s.len - 4;
    if (month == 12 || memcmp(s.p + zone, " GMT", 4) != 0) {
        return false;
    }
    ps_buf iso = {0};
    ps_buf_addf(&iso, "%.4s-%02d-%02dT%.*sZ", s.p + width + 5, month + 1, day,
                (int)(zone - (width + 10)), s.p + width + 10);
    bool good = ps_time_parse(ps_buf_str(&iso), ms, NULL);
    ps_buf_free(&iso);
    return good;
}

static bool parse_text(ps_str text, int64_t *ms)
{
    if (ps_number_valid(text)) {
        ps_value *number = ps_number(text);
        double seconds = ps_value_double(number);
        ps_value_unref(number);
        *ms = fabs(seconds) < 1e12 ? (int64_t)llround(seconds * 1000) : MAX_MS + 1;
        return true;
    }
    return text.len > 0 && (ps_time_parse(text, ms, NULL) || parse_http_date(text, ms));
}

bool ps_time_given(const ps_value *v, int64_t *ms)
{
    bool good = false;
    if (ps_value_kind(v) == PS_STRING) {
        good = parse_text(ps_value_str(v), ms);
    } else if (ps_value_is_number(v)) {
        double seconds = ps_value_double(v);
        good = fabs(seconds) < 1e12;
        *ms = good ? (int64_t)llround(seconds * 1000) : 0;
    }
    return good && *ms >= MIN_MS && *ms <= MAX_MS;
}

static void write_http_date(int64_t ms, ps_str iso, ps_buf *out)
{
    int64_t day = ms / 86400000 - (ms % 86400000 < 0);
    int month;
    read_digits(iso, 5, 2, &month);
    ps_buf_addf(out, "%.3s, %.2s %.3s %.4s %.8s GMT", days + 3 * ((day % 7 + 7) % 7), iso.p + 8,
                months + 3 * (month - 1), iso.p, iso.p + 11);
}

void ps_time_write(const ps_value *v, ps_time_format format, ps_buf *out)
{
    int64_t ms;
    if (!ps_time_given(v, &ms)) {
        return; /* ps_params_check has said so */
    }
    int64_t rest = (ms % 1000 + 1000) % 1000;
    if (format == PS_TIME_UNIX) {
        ps_value *seconds = rest ? ps_double((double)ms / 1000) : ps_int(ms / 1000);
        if (rest) {
            ps_double_print_js(ps_value_double(seconds), out);
        } else {
            ps_number_print(seconds, out);
        }
        ps_value_unref(seconds);
        return;
    }
    ps_buf iso = {0};
    ps_time_print(ms, &iso);
    if (format == PS_TIME_RFC822) {
        write_http_date(ms, ps_buf_str(&iso), out);
    } else if (rest) {
        ps_buf_add(out, ps_buf_str(&iso));
    } else {
        ps_buf_add(out, (ps_str){iso.p, 19});
        ps_buf_add_char(out, 'Z');
    }
    ps_buf_free(&iso);
}

static ps_value *seconds_of(int64_t ms)
{
    return ms % 1000 ? ps_double((double)ms / 1000) : ps_int(ms / 1000);
}

ps_value *ps_time_read(ps_str text)
{
    int64_t ms;
    return parse_text(text, &ms) ? seconds_of(ms) : NULL;
}

ps_value *ps_time_read_value(const ps_value *v)
{
    int64_t ms;
    if (ps_value_kind(v) == PS_INT) {
        return ps_value_ref(v);
    }
    return ps_time_given(v, &ms) ? seconds_of(ms) : NULL;
}
