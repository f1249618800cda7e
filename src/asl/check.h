/* check.h -- every finding in a definition at once, with AWS's codes and texts where AWS has them.
 */
#ifndef PS_ASL_CHECK_H
#define PS_ASL_CHECK_H

#include "value/value.h"

typedef struct ps_check_options {
    bool express;   /* the machine's type is EXPRESS: no .sync, no .waitForTaskToken, ... */
    bool unlimited; /* profile `unlimited`: unknown resources are warnings */
    bool warnings;  /* also what AWS would not say */
} ps_check_options;

/* A PS_ARRAY of {severity: "ERROR"|"WARNING", code, message, location (as AWS prints it:
 * "/States/A/Choices[0]/Next"; absent where AWS gives none), pointer (RFC 6901, the same place)
 * and, where there is a remedy, hint (words) and fix (a JSON patch)}. Empty: fine.
 *
 * A value "${...}" is a substitution still to be made: it is not judged. JSONata expressions are
 * not evaluated.
 *
 * options  NULL for a STANDARD machine, errors only */
ps_value *ps_check(const ps_value *definition, const ps_check_options *options);

/* Whether any finding is an ERROR. */
bool ps_check_failed(const ps_value *findings);

/* What CreateStateMachine says of the errors among them: a new PS_STRING
 * "Invalid State Machine Definition: '<code>: <message> at <location>, ...'". */
ps_value *ps_check_summary(const ps_value *findings);

/* The findings for a text that is no JSON, in the words of AWS's parser: one
 * INVALID_JSON_DESCRIPTION. NULL where the text is JSON. */
ps_value *ps_check_json(ps_str text);

/* Which states read which variables: an object of state name -> sorted array of variable names;
 * states that read none are absent. For any definition, correct or not. */
ps_value *ps_machine_variable_references(const ps_value *definition);

#endif
