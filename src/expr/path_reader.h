/* path_reader.h -- the place that the compilers of paths and filters have reached in their text. */
#ifndef PS_EXPR_PATH_READER_H
#define PS_EXPR_PATH_READER_H

#include "expr/path_layout.h"

typedef struct ps_path_reader {
    ps_path_compiler *c;
    ps_str text;
    size_t at;
    ps_chain *chain; /* of a path: where its steps go */
    size_t nesting;  /* of a filter: its open brackets */
} ps_path_reader;

/* One step that begins with '['. */
ps_status ps_path_read_bracket(ps_path_reader *r);
/* Puts `step` at the end of the chain, and owns what it holds, also when it fails. */
ps_status ps_path_append_take(ps_path_reader *r, ps_step step);
ps_status ps_path_append_names_take(ps_path_reader *r, ps_step step);
void ps_step_add_name_take(ps_step *step, size_t *capacity, ps_value *name);
void ps_step_clear(ps_step *step);
ps_status ps_path_refuse(const ps_path_reader *r, const char *expected);

/* In a filter: one side of a comparison. False with the compiler's error. */
bool ps_operand_parse(ps_path_reader *r, ps_operand *out);
bool ps_path_filter_refuse(const ps_path_reader *r, const char *expected);
/* In a filter: the next byte that is not a space, '\0' at the end; moves there. */
char ps_path_peek(ps_path_reader *r);
bool ps_path_follows(ps_path_reader *r, ps_str word);
static inline bool ps_path_is_symbol(char c)
{
    return c == '<' || c == '>' || c == '=' || c == '~' || c == '!';
}

#endif
