/* check_value.h -- what a field may hold: checks of single values, and tables of fields. */
#ifndef PS_ASL_CHECK_VALUE_H
#define PS_ASL_CHECK_VALUE_H

#include "asl/check_walk.h"

/* In which query language a field exists. */
typedef enum ps_language { PS_BOTH, PS_JSONPATH, PS_JSONATA } ps_language;

typedef struct ps_field ps_field;
/* Checks `v`, the value of field `f`; the walk stands at it. */
typedef void ps_field_check(ps_walk *w, const ps_value *v, const ps_field *f);

struct ps_field {
    ps_str name;
    unsigned kinds; /* bit 1 << ps_state_kind for states; PS_ANYWHERE for other objects */
    ps_language language;
    ps_field_check *check; /* NULL: any value */
    double min, max;       /* integers and numbers; max 0: none */
    const char *values;    /* ps_check_enum: "A, B" */
};

#define PS_ANYWHERE (~0u)
#define PS_FIELD(name)                                                                             \
    {                                                                                              \
        name, sizeof name - 1                                                                      \
    }

/* A string "${...}" from end to end, or one of CloudFormation's functions: to be substituted, so
 * nothing can be said about it. */
bool ps_check_placeholder(const ps_value *v);
/* A string "{% ... %}". */
bool ps_check_jsonata(const ps_value *v);
/* A string in a state whose language is JSONata: its delimiters, and the expression between them.
 */
void ps_check_query(ps_walk *w, ps_str text);
/* Reports unless `v` is of `kind`. */
bool ps_check_kind(ps_walk *w, const ps_value *v, ps_kind kind);

ps_field_check ps_check_string, ps_check_bool, ps_check_object, ps_check_array;
ps_field_check ps_check_integer, ps_check_number, ps_check_enum, ps_check_timestamp;
ps_field_check ps_check_path;          /* a JSONPath */
ps_field_check ps_check_nullable_path; /* or null */
ps_field_check ps_check_reference;     /* a reference path */
ps_field_check ps_check_result_path;   /* one into the state's input, or null */
ps_field_check ps_check_expression;    /* a JSONPath or intrinsic call */
ps_field_check ps_check_template;      /* payload template, or JSONata strings in any JSON */
ps_field_check ps_check_assign;        /* check_assign.c */
ps_field_check ps_check_credentials;   /* check_resource.c */
ps_field_check ps_check_task_resource; /* check_resource.c */
ps_field_check ps_check_retry, ps_check_catch;      /* check_retry.c */
ps_field_check ps_check_choices;                    /* check_choice.c */
ps_field_check ps_check_processor, ps_check_reader; /* check_map.c */
ps_field_check ps_check_batcher, ps_check_writer, ps_check_label;
ps_field_check ps_check_branches; /* check.c */

/* All members of `object` against a table; the walk stands at the object. */
void ps_check_fields(ps_walk *w, const ps_value *object, const ps_field *table, size_t count,
                     unsigned kind, bool languages);
/* Of these fields (up to 5, NULL-terminated) at most one, or with `required` exactly one. */
void ps_check_one_of(ps_walk *w, const ps_value *object, const char *const *names, bool required);
/* "These fields are required: [...]" for those of the NULL-terminated names that are absent. */
void ps_check_required(ps_walk *w, const ps_value *object, const char *const *names);

const ps_value *ps_check_get(const ps_value *object, const char *name);
/* The string in a member, or an empty slice. */
ps_str ps_check_text(const ps_value *object, const char *name);

/* check.c: one States object with its StartAt. */
void ps_check_graph(ps_walk *w, const ps_value *object, bool isolated);
/* check_state.c: one state; the walk stands at it. */
void ps_check_state(ps_walk *w, const ps_value *state);
/* check_flow.c: transitions of one graph. */
void ps_check_flow(ps_walk *w, const ps_value *object, bool top);
/* check_warn.c: what is allowed, and yet probably a mistake. */
void ps_check_doubts(ps_walk *w, const ps_value *state, ps_state_kind kind);
/* variables.c: the names that the states of one States object assign, as keys of a new object. */
ps_value *ps_variables_assigned(const ps_value *states);
/* variables.c: the variables that one state itself reads, as keys of a new object. */
ps_value *ps_variables_read(const ps_value *state, bool jsonata);
/* Whether the language of an object with QueryLanguage is JSONata: anything but exactly "JSONPath".
 */
bool ps_check_language(const ps_value *object, bool inherited);
/* The kind that Type names; PS_STATE_KIND_COUNT for none. */
ps_state_kind ps_check_state_kind(const ps_value *state);

#endif
