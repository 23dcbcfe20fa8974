// Batch norm: 0 sums for a channel's mean and variance, 1 normalise, 2 sums for the gradient, 3 the gradient
// of x and of the residual, 4 and 5 the results of 0 and 2 from the sums of several workgroups.
//
// Parameters: 0 images, 1 channels, 2 places of a plane, 3 workgroups of a channel, 4 whether planes are moved
// by fours, 5 epsilon in two words, 7 ten operands (address, offset): x or what workgroups summed, mean,
// variance, weight, bias, residual or y, output or what is summed, gradient, gradient of the residual or the
// weight, gradient of the bias.
#include "pair.glsl"
#include "fours.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint STAGE = 0u;
layout(constant_id = 1) const uint TYPE = 0u;
layout(constant_id = 2) const uint AFFINE = 0u;
// 1 a residual is added, or its gradient asked for
layout(constant_id = 3) const uint RESIDUAL = 0u;
layout(constant_id = 4) const uint RELU = 0u;
layout(constant_id = 5) const uint TRAIN = 0u;

const uint STATISTICS = 0u, NORMALISE = 1u, SUMS = 2u, ALL_STATISTICS = 4u, ALL_SUMS = 5u;
const uint X = 0u, MEAN = 1u, VARIANCE = 2u, WEIGHT = 3u, BIAS = 4u, GRADIENT_SUMS = 4u, BESIDE = 5u;
const uint OUT = 6u, GRADIENT = 7u, SECOND = 8u, BIAS_GRADIENT = 9u;

// Elements of a channel that a workgroup sums.
const uint PART = 4096u;

// Two sums at a time, each a pair.
#define THREADS 256u
#define VALUE QUAD
VALUE combine(VALUE a, VALUE b) { return VALUE(add_pair(a.xy, b.xy), add_pair(a.zw, b.zw)); }
#include "fold.glsl"

uvec2 address_of(uint k) { return param_address(7u + 3u * k); }
uint offset_of(uint k) { return param(9u + 3u * k); }
bool by_fours() { return param(4) == 1u; }

REAL operand(uint k, uint i) { return load_float(address_of(k), offset_of(k) + i, TYPE); }
void store(uint k, uint i, REAL x) { store_raw(address_of(k), offset_of(k) + i, TYPE, from_float(x, TYPE)); }

// An operand's element i, the n-th of four: if they are moved by fours, the first fetches all of them.
REAL next(uint k, uint i, uint n, inout Four held) {
    if (!by_fours()) return operand(k, i);
    if (n == 0u) held = load_four(address_of(k), offset_of(k) + i, TYPE);
    return as_float(turned(held), TYPE);
}

void store_next(uint k, uint i, REAL x, inout Four held) {
    if (by_fours()) append(held, from_float(x, TYPE)); else store(k, i, x);
}

void store_held(uint k, uint i, Four held) {
    if (by_fours()) store_four(address_of(k), offset_of(k) + i, TYPE, held);
}

// What workgroups summed, whatever the dtype.
QUAD kept(uint operand, uint i) {
    uvec2 address = address_of(operand);
    QUAD sums;
    [[dont_unroll]] for (uint k = 0u; k < 4u; k++) sums = QUAD(sums.yzw, load_float(address, 4u * i + k, F32));
    return sums;
}

void keep(uint i, QUAD sums) {
    [[dont_unroll]] for (uint k = 0u; k < 4u; k++) {
        store_raw(address_of(OUT), 4u * i + k, F32, from_float(sums.x, F32));
        sums = sums.yzwx;
    }
}

REAL scale_of(uint channel) {
    precise REAL deviation = sqrt(operand(VARIANCE, channel) + param_number(5));
    precise REAL scale = 1.0 / deviation;
    return scale;
}

// The gradient that passes the activation, from the output beside it.
REAL passing(uint i, uint n, inout Four gradients, inout Four outputs) {
    REAL g = next(GRADIENT, i, n, gradients);
    if (RELU == 1u && next(BESIDE, i, n, outputs) <= 0.0) g = 0.0;
    return g;
}

// The place of a channel's i-th element.
uint place(uint channel, uint i) {
    uint plane = param(2);
    return (i / plane * param(1) + channel) * plane + i % plane;
}

// Of the distances from an element, their sum and that of their squares; of gradients, the weighted and the
// plain sum.
QUAD sums_of_part(uint channel, uint begin, uint end, uint lane, REAL centre, REAL scale) {
    QUAD sums = QUAD(0.0);
    Four xs;
    Four gradients;
    Four outputs;
    for (uint i = begin + 4u * lane; i < end; i += 4u * THREADS) {
        uint at;
        [[dont_unroll]] for (uint n = 0u; n < min(4u, end - i); n++) {
            if (n == 0u || !by_fours()) at = place(channel, i + n);
            REAL x = next(X, at, n, xs);
            if (STAGE == STATISTICS) {
                PAIR rest = two_sum(x, -centre);
                sums = combine(sums, QUAD(rest, multiply_pair(rest, rest)));
            } else {
                REAL g = passing(at, n, gradients, outputs);
                sums = combine(sums, QUAD(g * ((x - centre) * scale), 0.0, g, 0.0));
            }
        }
    }
    return fold(lane, sums);
}

PAIR divided(PAIR a, REAL b) {
    REAL quotient = a.x / b;
    PAIR rest = add_pair(a, multiply_pair(PAIR(-quotient, 0.0), PAIR(b, 0.0)));
    return two_sum(quotient, rest.x / b);
}

