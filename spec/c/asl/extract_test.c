/* extract_test.c -- substitutions, and definitions found in templates. */
#include "asl/extract.h"
#include "asl/substitute.h"
#include "value/json.h"

#include "check.h"

static ps_value *parse(const char *text)
{
    ps_error err = {0};
    ps_value *v = ps_json_parse(ps_str_from(text), NULL, &err);
    CHECK(v != NULL);
    return v ? v : ps_null();
}

static void check_print(ps_value *taken, const char *want, int line)
{
    ps_value *text = taken ? ps_json_string(taken) : ps_string(PS_STR("NULL"));
    check_text(ps_value_str(text), want, __FILE__, line);
    ps_value_unref(text);
    ps_value_unref(taken);
}

static void check_filled(const char *definition, const char *values, const char *want,
                         const char *missing, int line)
{
    ps_error err = {0};
    ps_value *d = parse(definition), *v = parse(values), *names = ps_array(1);
    check_print(ps_substitute(d, v, names, &err), want, line);
    check_print(names, missing, line);
    ps_value_unref(d);
    ps_value_unref(v);
}
#define FILLED(definition, values, want, missing)                                                  \
    check_filled(definition, values, want, missing, __LINE__)

static void check_extracted(const char *file, const char *want, int line)
{
    ps_value *v = parse(file);
    check_print(ps_extract(v), want, line);
    ps_value_unref(v);
}
#define EXTRACTED(file, want) check_extracted(file, want, __LINE__)

#define RESOURCE(type, properties)                                                                 \
    "{\"Resources\":{\"Topic\":{\"Type\":\"AWS::SNS::Topic\"},\"A/b\":{\"Type\":\"" type           \
    "\",\"Properties\":{" properties "}}}}"

int main(void)
{
    FILLED("{\"n\":\"${N}\",\"t\":\"a ${N} b ${S}${S}\",\"${S}\":[\"${O}\",\"${\",\"$\",\"${x\"]}",
           "{\"N\":5,\"S\":\"s\"}",
           "{\"n\":5,\"t\":\"a 5 b ss\",\"s\":[\"${O}\",\"${\",\"$\",\"${x\"]}", "[\"O\"]");
    FILLED("[\"${A} ${B} ${B}\",\"${A}\"]", "{\"A\":{\"x\":[1]}}",
           "[\"{\\\"x\\\":[1]} ${B} ${B}\",{\"x\":[1]}]", "[\"B\"]");
    FILLED("\"${A}\"", "{\"A\":\"${B}\",\"B\":1}", "\"${B}\"", "[]");

    EXTRACTED(
        RESOURCE("AWS::Serverless::StateMachine",
                 "\"Type\":\"EXPRESS\",\"DefinitionSubstitutions\":{\"Arn\":{\"Fn::GetAtt\":"
                 "[\"F\",\"Arn\"]},\"N\":3},\"Definition\":{\"a\":\"${Arn}\",\"n\":\"${N}\","
                 "\"r\":{\"Ref\":\"Q\"},\"u\":\"${U}\"}"),
        "[{\"name\":\"A/b\",\"pointer\":\"/Resources/A~1b/Properties/Definition\",\"type\":"
        "\"EXPRESS\",\"definition\":{\"a\":\"${F.Arn}\",\"n\":3,\"r\":\"${Q}\",\"u\":\"${U}\"}"
        "}]");
    EXTRACTED(RESOURCE("AWS::StepFunctions::StateMachine",
                       "\"StateMachineType\":\"STANDARD\",\"DefinitionString\":{\"Fn::Sub\":["
                       "\"{\\\"a\\\":\\\"${X}-${Y}-${!Z}\\\"}\",{\"X\":{\"Ref\":\"P\"}}]}"),
              "[{\"name\":\"A/b\",\"pointer\":\"/Resources/A~1b/Properties/DefinitionString\","
              "\"type\":\"STANDARD\",\"definition\":{\"a\":\"${P}-${Y}-${Z}\"}}]");
    EXTRACTED(RESOURCE("AWS::StepFunctions::StateMachine",
                       "\"DefinitionString\":{\"Fn::Join\":[\"\",[\"{\\\"a\\\":\\\"\","
                       "{\"Fn::Select\":[0,[]]},\"\\\"}\"]]}"),
              "[{\"name\":\"A/b\",\"pointer\":\"/Resources/A~1b/Properties/DefinitionString\","
              "\"definition\":{\"a\":\"${FnSelect}\"}}]");
    EXTRACTED(RESOURCE("AWS::Serverless::StateMachine",
                       "\"DefinitionUri\":\"x.asl.json\",\"DefinitionSubstitutions\":{\"K\":"
                       "{\"Fn::GetAtt\":\"F.Arn\"}}"),
              "[{\"name\":\"A/b\",\"pointer\":\"/Resources/A~1b/Properties/DefinitionUri\",\"uri\":"
              "\"x.asl.json\",\"values\":{\"K\":\"${F.Arn}\"}}]");
    EXTRACTED(
        "{\"service\":\"s\",\"stepFunctions\":{\"stateMachines\":{\"m\":{\"type\":\"EXPRESS\","
        "\"definition\":{\"r\":{\"Fn::GetAtt\":[\"f\",\"Arn\"]}}},\"none\":{}}}}",
        "[{\"name\":\"m\",\"pointer\":\"/stepFunctions/stateMachines/m/definition\",\"type\":"
        "\"EXPRESS\",\"definition\":{\"r\":\"${f.Arn}\"}}]");
    EXTRACTED("[1]", "[]");
    return check_report();
}
