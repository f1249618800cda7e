/* json.h -- the exact, strict JSON codec (RFC 8259).
 *
 * Strict UTF-8, no BOM, nothing after the document, duplicate keys refused (unless allowed), depth
 * at most PS_MAX_DEPTH; \u0000 kept; number literals kept as value.h says. */
#ifndef PS_VALUE_JSON_H
#define PS_VALUE_JSON_H

#include "base/error.h"
#include "value/positions.h"
#include "value/value.h"

typedef struct ps_json_options {
    bool allow_duplicate_keys; /* the last one wins (as AWS does with execution input) */
    ps_positions *positions;   /* filled with the place of every value; NULL: not wanted */
} ps_json_options;

/* How payloads are read: the last of duplicate keys wins, as on AWS. Definitions are read strictly.
 */
extern const ps_json_options ps_json_payload;

/* The value that `text` stands for, or NULL.
 *
 * options  NULL for the strict defaults
 * Errors: PS_EINPUT  `err->at` is the byte where reading stopped
 *         PS_ELIMIT  nested deeper than PS_MAX_DEPTH */
ps_value *ps_json_parse(ps_str text, const ps_json_options *options, ps_error *err);

/* Compact: no spaces, keys in their order, '/' and non-ASCII as they are, controls as \n or \u00XX.
 */
void ps_json_print(const ps_value *v, ps_buf *out);
/* Two spaces an indent; empty containers stay [] and {}. Ends without a newline. */
void ps_json_print_pretty(const ps_value *v, ps_buf *out);
/* The compact print as a new PS_STRING. */
ps_value *ps_json_string(const ps_value *v);
/* One string with quotes and escapes. */
void ps_json_print_string(ps_str s, ps_buf *out);

#endif
