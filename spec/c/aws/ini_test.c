/* ini_test.c -- configuration files, line by line. */
#include "aws/ini.h"
#include "check.h"

/* "name{key=value,block.key=value}" for each section. */
static void reads(const char *text, const char *want)
{
    ps_error err;
    ps_ini *ini = ps_ini_new(ps_str_from(text), &err);
    ps_buf out = {0};
    size_t count = 0;
    const ps_ini_section *sections = ini ? ps_ini_sections(ini, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        ps_buf_add(&out, sections[i].name);
        ps_buf_add_char(&out, '{');
        for (size_t k = 0; k < sections[i].count; k++) {
            const ps_ini_setting *s = &sections[i].settings[k];
            ps_buf_add(&out, k ? PS_STR(",") : PS_STR(""));
            ps_buf_add(&out, s->block);
            ps_buf_add(&out, s->block.len ? PS_STR(".") : PS_STR(""));
            ps_buf_add(&out, s->key);
            ps_buf_add_char(&out, '=');
            ps_buf_add(&out, s->value);
        }
        ps_buf_add_char(&out, '}');
    }
    CHECK_STR(ps_buf_str(&out), want);
    CHECK(ini != NULL);
    ps_buf_free(&out);
    ps_ini_free(ini);
}

static void fails(const char *text, size_t line)
{
    ps_error err = {0};
    CHECK(ps_ini_new(ps_str_from(text), &err) == NULL);
    CHECK(err.code == PS_EINPUT && err.at == line);
    CHECK(!strstr(err.text, "hunter2"));
}

int main(void)
{
    reads("", "");
    reads("\xEF\xBB\xBF[default]\r\nregion = eu-west-1\r\n", "default{region=eu-west-1}");
    reads("# c\n[profile a b] ; c\nA_B: x=y\n", "profile a b{a_b=x=y}");
    reads("[a]\nk = \"v\" # kept\n", "a{k=\"v\" # kept}");
    reads("[a]\ns3 =\n  x = 1\n\n  # c\n  Y= 2 = 3\nk=v\n", "a{s3.x=1,s3.Y=2 = 3,k=v}");
    reads("[a]\nk = v\n  more\n\n", "a{k=v\nmore}");
    reads("[a]\nk =\n\n[b]\n", "a{k=}b{}");
    reads("[a]\n  k = 1\n  l = 2\n", "a{k=1,l=2}");
    fails("secret = hunter2\n", 1);
    fails("[a]\nhunter2\n", 2);
    fails("[a]\n= hunter2\n", 2);
    fails("[a]\nk = 1\nK = hunter2\n", 3);
    fails("[a]\n[b]\n[a]\n", 3);
    fails("[a]\ns3 =\n  hunter2\n", 2);
    return check_report();
}
