/* fn_array.c -- $count $append $sort $reverse $shuffle $distinct $zip. */
#include "jsonata/distinct.h"
#include "jsonata/eval.h"

/* Elements copied or compared without a call cost a fraction of a step. */
#define COPIES_A_STEP 3

static void burn_copies(ps_jx_run *run, size_t count)
{
    ps_jx_burn(run, count / COPIES_A_STEP + 1);
}

static ps_jx fn_count(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)run;
    (void)call;
    (void)count;
    return ps_jx_number(ps_jx_is(args[0], PS_JX_UNDEFINED) ? 0 : (double)ps_jx_count(args[0]));
}

static void add_all(ps_jx_run *run, ps_jx_list *list, ps_jx v)
{
    if (!ps_jx_is(v, PS_JX_ARRAY)) {
        ps_jx_add(run, list, v);
        return;
    }
    for (size_t i = 0, n = ps_jx_count(v); i < n; i++) {
        ps_jx_add(run, list, ps_jx_at(v, i));
    }
}

static size_t width(ps_jx v)
{
    return ps_jx_is(v, PS_JX_ARRAY) ? ps_jx_count(v) : 1;
}

/* Loops that append one element after another would copy what they have each time. So an array that
 * was appended to may have room behind it, which belongs to whoever appends to it first: the longer
 * array shares the elements of the shorter one, which never sees beyond its own count. */
typedef struct ps_jx_tail {
    size_t used, capacity; /* elements from the first on */
} ps_jx_tail;

/* `a` made longer in place by `more` elements; NULL where it has no such room. */
static ps_jx_list *lengthened(ps_jx_run *run, ps_jx a, size_t more)
{
    ps_jx_tail *tail = ps_jx_is(a, PS_JX_ARRAY) && !a.borrowed ? a.list->tail : NULL;
    if (!tail || tail->used != a.list->count || tail->capacity - tail->used < more) {
        return NULL;
    }
    ps_jx_list *list = ps_jx_list_new(run, 0, 0);
    list->p = a.list->p;
    list->count = a.list->count;
    list->capacity = tail->capacity;
    list->tail = tail;
    return list;
}

static ps_jx fn_append(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (ps_jx_is(args[0], PS_JX_UNDEFINED)) {
        return args[1];
    }
    if (ps_jx_is(args[1], PS_JX_UNDEFINED)) {
        return args[0];
    }
    size_t more = width(args[1]);
    size_t total = width(args[0]) + more;
    ps_jx_list *list = lengthened(run, args[0], more);
    burn_copies(run, list ? more : total);
    if (!list) {
        bool grows = more <= total / 4;
        list = ps_jx_list_new(run, grows ? total * 2 : total, 0);
        if (grows) {
            list->tail = ps_jx_alloc(run, sizeof *list->tail);
            *list->tail = (ps_jx_tail){0, list->capacity};
        }
        add_all(run, list, args[0]);
    }
    add_all(run, list, args[1]);
    if (list->tail) {
        list->tail->used = list->count;
        list->capacity = list->count; /* so that nobody else writes behind it */
    }
    return ps_jx_array(list);
}

static ps_jx fn_reverse(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (ps_jx_is(args[0], PS_JX_UNDEFINED) || ps_jx_count(args[0]) <= 1) {
        return args[0];
    }
    size_t n = ps_jx_count(args[0]);
    burn_copies(run, n);
    ps_jx_list *list = ps_jx_list_new(run, n, 0);
    while (n > 0) {
        ps_jx_add(run, list, ps_jx_at(args[0], --n));
    }
    return ps_jx_array(list);
}

/* splitmix64: one draw of the keyed stream seeds a whole shuffle. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static ps_jx fn_shuffle(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (ps_jx_is(args[0], PS_JX_UNDEFINED) || ps_jx_count(args[0]) <= 1) {
        return args[0];
    }
    size_t n = ps_jx_count(args[0]);
    burn_copies(run, n);
    uint64_t state = ps_rand_u64(run->env->rand);
    ps_jx_list *list = ps_jx_list_new(run, n, 0);
    for (size_t i = 0; i < n; i++) {
        size_t j = (size_t)(next_random(&state) % (i + 1));
        ps_jx_add(run, list, ps_jx_at(args[0], i));
        ps_jx swap = list->p[j];
        list->p[j] = list->p[i];
        list->p[i] = swap;
    }
    return ps_jx_array(list);
}

static ps_jx fn_distinct(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (!ps_jx_is(args[0], PS_JX_ARRAY) || ps_jx_count(args[0]) <= 1) {
        return args[0];
    }
    return ps_jx_distinct(run, args[0]);
}

static ps_jx fn_zip(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    size_t shortest = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t n = ps_jx_is(args[i], PS_JX_ARRAY) ? ps_jx_count(args[i]) : 0;
        shortest = n < shortest ? n : shortest;
    }
    if (count == 0) {
        shortest = 0;
    }
    ps_jx_burn(run, shortest);
    ps_jx_list *list = ps_jx_list_new(run, shortest, 0);
    for (size_t i = 0; i < shortest; i++) {
        burn_copies(run, count);
        ps_jx_list *tuple = ps_jx_list_new(run, count, 0);
        for (size_t k = 0; k < count; k++) {
            ps_jx_add(run, tuple, ps_jx_at(args[k], i));
        }
        ps_jx_add(run, list, ps_jx_array(tuple));
    }
    return ps_jx_array(list);
}

/* -- $sort --------------------------------------------------------------------------------------
 */

