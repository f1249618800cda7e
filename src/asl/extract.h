/* extract.h -- the state machine definitions inside SAM, CloudFormation and serverless.yml files.
 */
#ifndef PS_ASL_EXTRACT_H
#define PS_ASL_EXTRACT_H

#include "value/value.h"

/* Finds the machines of a template that was read as JSON or YAML: resources of the types
 * AWS::Serverless::StateMachine and AWS::StepFunctions::StateMachine, and
 * stepFunctions.stateMachines of serverless.yml.
 *
 * A PS_ARRAY of objects, empty where the file has none:
 *   name        the logical id or key
 *   pointer     RFC 6901: where in the file the definition stands
 *   type        "STANDARD" or "EXPRESS", where the file says so
 *   definition  a value, substitutions made
 *   uri         instead of `definition`: the file (DefinitionUri) that holds it, and
 *   values      the substitutions to make in it (PS_OBJECT, possibly empty)
 *   error       instead of both: why the definition cannot be read
 *
 * CloudFormation's functions are worked out as far as text allows (Fn::Sub, Fn::Join); what only a
 * deployment knows becomes a placeholder: Ref X "${X}", Fn::GetAtt "${X.Attribute}", any other
 * function "${FnSelect}" after its name. */
ps_value *ps_extract(const ps_value *file);

#endif
