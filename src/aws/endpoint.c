/* endpoint.c -- a service's endpoint by the rules of endpoint_table.c. */
#include "aws/endpoint.h"

#include "aws/endpoint_bucket.h"
#include "aws/endpoint_table.h"
#include "aws/request.h"

void ps_endpoint_free(ps_endpoint *e)
{
    ps_buf_free(&e->host);
    ps_buf_free(&e->base_path);
    ps_buf_free(&e->region);
    ps_buf_free(&e->signing_name);
    *e = (ps_endpoint){0};
}

/* What the rules look at. */
typedef struct place {
    const ps_endpoint_facts *facts;
    const ps_partition *partition;
    ps_str region; /* empty: none was given */
    bool fips, dual;
} place;

/* A rule taken apart. */
typedef struct rule {
    ps_str conditions, host, region, name;
    bool asymmetric;
} rule;

/* -- reading rules
 * --------------------------------------------------------------------------------- */

/* The next piece before `stop`, which is taken off `rest` too. */
static ps_str next_piece(ps_str *rest, char stop)
{
    const char *end = rest->len ? memchr(rest->p, stop, rest->len) : NULL;
    ps_str piece = {rest->p, end ? (size_t)(end - rest->p) : rest->len};
    size_t taken = piece.len + (end != NULL);
    *rest = (ps_str){rest->p + taken, rest->len - taken};
    while (rest->len && rest->p[0] == ' ') {
        rest->p++;
        rest->len--;
    }
    return piece;
}

static rule read_rule(ps_str text)
{
    rule r = {0};
    if (memchr(text.p, ':', text.len)) {
        r.conditions = next_piece(&text, ':');
    }
    r.host = next_piece(&text, ' ');
    while (text.len) {
        ps_str word = next_piece(&text, ' ');
        ps_str rest = {word.p + 1, word.len - 1};
        if (word.p[0] == '@') {
            r.region = rest;
        } else if (word.p[0] == '=') {
            r.name = rest;
        } else {
            r.asymmetric = true;
        }
    }
    return r;
}

static bool word_holds(ps_str word, const place *at)
{
    if (ps_str_equal(word, PS_STR("fips"))) {
        return at->fips;
    }
    if (ps_str_equal(word, PS_STR("-fips"))) {
        return !at->fips;
    }
    if (ps_str_equal(word, PS_STR("dual"))) {
        return at->dual;
    }
    if (ps_str_equal(word, PS_STR("-dual"))) {
        return !at->dual;
    }
    while (word.len) {
        ps_str one = next_piece(&word, '|');
        if (ps_str_equal(one, at->partition->tag) || ps_str_equal(one, at->region)) {
            return true;
        }
    }
    return false;
}

static bool rule_holds(const rule *r, const place *at)
{
    for (ps_str words = r->conditions; words.len;) {
        if (!word_holds(next_piece(&words, ' '), at)) {
            return false;
        }
    }
    return true;
}

static rule find_rule(const place *at)
{
    for (ps_str rules = ps_endpoint_rules_of(at->facts->endpoint_prefix); rules.len;) {
        rule r = read_rule(next_piece(&rules, ';'));
        if (rule_holds(&r, at)) {
            return r;
        }
    }
    return read_rule(ps_endpoint_common_rule);
}

/* -- filling in
 * ------------------------------------------------------------------------------------ */

static void fill(ps_buf *out, ps_str pattern, const place *at)
{
    const ps_partition *p = at->partition;
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.p[i] != '{') {
            ps_buf_add_char(out, pattern.p[i]);
            continue;
        }
        switch (pattern.p[i + 1]) {
        case 'p':
            ps_buf_add(out, at->facts->endpoint_prefix);
            break;
        case 'f':
            ps_buf_add(out, at->fips ? PS_STR("-fips") : PS_STR(""));
            break;
        case 'r':
            ps_buf_add(out, at->region);
            break;
        case 'g':
            ps_buf_add(out, p->global_region);
            break;
        case 's':
            ps_buf_add(out, at->dual ? p->dual_suffix : p->dns_suffix);
            break;
        case 'd':
            ps_buf_add(out, p->dns_suffix);
            break;
        default:
            ps_buf_add(out, p->dual_suffix);
        }
        i += 2;
    }
}

