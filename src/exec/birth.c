/* birth.c -- what an exec was given at its start, as bytes.
 *
 * A birth is: MAGIC, FORMAT, the machine's state count and print, the profile's name, where in the
 * machine it starts, the time, the seed, its values. */
#include "exec/record.h"

#include "base/mem.h"
#include "exec/snapshot.h"

enum { ARN, NAME, ROLE_ARN, MACHINE_ARN, MACHINE_NAME, ACTIVITIES, INPUT, VALUES };

void ps_exec_birth(const ps_exec *x, ps_buf *out)
{
    ps_packer p = {.out = out, .blobs = x->blobs};
    ps_buf_add(out, PS_STR(PS_BIRTH_MAGIC));
    ps_pack_count(&p, PS_BIRTH_FORMAT);
    ps_pack_count(&p, x->machine->state_count);
    ps_pack_count(&p, ps_snapshot_print(x->machine));
    ps_pack_bytes(&p, x->profile->name);
    ps_snapshot_pack_graph(&p, x->graph);
    ps_pack_int(&p, x->started_ms);
    ps_pack_bytes(&p, (ps_str){(const char *)x->seed, sizeof x->seed});
    const ps_value *const values[VALUES] = {
        [ARN] = x->arn,
        [NAME] = x->name,
        [ROLE_ARN] = x->role_arn,
        [MACHINE_ARN] = x->machine_arn,
        [MACHINE_NAME] = x->machine_name,
        [ACTIVITIES] = x->activities,
        [INPUT] = x->input,
    };
    for (size_t i = 0; i < VALUES; i++) {
        ps_pack_value(&p, values[i]);
    }
    ps_pack_needs(&p);
    ps_packer_free(&p);
}

static bool is_kind(const ps_value *v, ps_kind kind, bool may_lack)
{
    return v ? ps_value_kind(v) == kind : may_lack;
}

static ps_exec *born(ps_machine *m, ps_unpacker *u, const ps_profile *profile, ps_error *err)
{
    ps_exec_options o = {.profile = profile, .graph = ps_snapshot_unpack_graph(u, m)};
    o.now_ms = ps_unpack_int(u);
    ps_str seed = ps_unpack_bytes(u);
    ps_value *v[VALUES] = {0};
    for (size_t i = 0; i < VALUES; i++) {
        v[i] = ps_unpack_value(u);
    }
    bool whole =
        !u->damaged && u->at == u->in.len && seed.len == sizeof o.seed &&
        o.now_ms >= -PS_TIME_LIMIT && o.now_ms <= PS_TIME_LIMIT && v[INPUT] &&
        is_kind(v[ARN], PS_STRING, false) && is_kind(v[NAME], PS_STRING, true) &&
        is_kind(v[ROLE_ARN], PS_STRING, true) && is_kind(v[MACHINE_ARN], PS_STRING, false) &&
        is_kind(v[MACHINE_NAME], PS_STRING, false) && is_kind(v[ACTIVITIES], PS_ARRAY, true);
    ps_exec *x = NULL;
    if (whole) {
        memcpy(o.seed, seed.p, sizeof o.seed);
        o.arn = v[ARN];
        o.name = v[NAME];
        o.role_arn = v[ROLE_ARN];
        o.machine_arn = v[MACHINE_ARN];
        o.machine_name = v[MACHINE_NAME];
        o.activities = v[ACTIVITIES];
        x = ps_exec_new(m, v[INPUT], &o, err);
    } else if (u->missing) {
        ps_fail(err, PS_EDAMAGED, u->at, "a large value of the birth is not there");
    } else {
        ps_fail(err, PS_EDAMAGED, u->at, "the birth is damaged near byte %zu", u->at);
    }
    for (size_t i = 0; i < VALUES; i++) {
        ps_value_unref(v[i]);
    }
    return x;
}

ps_exec *ps_exec_rebirth(ps_machine *m, ps_str birth, const ps_profile *profile,
                         const ps_blob_list *blobs, ps_error *err)
{
    ps_str magic = PS_STR(PS_BIRTH_MAGIC);
    if (!ps_str_starts(birth, magic)) {
        ps_fail(err, PS_EDAMAGED, 0, "not the birth of an execution");
        return NULL;
    }
    ps_unpacker u = {.in = birth, .at = magic.len};
    uint64_t format = ps_unpack_count(&u);
    ps_exec *x = NULL;
    if (!u.damaged && format > PS_BIRTH_FORMAT) {
        ps_fail(err, PS_EUNSUPPORTED, u.at,
                "a newer passo wrote this birth (format %llu, this one reads up to %d); run that "
                "version or a newer one",
                (unsigned long long)format, PS_BIRTH_FORMAT);
        return NULL;
    }
    ps_unpack_needs(&u);
    uint64_t states = ps_unpack_count(&u);
    uint64_t print = ps_unpack_count(&u);
    ps_str name = ps_unpack_bytes(&u);
    if (!u.damaged && (states != m->state_count || print != ps_snapshot_print(m))) {
        ps_fail(err, PS_EINPUT, u.at, "the birth belongs to another machine");
        return NULL;
    }
    profile = profile ? profile : ps_profile_find(name);
    if (u.damaged || !profile || format == 0) {
        ps_fail(err, PS_EDAMAGED, u.at, "the birth's head is damaged");
        return NULL;
    }
    ps_blobs_given(&u, blobs);
    x = born(m, &u, profile, err);
    ps_unpacker_free(&u);
    ps_blobs_keep_take(x, u.blobs);
    return x;
}
