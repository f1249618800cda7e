/* ini.c -- reads the AWS CLI's configuration files line by line. */
#include "aws/ini.h"

#include "base/mem.h"

#include <stdlib.h>

struct ps_ini {
    char *text; /* keys and values, one after the other */
    size_t len;
    ps_ini_section *sections;
    size_t section_count, section_capacity;
    ps_ini_setting *settings;
    size_t setting_count, setting_capacity;
};

/* While reading, `text` has room for everything, since what is kept is never longer than the file:
 * its slices stay where they are. */
typedef struct reader {
    ps_ini *ini;
    ps_error *err;
    size_t line;
    size_t indent;    /* of the latest section or setting */
    bool open;        /* the latest setting may go on */
    size_t last_kept; /* the length of its value without blank lines at the end */
} reader;

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static ps_str trim(ps_str s)
{
    while (s.len && is_blank(s.p[0])) {
        s.p++;
        s.len--;
    }
    while (s.len && is_blank(s.p[s.len - 1])) {
        s.len--;
    }
    return s;
}

static ps_str keep(ps_ini *ini, ps_str s)
{
    char *to = ini->text + ini->len;
    if (s.len) {
        memcpy(to, s.p, s.len);
    }
    ini->len += s.len;
    return (ps_str){to, s.len};
}

static ps_ini_setting *add_setting(ps_ini *ini)
{
    if (ini->setting_count == ini->setting_capacity) {
        ini->setting_capacity = ps_grow(ini->setting_capacity, ini->setting_count + 1);
        ini->settings = ps_realloc(ini->settings, ini->setting_capacity, sizeof *ini->settings);
    }
    ps_ini_setting *s = &ini->settings[ini->setting_count++];
    *s = (ps_ini_setting){.block = PS_STR(""), .key = PS_STR(""), .value = PS_STR("")};
    return s;
}

/* -- lines
 * ----------------------------------------------------------------------------------------- */

static void add_section(reader *r, ps_str name)
{
    ps_ini *ini = r->ini;
    if (ini->section_count == ini->section_capacity) {
        ini->section_capacity = ps_grow(ini->section_capacity, ini->section_count + 1);
        ini->sections = ps_realloc(ini->sections, ini->section_capacity, sizeof *ini->sections);
    }
    /* `count` holds where its settings begin until all are there. */
    ini->sections[ini->section_count++] =
        (ps_ini_section){.name = keep(ini, name), .line = r->line, .count = ini->setting_count};
    r->open = false;
}

/* Blank lines count only when something follows. */
static void continue_value(reader *r, ps_str line)
{
    ps_ini *ini = r->ini;
    ps_str *value = &ini->settings[ini->setting_count - 1].value;
    keep(ini, PS_STR("\n"));
    keep(ini, line);
    value->len += 1 + line.len;
    if (line.len) {
        r->last_kept = value->len;
    }
}

static void end_value(reader *r)
{
    if (r->open) {
        r->ini->settings[r->ini->setting_count - 1].value.len = r->last_kept;
    }
}

static ps_status read_setting(reader *r, ps_str line)
{
    size_t at = 0;
    while (at < line.len && line.p[at] != '=' && line.p[at] != ':') {
        at++;
    }
    ps_str key = trim((ps_str){line.p, at});
    if (at == line.len || key.len == 0) {
        return ps_fail(r->err, PS_EINPUT, r->line,
                       "neither a [section] nor a setting 'key = value'");
    }
    ps_ini_setting *s = add_setting(r->ini);
    s->line = r->line;
    s->key = keep(r->ini, key);
    for (char *c = r->ini->text + r->ini->len - key.len; c < r->ini->text + r->ini->len; c++) {
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    }
    s->value = keep(r->ini, trim((ps_str){line.p + at + 1, line.len - at - 1}));
    r->last_kept = s->value.len;
    r->open = true;
    return PS_OK;
}

/* The place of the last ']' in "[name] ..."; 0: it is no section. */
static size_t section_end(ps_str line)
{
    if (line.p[0] != '[') {
        return 0;
    }
    size_t end = line.len - 1;
    while (end && line.p[end] != ']') {
        end--;
    }
    return end > 1 ? end : 0;
}

static ps_status read_line(reader *r, ps_str whole)
{
    ps_str line = trim(whole);
    if (line.len == 0) {
        if (r->open) {
            continue_value(r, line);
        }
        return PS_OK;
    }
    if (line.p[0] == '#' || line.p[0] == ';') {
        return PS_OK;
    }
    size_t indent = (size_t)(line.p - whole.p);
    if (r->open && indent > r->indent) {
        continue_value(r, line);
        return PS_OK;
    }
    end_value(r);
    r->indent = indent;
    size_t end = section_end(line);
    if (end) {
        add_section(r, (ps_str){line.p + 1, end - 1});
        return PS_OK;
    }
    if (r->ini->section_count == 0) {
        return ps_fail(r->err, PS_EINPUT, r->line, "a setting before the first [section]");
    }
    return read_setting(r, line);
}

