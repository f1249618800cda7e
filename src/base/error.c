/* error.c -- fills an error's code, place and words. */
#include "base/error.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

/* Quoted input may have been cut inside a character, or never have been UTF-8: the words are UTF-8
 * all the same. */
static void mend(char *text)
{
    for (;;) {
        ps_str s = ps_str_from(text);
        size_t bad = ps_utf8_check(s);
        if (bad == s.len) {
            return;
        }
        text[bad] = '?';
        text += bad;
    }
}

ps_status ps_fail(ps_error *err, ps_status code, size_t at, const char *format, ...)
{
    va_list args;
    err->code = code;
    err->at = at;
    va_start(args, format);
    if (vsnprintf(err->text, sizeof err->text, format, args) < 0) {
        err->text[0] = '\0';
    }
    va_end(args);
    mend(err->text);
    return code;
}

const char *ps_status_name(ps_status code)
{
    switch (code) {
    case PS_OK:
        return "OK";
    case PS_EINPUT:
        return "EINPUT";
    case PS_ELIMIT:
        return "ELIMIT";
    case PS_ESTALE:
        return "ESTALE";
    case PS_EUNSUPPORTED:
        return "EUNSUPPORTED";
    case PS_EDAMAGED:
        return "EDAMAGED";
    case PS_EDIVERGED:
        return "EDIVERGED";
    }
    return "EUNKNOWN";
}
