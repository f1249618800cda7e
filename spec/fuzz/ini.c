/* ini.c -- fuzz: any bytes as a configuration file: what comes out is made of what went in, in
 * order, and an error names a line that is there. */
#include "aws/ini.h"
#include "draw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ps_error err = {0};
    size_t lines = 1;
    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n';
    }
    ps_ini *ini = ps_ini_new((ps_str){(const char *)data, size}, &err);
    if (!ini) {
        REQUIRE(err.code == PS_EINPUT && err.at >= 1 && err.at <= lines);
        return 0;
    }
    size_t count, line = 0, bytes = 0;
    const ps_ini_section *sections = ps_ini_sections(ini, &count);
    for (size_t i = 0; i < count; i++) {
        REQUIRE(sections[i].name.len > 0 && sections[i].line > line);
        line = sections[i].line;
        bytes += sections[i].name.len;
        for (size_t k = 0; k < sections[i].count; k++) {
            const ps_ini_setting *s = &sections[i].settings[k];
            REQUIRE(s->line >= line && s->line <= lines);
            line = s->block.len ? line : s->line;
            bytes += s->key.len + s->value.len;
        }
    }
    REQUIRE(bytes <= size + count);
    ps_ini_free(ini);
    return 0;
}
