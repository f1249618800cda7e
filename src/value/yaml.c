/* yaml.c -- what a build without libyaml answers. */
#include "value/yaml.h"

ps_value *ps_yaml_parse(ps_str text, ps_positions *positions, ps_error *err)
{
    (void)text;
    (void)positions;
    ps_fail(err, PS_EUNSUPPORTED, 0, "built without libyaml");
    return NULL;
}
