// One value of a workgroup's THREADS, by a tree of neighbours: 0 and 1, 2 and 3, then pairs of pairs. It is
// the same tree with and without subgroups, and whatever their size, so the results are the same bits.
//
// A shader defines THREADS, VALUE and combine() before this; SUBGROUPS where they can pass values on.

shared VALUE folded[THREADS];

#ifdef SUBGROUPS
layout(constant_id = 31) const uint SUBGROUP = 32u;

// An invocation's place in the tree.
uint lane_of() { return gl_SubgroupID * SUBGROUP + gl_SubgroupInvocationID; }

// The value, for lane 0. Not to be followed by another fold, unlike the next.
VALUE fold(uint lane, VALUE value) {
    for (uint left = THREADS; left > 1u; left /= SUBGROUP) {
        for (uint d = 1u; d < min(SUBGROUP, left); d <<= 1) value = combine(value, subgroupShuffleXor(value, d));
        if (left <= SUBGROUP) break;
        if (lane % SUBGROUP == 0u && lane < left) folded[lane / SUBGROUP] = value;
        barrier();
        if (lane < left / SUBGROUP) value = folded[lane];
        barrier();
    }
    return value;
}
#else
uint lane_of() { return gl_LocalInvocationID.x; }

VALUE fold(uint lane, VALUE value) {
    folded[lane] = value;
    for (uint d = 1u; d < THREADS; d <<= 1) {
        barrier();
        if (lane % (2u * d) == 0u) folded[lane] = combine(folded[lane], folded[lane + d]);
    }
    return folded[lane];
}
#endif

// The value, for all.
VALUE fold_for_all(uint lane, VALUE value) {
    value = fold(lane, value);
    barrier();
    if (lane == 0u) folded[0] = value;
    barrier();
    value = folded[0];
    barrier();
    return value;
}