typedef struct sorter {
    ps_jx_run *run;
    ps_jx comparator; /* undefined: the order of numbers or strings */
    size_t at;
    ps_jx *spare; /* room for half of the elements */
} sorter;

/* What JavaScript's `if` makes of a comparator's answer: an empty array is true there. */
static bool is_truthy(ps_jx v)
{
    switch ((ps_jx_kind)v.kind) {
    case PS_JX_UNDEFINED:
    case PS_JX_NULL:
        return false;
    case PS_JX_BOOL:
        return v.b;
    case PS_JX_NUMBER: {
        double n = ps_jx_double(v);
        return n < 0 || n > 0;
    }
    case PS_JX_STRING:
        return ps_jx_str(v).len > 0;
    case PS_JX_ARRAY:
    case PS_JX_OBJECT:
    case PS_JX_FUNCTION:
        break;
    }
    return true;
}

/* Whether `b` is to come first although it stands behind `a`. */
static bool is_after(const sorter *s, ps_jx a, ps_jx b)
{
    if (!ps_jx_is(s->comparator, PS_JX_UNDEFINED)) {
        ps_jx pair[2] = {a, b};
        return is_truthy(ps_jx_apply(s->run, s->comparator, pair, 2, PS_JX_NOTHING, s->at));
    }
    return ps_jx_compare(s->run, a, b) > 0;
}

/* A stable merge sort that halves as the reference does, so that comparators are asked the same
 * questions in the same order. */
static void merge_sort(const sorter *s, ps_jx *p, size_t count)
{
    if (count <= 1) {
        return;
    }
    size_t middle = count / 2;
    merge_sort(s, p, middle);
    merge_sort(s, p + middle, count - middle);
    ps_jx_burn(s->run, count / 2);
    memcpy(s->spare, p, middle * sizeof *p);
    for (size_t left = 0, right = middle, out = 0; left < middle; out++) {
        if (right < count && is_after(s, s->spare[left], p[right])) {
            p[out] = p[right++];
        } else {
            p[out] = s->spare[left++];
        }
    }
}

/* Numbers alone, or strings alone. */
static bool has_order(ps_jx_run *run, ps_jx array)
{
    ps_jx_kind kind = (ps_jx_kind)ps_jx_at(array, 0).kind;
    bool good = kind == PS_JX_NUMBER || kind == PS_JX_STRING;
    for (size_t i = 0, n = ps_jx_count(array); good && i < n; i++) {
        ps_jx v = ps_jx_at(array, i);
        good = ps_jx_is(v, kind) && (kind == PS_JX_STRING || ps_jx_is_numeric(run, v));
    }
    return good;
}

static ps_jx fn_sort(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (ps_jx_is(args[0], PS_JX_UNDEFINED) || ps_jx_count(args[0]) <= 1) {
        return args[0];
    }
    size_t n = ps_jx_count(args[0]);
    ps_jx_burn(run, n / 2);
    sorter s = {.run = run, .comparator = args[1], .at = call->at};
    if (ps_jx_is(s.comparator, PS_JX_UNDEFINED) && !has_order(run, args[0])) {
        ps_jx_throw(run, "D3070", call->at, &(ps_jx_fields){.token = call->name, .index = 1});
    }
    ps_jx_list *list = ps_jx_list_new(run, n, 0);
    add_all(run, list, args[0]);
    s.spare = ps_jx_alloc(run, n / 2 * sizeof *s.spare);
    merge_sort(&s, list->p, n);
    return ps_jx_array(list);
}

const ps_jx_native ps_jx_array_functions[] = {
    {"count", "<a:n>", fn_count, 1},     {"append", "<xx:a>", fn_append, 2},
    {"sort", "<af?:a>", fn_sort, 2},     {"reverse", "<a:a>", fn_reverse, 1},
    {"shuffle", "<a:a>", fn_shuffle, 1}, {"distinct", "<x:x>", fn_distinct, 1},
    {"zip", "<a+>", fn_zip, 0},          {NULL, NULL, NULL, 0},
};
