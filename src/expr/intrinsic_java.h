/* intrinsic_java.h -- JSON values as the Java objects that AWS has in their place.
 *
 * AWS evaluates intrinsic functions on Jackson's maps, lists, strings, Integers, Longs, BigIntegers
 * and Doubles; what those print as, when they are equal and how they hash shows in the results of
 * States.Format, States.ArrayContains, States.Hash and States.ArrayUnique.
 * All of these visit every occurrence of a shared value: bound ps_value_bytes first. */
#ifndef PS_EXPR_INTRINSIC_JAVA_H
#define PS_EXPR_INTRINSIC_JAVA_H

#include "value/value.h"

/* String.valueOf: "{Arg1=1, Arg2=[]}", "null", "1.0", a string as it is. */
void ps_java_print(const ps_value *v, ps_buf *out);
/* Objects.hashCode. */
uint32_t ps_java_hash(const ps_value *v);
/* A seeded hash under the same equality, for our own tables: a user cannot make values collide. */
uint64_t ps_java_table_hash(const ps_value *v);
/* Objects.equals: 1 and 1.0 differ, members have no order. */
bool ps_java_equal(const ps_value *a, const ps_value *b);

#endif
