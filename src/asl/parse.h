/* parse.h -- what the files of the compiler share: reading one field of a state, compiled.
 *
 * Every reader takes an absent field for granted (PS_OK, the target untouched) and fails, with
 * words that name field and state, where the value is not what the field takes. */
#ifndef PS_ASL_PARSE_H
#define PS_ASL_PARSE_H

#include "asl/machine.h"
#include "base/error.h"

typedef struct ps_parser {
    ps_machine *machine;
    size_t capacity;      /* of machine->all */
    ps_str state;         /* for words: the path of the state being read */
    bool machine_jsonata; /* QueryLanguage of the machine */
    bool jsonata;         /* ... and of the state being read */
    ps_error *err;
} ps_parser;

const ps_value *ps_parse_field(const ps_value *object, const char *name);
/* At most `most` bytes of `text`, whole characters. */
ps_str ps_parse_quote(ps_str text, size_t most);
/* The field's value is not what it should be. */
ps_status ps_parse_wrong(const ps_parser *p, const char *name, const char *expected);

ps_status ps_parse_string(const ps_parser *p, const ps_value *object, const char *name,
                          const ps_value **out);
ps_status ps_parse_object(const ps_parser *p, const ps_value *object, const char *name,
                          const ps_value **out);
ps_status ps_parse_array(const ps_parser *p, const ps_value *object, const char *name,
                         const ps_value **out);
ps_status ps_parse_int(const ps_parser *p, const ps_value *object, const char *name, int64_t *out);
ps_status ps_parse_path(const ps_parser *p, const ps_value *object, const char *name,
                        ps_path **out);
/* In the language of the state. */
ps_status ps_parse_template(const ps_parser *p, const ps_value *object, const char *name,
                            ps_template **out);
/* Parameters, which JSONata's states call Arguments. */
ps_status ps_parse_arguments(const ps_parser *p, const ps_value *object, ps_template **out);
/* A field that JSONata alone has (Output, Items, Condition): untouched in JSONPath. */
ps_status ps_parse_query(const ps_parser *p, const ps_value *object, const char *name,
                         ps_template **out);
/* `name` or its `name`Path form; in JSONata an expression may stand for the number. */
ps_status ps_parse_count(const ps_parser *p, const ps_value *object, const char *name,
                         ps_count *out);
/* InputPath, OutputPath. */
ps_status ps_parse_filter(const ps_parser *p, const ps_value *object, const char *name,
                          ps_filter *out);
/* ResultPath, of a state or catcher. */
ps_status ps_parse_result_path(const ps_parser *p, const ps_value *object, ps_path **out,
                               bool *discard);
ps_status ps_parse_retriers(const ps_parser *p, const ps_value *object, ps_state *s);

/* One state but for its transitions: parse_state.c. */
ps_status ps_parse_state(ps_parser *p, const ps_value *object, ps_state *s);
/* One States object, transitions included: parse.c. `*out` belongs to its owner also on failure. */
ps_status ps_parse_graph(ps_parser *p, const ps_value *object, ps_state *owner, size_t branch,
                         ps_graph **out);
/* What only a Map has, but for its item processor. */
ps_status ps_parse_map(const ps_parser *p, const ps_value *object, ps_state *s);

#endif