static bool holds_region(ps_str pattern)
{
    for (size_t i = 0; i + 2 < pattern.len; i++) {
        if (pattern.p[i] == '{' && pattern.p[i + 1] == 'r') {
            return true;
        }
    }
    return false;
}

/* -- wishes
 * ---------------------------------------------------------------------------------------- */

/* A region becomes part of host names, so it must be a label of one. */
static bool is_label(ps_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    (c == '-' && i > 0 && i + 1 < s.len);
        if (!good) {
            return false;
        }
    }
    return s.len > 0 && s.len <= 63;
}

/* Old settings ask for FIPS in the region's name. */
static ps_str without_fips(ps_str region, bool *fips)
{
    if (ps_str_starts(region, PS_STR("fips-"))) {
        *fips = true;
        return (ps_str){region.p + 5, region.len - 5};
    }
    if (ps_str_ends(region, PS_STR("-fips"))) {
        *fips = true;
        return (ps_str){region.p, region.len - 5};
    }
    return region;
}

static ps_status find_place(const ps_endpoint_facts *facts, const ps_endpoint_wishes *wishes,
                            place *at, ps_error *err)
{
    *at = (place){.facts = facts, .fips = wishes->fips, .dual = wishes->dual_stack};
    at->region = without_fips(wishes->region, &at->fips);
    if (at->region.len && !is_label(at->region)) {
        return ps_fail(err, PS_EINPUT, 0, "'%.*s' is not the name of a region",
                       (int)(at->region.len < 40 ? at->region.len : 40), at->region.p);
    }
    bool whole;
    at->partition = ps_partition_of(at->region, &whole);
    if (whole) {
        at->region = at->partition->global_region;
    }
    return PS_OK;
}

static ps_status take_url(ps_str url, ps_endpoint *out, ps_error *err)
{
    ps_request parts = {0};
    ps_status status = ps_request_read_url(&parts, url, err);
    if (status == PS_OK && parts.query.len) {
        status = ps_fail(err, PS_EINPUT, 0, "an endpoint's URL has no query");
    }
    if (status == PS_OK) {
        out->scheme = parts.scheme;
        ps_buf_add(&out->host, ps_buf_str(&parts.host));
        ps_str path = ps_buf_str(&parts.path);
        while (path.len && path.p[path.len - 1] == '/') {
            path.len--;
        }
        ps_buf_add(&out->base_path, path);
    }
    ps_request_free(&parts);
    return status;
}

static ps_status find(const ps_endpoint_facts *facts, const ps_endpoint_wishes *wishes,
                      ps_endpoint *out, ps_error *err)
{
    place at;
    if (find_place(facts, wishes, &at, err) != PS_OK) {
        return err->code;
    }
    rule r = find_rule(&at);
    if (r.asymmetric && !wishes->url.len) {
        return ps_fail(
            err, PS_EUNSUPPORTED, 0,
            "the service wants asymmetric signatures (SigV4a), which clients do not make yet");
    }
    if (at.region.len == 0 && !r.region.len && (holds_region(r.host) || wishes->url.len)) {
        return ps_fail(err, PS_EINPUT, 0, "a region is needed: none was given or configured");
    }
    fill(&out->region, r.region.len ? r.region : PS_STR("{r}"), &at);
    ps_str own = facts->signing_name.len ? facts->signing_name : facts->endpoint_prefix;
    ps_str name = r.name.len ? r.name : own;
    ps_buf_add(&out->signing_name, wishes->signing_name.len ? wishes->signing_name : name);
    if (wishes->url.len) {
        if (take_url(wishes->url, out, err) != PS_OK) {
            return err->code;
        }
    } else {
        out->scheme = PS_STR("https");
        fill(&out->host, r.host, &at);
    }
    return ps_endpoint_place_bucket(wishes, at.partition, at.fips, out, err);
}

ps_status ps_endpoint_find(const ps_endpoint_facts *facts, const ps_endpoint_wishes *wishes,
                           ps_endpoint *out, ps_error *err)
{
    ps_endpoint found = {0};
    ps_status status = find(facts, wishes, &found, err);
    if (status == PS_OK) {
        *out = found;
    } else {
        ps_endpoint_free(&found);
    }
    return status;
}
