/* check_walk.c -- the place of the walk in two notations, and findings made there. */
#include "asl/check_walk.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

static void add_escaped(ps_buf *b, ps_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.p[i] == '~') {
            ps_buf_add(b, PS_STR("~0"));
        } else if (name.p[i] == '/') {
            ps_buf_add(b, PS_STR("~1"));
        } else {
            ps_buf_add_char(b, name.p[i]);
        }
    }
}

ps_mark ps_walk_enter(ps_walk *w, ps_str name)
{
    ps_mark mark = {w->where.len, w->pointer.len};
    ps_buf_add_char(&w->where, '/');
    ps_buf_add(&w->where, name);
    ps_buf_add_char(&w->pointer, '/');
    add_escaped(&w->pointer, name);
    return mark;
}

ps_mark ps_walk_enter_index(ps_walk *w, size_t index)
{
    ps_mark mark = {w->where.len, w->pointer.len};
    ps_buf_addf(&w->where, "[%zu]", index);
    ps_buf_addf(&w->pointer, "/%zu", index);
    return mark;
}

void ps_walk_leave(ps_walk *w, ps_mark mark)
{
    w->where.len = mark.where;
    w->pointer.len = mark.pointer;
}

void ps_walk_add(ps_walk *w, ps_finding *f)
{
    if (!f->warning || w->options->warnings) {
        ps_value *v = ps_object(6);
        ps_str where = w->where.len ? ps_buf_str(&w->where) : PS_STR("/");
        ps_object_put_take(v, PS_STR("severity"),
                           ps_string(f->warning ? PS_STR("WARNING") : PS_STR("ERROR")));
        ps_object_put_take(v, PS_STR("code"), ps_string(ps_str_from(f->code)));
        ps_object_put_take(v, PS_STR("message"), ps_string(ps_buf_str(&f->message)));
        if (!f->nowhere) {
            ps_object_put_take(v, PS_STR("location"), ps_string(where));
        }
        ps_object_put_take(v, PS_STR("pointer"), ps_string(ps_buf_str(&w->pointer)));
        if (f->hint.len > 0) {
            ps_object_put_take(v, PS_STR("hint"), ps_string(ps_buf_str(&f->hint)));
        }
        if (f->fix) {
            ps_object_put_take(v, PS_STR("fix"), f->fix);
            f->fix = NULL;
        }
        ps_array_add_take(w->sink, v);
    }
    ps_value_unref(f->fix);
    ps_buf_free(&f->message);
    ps_buf_free(&f->hint);
    *f = (ps_finding){0};
}

__attribute__((format(printf, 2, 0))) static void add_words(ps_buf *b, const char *format,
                                                            va_list args)
{
    char brief[256];
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(brief, sizeof brief, format, args);
    if (len > 0 && (size_t)len < sizeof brief) {
        ps_buf_add(b, (ps_str){brief, (size_t)len});
    } else if (len > 0) {
        char *p = ps_buf_reserve(b, (size_t)len + 1);
        (void)vsnprintf(p, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
}

void ps_walk_error(ps_walk *w, const char *format, ...)
{
    ps_finding f = {.code = PS_SCHEMA};
    va_list args;
    va_start(args, format);
    add_words(&f.message, format, args);
    va_end(args);
    ps_walk_add(w, &f);
}

void ps_walk_error_in(ps_walk *w, ps_str name, const char *format, ...)
{
    ps_finding f = {.code = PS_SCHEMA};
    va_list args;
    va_start(args, format);
    add_words(&f.message, format, args);
    va_end(args);
    ps_mark mark = ps_walk_enter(w, name);
    ps_walk_add(w, &f);
    ps_walk_leave(w, mark);
}

void ps_walk_fault(ps_walk *w, const char *code, const char *format, ...)
{
    ps_finding f = {.code = code};
    va_list args;
    va_start(args, format);
    add_words(&f.message, format, args);
    va_end(args);
    ps_walk_add(w, &f);
}

void ps_walk_warn(ps_walk *w, const char *code, const char *format, ...)
{
    if (!w->options->warnings) {
        return;
    }
    ps_finding f = {.code = code, .warning = true};
    va_list args;
    va_start(args, format);
    add_words(&f.message, format, args);
    va_end(args);
    ps_walk_add(w, &f);
}

static ps_value *pointer_to(ps_walk *w, ps_str name)
{
    ps_buf b = {0};
    ps_buf_add(&b, ps_buf_str(&w->pointer));
    if (name.len > 0) {
        ps_buf_add_char(&b, '/');
        add_escaped(&b, name);
    }
    ps_value *v = ps_string(ps_buf_str(&b));
    ps_buf_free(&b);
    return v;
}

static void add_operation(ps_walk *w, ps_finding *f, ps_str op, ps_str from, ps_str name,
                          ps_value *v)
{
    ps_value *o = ps_object(3);
    ps_object_put_take(o, PS_STR("op"), ps_string(op));
    if (from.len > 0) {
        ps_object_put_take(o, PS_STR("from"), pointer_to(w, from));
    }
    ps_object_put_take(o, PS_STR("path"), pointer_to(w, name));
    if (v) {
        ps_object_put_take(o, PS_STR("value"), v);
    }
    if (!f->fix) {
        f->fix = ps_array(1);
    }
    ps_array_add_take(f->fix, o);
}

void ps_finding_replace_take(ps_walk *w, ps_finding *f, ps_str name, ps_value *v)
{
    add_operation(w, f, PS_STR("replace"), PS_STR(""), name, v);
}

void ps_finding_add_take(ps_walk *w, ps_finding *f, ps_str name, ps_value *v)
{
    add_operation(w, f, PS_STR("add"), PS_STR(""), name, v);
}

void ps_finding_rename(ps_walk *w, ps_finding *f, ps_str from, ps_str to)
{
    add_operation(w, f, PS_STR("move"), from, to, NULL);
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Edits (insert, delete, replace, swap of neighbours) between two short names, case apart; exact up
 * to `most`, which the difference of their lengths does not exceed. Only the band of cells that can
 * stay below it is computed. */
static size_t distance(ps_str a, ps_str b, size_t most)
{
    enum { MAX = 80, FAR = 1000 };
    size_t rows[3][MAX + 2];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.len; j++) {
        above[j] = before[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t first = i > most ? i - most : 1, last = i + most < b.len ? i + most : b.len;
        int x = tolower((unsigned char)a.p[i - 1]);
        row[first - 1] = first == 1 ? i : FAR;
        row[last + 1] = FAR; /* for the next row, whose band goes one further */
        for (size_t j = first; j <= last; j++) {
            int y = tolower((unsigned char)b.p[j - 1]);
            row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b.p[j - 2]) &&
                y == tolower((unsigned char)a.p[i - 2]) && before[j - 2] + 1 < row[j]) {
                row[j] = before[j - 2] + 1;
            }
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b.len];
}

bool ps_walk_near(ps_walk *w, ps_str a, ps_str b)
{
    size_t longer = a.len > b.len ? a.len : b.len, shorter = a.len + b.len - longer;
    size_t allowed = longer < 4 ? 1 : longer < 9 ? 2 : 3;
    if (w->guesses == 0) {
        return false;
    }
    w->guesses--;
    if (longer > 80 || longer - shorter > allowed || shorter < 2) {
        return false;
    }
    return distance(a, b, allowed) <= allowed;
}
