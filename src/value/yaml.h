/* yaml.h -- YAML in (libyaml), read with the 1.2 core schema: `no`, `on` and dates are strings.
 *
 * One document; duplicate keys refused; aliases within a fixed budget; the same depth limit and the
 * same positions as JSON. Plain scalars that are JSON numbers keep their literal. CloudFormation's
 * short tags (!Ref, !GetAtt, !Sub ...) become {"Ref": ...}, {"Fn::GetAtt": ...}, {"Fn::Sub": ...}.
 * Merge keys (<<) and other tags are refused. Keys are scalars and stand for their text. A text
 * without a document is null. */
#ifndef PS_VALUE_YAML_H
#define PS_VALUE_YAML_H

#include "value/json.h"

/* Errors: PS_EINPUT, PS_ELIMIT as ps_json_parse; PS_EUNSUPPORTED "built without libyaml". */
ps_value *ps_yaml_parse(ps_str text, ps_positions *positions, ps_error *err);

#endif
