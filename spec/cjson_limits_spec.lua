-- Why payloads have a codec of their own: each defect of cJSON, shown on the one installed here.
-- When one of these fails, cJSON has become better: look again at the decision in src/README.md.

local SOURCE = [[
#include <cjson/cJSON.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Text in, the same printed; "refused" when it does not parse to its end. */
static void print_again(const char *name, const char *text)
{
    cJSON *tree = cJSON_ParseWithLengthOpts(text, strlen(text) + 1, NULL, 1);
    char *out = tree ? cJSON_PrintUnformatted(tree) : NULL;
    printf("%s %s\n", name, out ? out : "refused");
    free(out);
    cJSON_Delete(tree);
}

static void changed_doubles(void)
{
    uint64_t bits = 88172645463325252u;
    int changed = 0;
    for (int i = 0; i < 20000; i++) {
        double before, after;
        do {
            bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
            memcpy(&before, &bits, sizeof before);
        } while (!isfinite(before));
        cJSON *number = cJSON_CreateNumber(before);
        char *text = cJSON_PrintUnformatted(number);
        after = strtod(text, NULL);
        changed += memcmp(&before, &after, sizeof before) != 0;
        free(text);
        cJSON_Delete(number);
    }
    printf("doubles_changed_percent %d\n", (changed * 100 + 10000) / 20000);
}

int main(void)
{
    print_again("above_2_53", "9007199254740993");
    print_again("int64_max", "9223372036854775807");
    print_again("point_zero", "1.0");
    print_again("huge", "1e400");
    print_again("escaped_nul_value", "[\"a\\u0000b\"]");
    print_again("escaped_nul_key", "{\"a\\u0000b\":1}");
    print_again("leading_zero", "[012]");
    print_again("bare_point", "[1.]");
    print_again("bad_utf8", "[\"\xff\"]");
    print_again("raw_newline", "[\"\n\"]");
    print_again("duplicate", "{\"a\":1,\"a\":2}");
    cJSON *tree = cJSON_Parse("{\"Key\":1,\"key\":2}");
    printf("lookup_ignores_case %d\n", cJSON_GetObjectItem(tree, "key")->valueint);
    cJSON_Delete(tree);
    changed_doubles();
    return 0;
}
]]

local function run_program()
  local base = os.tmpname()
  local handle = assert(io.open(base .. ".c", "w"))
  handle:write(SOURCE)
  handle:close()
  local answers = {}
  local pipe = assert(io.popen(("env -u LD_PRELOAD cc -w -o %s.out %s.c -lcjson -lm && env -u LD_PRELOAD %s.out")
    :format(base, base, base)))
  for line in pipe:lines() do
    local name, text = line:match "^(%S+) (.*)$"
    if name then answers[name] = text end
  end
  pipe:close()
  for _, suffix in ipairs { "", ".c", ".out" } do os.remove(base .. suffix) end
  return answers
end

describe("cJSON as installed", function()
  local answers = run_program()

  it("corrupts integers above 2^53", function()
    assert.not_equal("9007199254740993", answers.above_2_53)
    assert.not_equal("9223372036854775807", answers.int64_max)
  end)

  it("loses how a number was written", function()
    assert.equal("1", answers.point_zero)
    assert.equal("null", answers.huge)
  end)

  it("changes about one double in eight when it prints", function()
    local percent = tonumber(answers.doubles_changed_percent)
    assert.is_true(percent >= 5 and percent <= 25, tostring(percent))
  end)

  it("ends strings and keys at an escaped NUL", function()
    assert.equal('["a"]', answers.escaped_nul_value)
    assert.equal('{"a":1}', answers.escaped_nul_key)
  end)

  it("takes what RFC 8259 forbids", function()
    assert.equal("[12]", answers.leading_zero)
    assert.equal("[1]", answers.bare_point)
    assert.not_equal("refused", answers.bad_utf8)
    assert.not_equal("refused", answers.raw_newline)
  end)

  it("keeps both of two equal keys, and looks keys up without their case", function()
    assert.equal('{"a":1,"a":2}', answers.duplicate)
    assert.equal("1", answers.lookup_ignores_case)
  end)
end)
