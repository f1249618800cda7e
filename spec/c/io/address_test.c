/* address_test.c -- special-purpose networks at their edges, and the exceptions from them. */
#include "check.h"
#include "io/address.h"

static bool is_private(const char *text)
{
    ps_address a;
    CHECK(ps_address_parse(ps_str_from(text), &a));
    return ps_address_is_private(&a);
}

static void edges(void)
{
    static const char *const private[] = {
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.0",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.169.254",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.255",
        "192.0.2.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "febf::1",
        "fc00::",
        "fdff:ffff::1",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:1ff::1",
        "2001:db8::1",
        "100::1",
        "64:ff9b:1::1",
        "3fff::1",
        "5f00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:a00:1::",
        "2002:7f00:1::",
        "::ffff:0:127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "[::1]",
        "fe80::1%eth0",
    };
    static const char *const public[] = {
        "1.1.1.1",      "9.255.255.255",   "11.0.0.0",         "100.63.255.255",
        "100.128.0.0",  "126.255.255.255", "128.0.0.0",        "169.253.255.255",
        "169.255.0.0",  "172.15.255.255",  "172.32.0.0",       "191.255.255.255",
        "192.0.1.0",    "192.167.255.255", "192.169.0.0",      "198.17.255.255",
        "198.20.0.0",   "223.255.255.255", "2600:1f18::1",     "2001:200::1",
        "2a05:d018::1", "::ffff:8.8.8.8",  "64:ff9b::808:808", "2002:808:808::",
        "134744072",
    };
    for (size_t i = 0; i < sizeof private / sizeof private[0]; i++) {
        if (!is_private(private[i])) {
            CHECK_STR(ps_str_from(private[i]), "private");
        }
    }
    for (size_t i = 0; i < sizeof public / sizeof public[0]; i++) {
        if (is_private(public[i])) {
            CHECK_STR(ps_str_from(public[i]), "public");
        }
    }
}

static void names_are_no_addresses(void)
{
    ps_address a;
    static const char *const names[] = {"",    "localhost", "1.2.3.4.5", "256.1.1.1",
                                        ":::", "[",         "1.2.3.4 x"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CHECK(!ps_address_parse(ps_str_from(names[i]), &a));
    }
}

static bool allows(const char *allow, const char *address, unsigned port, const char *host)
{
    ps_address a;
    CHECK(ps_address_parse(ps_str_from(address), &a));
    return ps_address_is_allowed(&a, port, ps_str_from(host), ps_str_from(allow));
}

static void exceptions(void)
{
    CHECK(allows("10.0.0.1", "10.0.0.1", 80, "a"));
    CHECK(!allows("10.0.0.1", "10.0.0.2", 80, "a"));
    CHECK(allows("1.1.1.1, 10.0.0.0/8 ,x", "10.9.9.9", 80, "a"));
    CHECK(!allows("10.0.0.0/9", "10.128.0.0", 80, "a"));
    CHECK(allows("10.0.0.0/9", "10.127.255.255", 80, "a"));
    CHECK(allows("0.0.0.0/0", "10.0.0.1", 80, "a"));
    CHECK(!allows("0.0.0.0/0", "::1", 80, "a"));
    CHECK(allows("fd00::/8", "fd12::1", 80, "a"));
    CHECK(allows("::1", "::1", 80, "a"));
    CHECK(allows("[::1]:80", "::1", 80, "a"));
    CHECK(!allows("[::1]:80", "::1", 81, "a"));
    CHECK(allows("10.0.0.1:8080", "10.0.0.1", 8080, "a"));
    CHECK(!allows("10.0.0.1:8080", "10.0.0.1", 80, "a"));
    CHECK(allows("Internal.Example", "10.0.0.1", 80, "internal.example"));
    CHECK(allows("internal.example:80", "10.0.0.1", 80, "internal.example"));
    CHECK(!allows("internal.example:81", "10.0.0.1", 80, "internal.example"));
    CHECK(!allows("example", "10.0.0.1", 80, "internal.example"));
    CHECK(!allows("10.0.0.1/33", "10.0.0.1", 80, "a"));
    CHECK(!allows("10.0.0.1/", "10.0.0.1", 80, "a"));
    CHECK(!allows("", "10.0.0.1", 80, "a"));
    CHECK(!allows(",, ,:80,/8", "10.0.0.1", 80, "a"));
}

int main(void)
{
    edges();
    names_are_no_addresses();
    exceptions();
    return check_report();
}
