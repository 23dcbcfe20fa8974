#version 460
// Batch norm: 0 mean and variance of every channel, a workgroup each; 1 normalise; 2 sums for the
// gradient, a workgroup per channel; 3 the gradient of x and of the residual.
// Parameters: 0 elements, 1 images, 2 channels, 3 places of a plane, 4 epsilon, 6 nine operands (address,
// offset): x, mean, variance, weight, bias, residual or y, gradient, output, second output.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "pair.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint STAGE = 0u;
layout(constant_id = 1) const uint TYPE = 0u;
layout(constant_id = 2) const uint AFFINE = 0u;
// 1 a residual is added, or its gradient asked for
layout(constant_id = 3) const uint RESIDUAL = 0u;
layout(constant_id = 4) const uint RELU = 0u;
layout(constant_id = 5) const uint TRAIN = 0u;

const uint X = 0u, MEAN = 1u, VARIANCE = 2u, WEIGHT = 3u, BIAS = 4u, BESIDE = 5u, GRADIENT = 6u, OUT = 7u, SECOND = 8u;

shared PAIR first[256];
shared PAIR second[256];

REAL operand(uint k, uint i) { return load_float(param_address(6u + 3u * k), param(8u + 3u * k) + i, TYPE); }
void store(uint k, uint i, REAL x) {
    store_raw(param_address(6u + 3u * k), param(8u + 3u * k) + i, TYPE, from_float(x, TYPE));
}

// The place of a channel's i-th element.
uint place(uint channel, uint i) {
    uint plane = param(3);
    return (i / plane * param(2) + channel) * plane + i % plane;
}

// The gradient that passes the activation.
REAL inner(uint i) {
    REAL g = operand(GRADIENT, i);
    return RELU == 1u && operand(BESIDE, i) <= 0.0 ? 0.0 : g;
}

void fold(uint lane) {
    for (uint half_way = 128u; half_way > 0u; half_way >>= 1) {
        barrier();
        if (lane < half_way) {
            first[lane] = add_pair(first[lane], first[lane + half_way]);
            second[lane] = add_pair(second[lane], second[lane + half_way]);
        }
    }
    barrier();
}

void statistics(uint channel, uint lane) {
    uint count = param(1) * param(3);
    PAIR sum = PAIR(0.0);
    for (uint i = lane; i < count; i += 256u) sum = add_pair(sum, PAIR(operand(X, place(channel, i)), 0.0));
    first[lane] = sum;
    second[lane] = PAIR(0.0);
    fold(lane);
    REAL mean = first[0].x / REAL(count);
    barrier();
    // A second look at the elements: what the mean lost to rounding is corrected by the sum of rests.
    PAIR squares = PAIR(0.0);
    PAIR rests = PAIR(0.0);
    for (uint i = lane; i < count; i += 256u) {
        REAL rest = operand(X, place(channel, i)) - mean;
        squares = add_pair(squares, PAIR(rest * rest, 0.0));
        rests = add_pair(rests, PAIR(rest, 0.0));
    }
    first[lane] = squares;
    second[lane] = rests;
    fold(lane);
    if (lane == 0u) {
        REAL shift = second[0].x / REAL(count);
        store(MEAN, channel, mean + shift);
        store(VARIANCE, channel, max(first[0].x / REAL(count) - shift * shift, REAL(0.0)));
    }
}

void sums(uint channel, uint lane) {
    uint count = param(1) * param(3);
    REAL mean = operand(MEAN, channel);
    precise REAL deviation = sqrt(operand(VARIANCE, channel) + param_number(4));
    precise REAL scale = 1.0 / deviation;
    PAIR plain = PAIR(0.0);
    PAIR weighted = PAIR(0.0);
    for (uint i = lane; i < count; i += 256u) {
        uint at = place(channel, i);
        REAL g = inner(at);
        plain = add_pair(plain, PAIR(g, 0.0));
        weighted = add_pair(weighted, PAIR(g * ((operand(X, at) - mean) * scale), 0.0));
    }
    first[lane] = plain;
    second[lane] = weighted;
    fold(lane);
    if (lane == 0u) {
        store(OUT, channel, second[0].x);
        store(SECOND, channel, first[0].x);
    }
}

void main() {
    uint lane = gl_LocalInvocationID.x;
    if (STAGE == 0u || STAGE == 2u) {
        uint channel = flat_group();
        if (channel >= param(2)) return;
        if (STAGE == 0u) statistics(channel, lane); else sums(channel, lane);
        return;
    }
    uint i = flat_group() * 256u + lane;
    if (i >= param(0)) return;
    uint channel = i / param(3) % param(2);
    precise REAL deviation = sqrt(operand(VARIANCE, channel) + param_number(4));
    precise REAL scale = 1.0 / deviation;
    REAL normal = (operand(X, i) - operand(MEAN, channel)) * scale;
    if (STAGE == 1u) {
        REAL y = normal;
        if (AFFINE == 1u) y = y * operand(WEIGHT, channel) + operand(BIAS, channel);
        if (RESIDUAL == 1u) y += operand(BESIDE, i);
        if (RELU == 1u && y < 0.0) y = 0.0;
        store(OUT, i, y);
        return;
    }
    // In training the batch's own mean and variance move with x. Bias holds the sum of gradients here,
    // and the place of the variance's gradient is beside the weight's.
    REAL g = inner(i);
    if (RESIDUAL == 1u) store(SECOND, i, g);
    REAL moved = 0.0;
    if (TRAIN == 1u) {
        REAL count = REAL(param(1) * param(3));
        REAL weighted = load_float(param_address(33), param(35) + channel, TYPE);
        REAL plain = load_float(param_address(36), param(38) + channel, TYPE);
        moved = (plain + normal * weighted) / count;
    }
    if (AFFINE == 1u) scale *= operand(WEIGHT, channel);
    store(OUT, i, scale * (g - moved));
}
