/* machine.c -- fuzz: any text as a definition. Checking, compiling, extracting and substituting
 * never crash; what compiles has no errors; a text is refused as JSON exactly when it is none. */
#include "asl/machine.h"
#include "asl/check.h"
#include "asl/extract.h"
#include "asl/substitute.h"
#include "value/json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_machine(const ps_value *definition)
{
    ps_error err = {0};
    const ps_check_options standard = {.unlimited = true};
    const ps_check_options express = {.express = true, .warnings = true};
    ps_value *findings = ps_check(definition, &standard);
    ps_value *all = ps_check(definition, &express);
    ps_machine *m = ps_machine_new(definition, &err);
    if (m ? ps_check_failed(findings) : err.text[0] == '\0') {
        abort();
    }
    if (m) {
        ps_machine_unref(m);
    }
    ps_value_unref(ps_check_summary(all));
    ps_value_unref(all);
    ps_value_unref(findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_error err = {0};
    ps_str text = {(const char *)data, size};
    ps_value *definition = ps_json_parse(text, NULL, &err);
    ps_value *refusal = ps_check_json(text);
    if ((refusal == NULL) != (definition != NULL)) {
        abort();
    }
    if (definition) {
        ps_value *values = ps_object(1);
        ps_object_put_take(values, PS_STR("A"), ps_value_ref(definition));
        check_machine(definition);
        ps_value_unref(ps_machine_variable_references(definition));
        ps_value_unref(ps_extract(definition));
        ps_value_unref(ps_substitute(definition, values, NULL, &err));
        ps_value_unref(values);
    }
    ps_value_unref(refusal);
    ps_value_unref(definition);
    return 0;
}
