/* check.h -- every finding in a definition at once, with AWS's codes and texts where AWS has them. */
#ifndef PS_ASL_CHECK_H
#define PS_ASL_CHECK_H

#include "value/value.h"

typedef struct ps_check_options {
    bool express;   /* the machine's type is EXPRESS: no .sync, no .waitForTaskToken, ... */
    bool unlimited; /* profile `unlimited`: unknown resources are warnings */
    bool warnings;  /* also what AWS would not say */
} ps_check_options;

/* A PS_ARRAY of {severity: "ERROR"|"WARNING", code, message, location (JSON pointer as AWS prints it),
 * and, where there is a remedy, hint (words) and fix [{op, path, value}] (JSON patch)}. Empty: fine. */
ps_value *ps_check(const ps_value *definition, const ps_check_options *options);

#endif
