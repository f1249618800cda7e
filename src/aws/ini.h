/* ini.h -- ~/.aws/config and ~/.aws/credentials, read as the AWS CLI reads them.
 *
 * Sections in brackets; settings "key = value" or "key: value", keys in lower case. A line that
 * begins with # or ; is a comment, one inside a value is part of it, and quotes are kept. A line
 * indented deeper than its setting goes on with it; where the setting's own line is empty, the
 * lines below are a block of "key = value". What stands twice is refused. */
#ifndef PS_AWS_INI_H
#define PS_AWS_INI_H

#include "base/buf.h"
#include "base/error.h"

typedef struct ps_ini_setting {
    ps_str block; /* the setting whose block this line stands in: "s3"; empty: none */
    ps_str key;
    ps_str value; /* further lines behind '\n' */
    size_t line;
} ps_ini_setting;

typedef struct ps_ini_section {
    ps_str name; /* "profile x" */
    size_t line;
    const ps_ini_setting *settings; /* a block's lines stand together */
    size_t count;
} ps_ini_section;

typedef struct ps_ini ps_ini;

/* NULL with `err`, whose `at` is the line, counted from 1; its text quotes nothing.
 *
 * Errors: PS_EINPUT  a line that is no section, setting, comment or continuation; a section or a
 *                    setting of one that is there twice */
ps_ini *ps_ini_new(ps_str text, ps_error *err);
/* Overwrites what was read: there are secrets in such files. */
void ps_ini_free(ps_ini *ini);

const ps_ini_section *ps_ini_sections(const ps_ini *ini, size_t *count);

#endif