// Mean, in two numbers, and sum of the squares of the distances from it. Distances were counted from an
// element of the part, so what is lost in the difference of the sums is what pairs have to spare.
QUAD moments(QUAD sums, REAL centre, REAL count) {
    PAIR shift = divided(sums.xy, count);
    PAIR square = multiply_pair(sums.xy, shift);
    PAIR squares = add_pair(sums.zw, -square);
    return QUAD(add_pair(PAIR(centre, 0.0), shift), max(squares.x, REAL(0.0)), 0.0);
}

// Those of the weight and of the bias.
void store_gradients(uint channel, QUAD sums) {
    if (AFFINE == 0u) return;
    store(SECOND, channel, sums.x);
    store(BIAS_GRADIENT, channel, sums.z);
}

void sum_part(uint lane) {
    uint parts = param(3);
    uint channel = flat_group() / parts;
    if (channel >= param(1)) return;
    uint count = param(0) * param(2);
    uint begin = (flat_group() - channel * parts) * PART;
    uint end = min(count, begin + PART);
    bool statistics = STAGE == STATISTICS;
    REAL centre = 0.0;
    REAL scale = 1.0;
    if (!statistics) {
        centre = operand(MEAN, channel);
        scale = scale_of(channel);
    } else if (begin < end) {
        centre = operand(X, place(channel, begin));
    }
    QUAD sums = sums_of_part(channel, begin, end, lane, centre, scale);
    if (lane != 0u) return;
    if (statistics) sums = moments(sums, centre, REAL(end - begin));
    if (statistics && parts == 1u) {
        store(MEAN, channel, sums.x);
        store(VARIANCE, channel, sums.z / REAL(count));
        return;
    }
    keep(flat_group(), sums);
    if (!statistics && parts == 1u) store_gradients(channel, sums);
}

void join_sums(uint channel, uint lane) {
    uint parts = param(3);
    QUAD sums = QUAD(0.0);
    for (uint part = lane; part < parts; part += THREADS) sums = combine(sums, kept(X, channel * parts + part));
    sums = fold(lane, sums);
    if (lane != 0u) return;
    keep(channel, sums);
    store_gradients(channel, sums);
}

// The mean of the parts' means, and then the squares within the parts and of their means.
void join_statistics(uint channel, uint lane) {
    uint parts = param(3);
    uint count = param(0) * param(2);
    PAIR centre = kept(X, channel * parts).xy;
    PAIR shift = PAIR(0.0);
    for (uint look = 0u; look < 2u; look++) {
        QUAD sums = QUAD(0.0);
        for (uint part = lane; part < parts; part += THREADS) {
            QUAD of = kept(X, channel * parts + part);
            REAL size = REAL(min(PART, count - part * PART));
            PAIR away = add_pair(add_pair(of.xy, -centre), -shift);
            sums = combine(sums, QUAD(multiply_pair(PAIR(size, 0.0), away), of.z, 0.0));
            sums = combine(sums, QUAD(0.0, 0.0, size * away.x * away.x, 0.0));
        }
        sums = fold_for_all(lane, sums);
        if (look == 0u) {
            shift = divided(sums.xy, REAL(count));
        } else if (lane == 0u) {
            store(MEAN, channel, add_pair(centre, shift).x);
            store(VARIANCE, channel, sums.z / REAL(count));
        }
    }
}

// Four elements, normalised or given their gradients.
void map(uint first) {
    uint plane = param(2);
    uint channels = param(1);
    uint count = param(0) * channels * plane;
    if (first >= count) return;
    REAL mean;
    REAL scale;
    REAL weight = 1.0;
    REAL bias = 0.0;
    QUAD sums = QUAD(0.0);
    Four xs;
    Four beside;
    Four gradients;
    Four out_held;
    Four second_held;
    [[dont_unroll]] for (uint n = 0u; n < min(4u, count - first); n++) {
        uint i = first + n;
        if (n == 0u || !by_fours()) {
            uint channel = i / plane % channels;
            mean = operand(MEAN, channel);
            scale = scale_of(channel);
            if (AFFINE == 1u) weight = operand(WEIGHT, channel);
            if (STAGE == NORMALISE) {
                if (AFFINE == 1u) bias = operand(BIAS, channel);
            } else if (TRAIN == 1u) {
                sums = kept(GRADIENT_SUMS, channel);
            }
        }
        REAL normal = (next(X, i, n, xs) - mean) * scale;
        if (STAGE == NORMALISE) {
            REAL y = AFFINE == 1u ? normal * weight + bias : normal;
            if (RESIDUAL == 1u) y += next(BESIDE, i, n, beside);
            if (RELU == 1u && y < 0.0) y = 0.0;
            store_next(OUT, i, y, out_held);
        } else {
            // In training the batch's own mean and variance move with x.
            REAL g = passing(i, n, gradients, beside);
            if (RESIDUAL == 1u) store_next(SECOND, i, g, second_held);
            if (TRAIN == 1u) g -= (sums.z + normal * sums.x) / REAL(param(0) * plane);
            store_next(OUT, i, scale * weight * g, out_held);
        }
    }
    store_held(OUT, first, out_held);
    if (STAGE != NORMALISE && RESIDUAL == 1u) store_held(SECOND, first, second_held);
}

void main() {
    uint lane = lane_of();
    if (STAGE == STATISTICS || STAGE == SUMS) {
        sum_part(lane);
    } else if (STAGE == ALL_STATISTICS || STAGE == ALL_SUMS) {
        uint channel = flat_group();
        if (channel >= param(1)) return;
        if (STAGE == ALL_SUMS) join_sums(channel, lane); else join_statistics(channel, lane);
    } else {
        map((flat_group() * THREADS + gl_LocalInvocationID.x) * 4u);
    }
}