static ps_status read_lines(reader *r, ps_str text)
{
    while (text.len) {
        const char *end = memchr(text.p, '\n', text.len);
        size_t len = end ? (size_t)(end - text.p) : text.len;
        r->line++;
        if (read_line(r, (ps_str){text.p, len}) != PS_OK) {
            return r->err->code;
        }
        len += end != NULL;
        text = (ps_str){text.p + len, text.len - len};
    }
    end_value(r);
    return PS_OK;
}

/* -- blocks
 * ---------------------------------------------------------------------------------------- */

static ps_status open_block(ps_ini *ini, const ps_ini_setting *block, ps_error *err)
{
    ps_str rest = block->value;
    ps_str name = block->key;
    size_t line = block->line, of_block = block->line;
    while (rest.len) {
        const char *end = memchr(rest.p, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.p) : rest.len;
        ps_str text = trim((ps_str){rest.p, len});
        if (text.len) {
            const char *equals = memchr(text.p, '=', text.len);
            if (!equals) {
                return ps_fail(err, PS_EINPUT, of_block,
                               "a line of this block is no 'key = value'");
            }
            size_t key_len = (size_t)(equals - text.p);
            ps_ini_setting *s = add_setting(ini);
            s->block = name;
            s->key = trim((ps_str){text.p, key_len});
            s->value = trim((ps_str){equals + 1, text.len - key_len - 1});
            s->line = line;
        }
        line++;
        len += end != NULL;
        rest = (ps_str){rest.p + len, rest.len - len};
    }
    return PS_OK;
}

/* Settings whose own line is empty become the lines of their blocks. */
static ps_status open_blocks(ps_ini *ini, ps_error *err)
{
    ps_ini_setting *flat = ini->settings;
    size_t count = ini->setting_count;
    ini->settings = NULL;
    ini->setting_count = ini->setting_capacity = 0;
    ps_status status = PS_OK;
    size_t at = 0;
    for (size_t i = 0; i < ini->section_count && status == PS_OK; i++) {
        size_t stop = i + 1 < ini->section_count ? ini->sections[i + 1].count : count;
        ini->sections[i].count = ini->setting_count;
        for (; at < stop && status == PS_OK; at++) {
            if (flat[at].value.len && flat[at].value.p[0] == '\n') {
                status = open_block(ini, &flat[at], err);
            } else {
                *add_setting(ini) = flat[at];
            }
        }
    }
    ps_free(flat);
    for (size_t i = 0; i < ini->section_count && status == PS_OK; i++) {
        size_t from = ini->sections[i].count;
        size_t stop = i + 1 < ini->section_count ? ini->sections[i + 1].count : ini->setting_count;
        ini->sections[i].settings = ini->settings ? ini->settings + from : NULL;
        ini->sections[i].count = stop - from;
    }
    return status;
}

/* -- what is there twice
 * --------------------------------------------------------------------------- */

typedef struct place {
    size_t section; /* 0 for sections themselves */
    ps_str name;
    size_t line;
} place;

static int compare_places(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->section != y->section) {
        return x->section < y->section ? -1 : 1;
    }
    int order = ps_str_compare(x->name, y->name);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Before blocks are open: a section's settings begin where its `count` says. */
static ps_status check_twice(const ps_ini *ini, ps_error *err)
{
    size_t count = 0;
    place *all = ps_alloc_zeroed(ini->section_count + ini->setting_count, sizeof *all);
    for (size_t i = 0; i < ini->section_count; i++) {
        all[count++] = (place){0, ini->sections[i].name, ini->sections[i].line};
    }
    for (size_t i = 0, section = 0; i < ini->setting_count; i++) {
        while (section < ini->section_count && ini->sections[section].count <= i) {
            section++;
        }
        all[count++] = (place){section, ini->settings[i].key, ini->settings[i].line};
    }
    qsort(all, count, sizeof *all, compare_places);
    ps_status status = PS_OK;
    for (size_t i = 1; i < count && status == PS_OK; i++) {
        if (all[i].section == all[i - 1].section && ps_str_equal(all[i].name, all[i - 1].name)) {
            status = ps_fail(err, PS_EINPUT, all[i].line, "a %s that is in line %zu already",
                             all[i].section ? "setting" : "section", all[i - 1].line);
        }
    }
    ps_free(all);
    return status;
}

ps_ini *ps_ini_new(ps_str text, ps_error *err)
{
    static const char mark[] = "\xEF\xBB\xBF";
    if (ps_str_starts(text, (ps_str){mark, 3})) {
        text = (ps_str){text.p + 3, text.len - 3};
    }
    ps_ini *ini = ps_alloc_zeroed(1, sizeof *ini);
    ini->text = ps_alloc(text.len + 1);
    reader r = {.ini = ini, .err = err};
    if (read_lines(&r, text) != PS_OK || check_twice(ini, err) != PS_OK ||
        open_blocks(ini, err) != PS_OK) {
        ps_ini_free(ini);
        return NULL;
    }
    return ini;
}

void ps_ini_free(ps_ini *ini)
{
    if (ini) {
        ps_wipe(ini->text, ini->len);
        ps_free(ini->text);
        ps_free(ini->sections);
        ps_free(ini->settings);
        ps_free(ini);
    }
}

const ps_ini_section *ps_ini_sections(const ps_ini *ini, size_t *count)
{
    *count = ini->section_count;
    return ini->sections;
}
