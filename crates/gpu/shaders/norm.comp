#version 460
// Batch norm: 0 mean and variance of every channel, a workgroup each; 1 normalise; 2 sums for the
// gradient, a workgroup per channel; 3 the gradient of x and of the residual.
// Parameters: 0 elements, 1 images, 2 channels, 3 places of a plane, 4 epsilon, 5 nine operands (address,
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

shared vec2 first[256];
shared vec2 second[256];

float operand(uint k, uint i) { return load_float(param_address(5u + 3u * k), param(7u + 3u * k) + i, TYPE); }
void store(uint k, uint i, float x) {
    store_raw(param_address(5u + 3u * k), param(7u + 3u * k) + i, TYPE, from_float(x, TYPE));
}

// The place of a channel's i-th element.
uint place(uint channel, uint i) {
    uint plane = param(3);
    return (i / plane * param(2) + channel) * plane + i % plane;
}

// The gradient that passes the activation.
float inner(uint i) {
    float g = operand(GRADIENT, i);
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
    vec2 sum = vec2(0.0);
    for (uint i = lane; i < count; i += 256u) sum = add_pair(sum, vec2(operand(X, place(channel, i)), 0.0));
    first[lane] = sum;
    second[lane] = vec2(0.0);
    fold(lane);
    float mean = first[0].x / float(count);
    barrier();
    // A second look at the elements: what the mean lost to rounding is corrected by the sum of rests.
    vec2 squares = vec2(0.0);
    vec2 rests = vec2(0.0);
    for (uint i = lane; i < count; i += 256u) {
        float rest = operand(X, place(channel, i)) - mean;
        squares = add_pair(squares, vec2(rest * rest, 0.0));
        rests = add_pair(rests, vec2(rest, 0.0));
    }
    first[lane] = squares;
    second[lane] = rests;
    fold(lane);
    if (lane == 0u) {
        float shift = second[0].x / float(count);
        store(MEAN, channel, mean + shift);
        store(VARIANCE, channel, max(first[0].x / float(count) - shift * shift, 0.0));
    }
}

void sums(uint channel, uint lane) {
    uint count = param(1) * param(3);
    float mean = operand(MEAN, channel);
    precise float deviation = sqrt(operand(VARIANCE, channel) + param_float(4));
    precise float scale = 1.0 / deviation;
    vec2 plain = vec2(0.0);
    vec2 weighted = vec2(0.0);
    for (uint i = lane; i < count; i += 256u) {
        uint at = place(channel, i);
        float g = inner(at);
        plain = add_pair(plain, vec2(g, 0.0));
        weighted = add_pair(weighted, vec2(g * ((operand(X, at) - mean) * scale), 0.0));
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
    precise float deviation = sqrt(operand(VARIANCE, channel) + param_float(4));
    precise float scale = 1.0 / deviation;
    float normal = (operand(X, i) - operand(MEAN, channel)) * scale;
    if (STAGE == 1u) {
        float y = normal;
        if (AFFINE == 1u) y = y * operand(WEIGHT, channel) + operand(BIAS, channel);
        if (RESIDUAL == 1u) y += operand(BESIDE, i);
        if (RELU == 1u && y < 0.0) y = 0.0;
        store(OUT, i, y);
        return;
    }
    // In training the batch's own mean and variance move with x. Bias holds the sum of gradients here,
    // and the place of the variance's gradient is beside the weight's.
    float g = inner(i);
    if (RESIDUAL == 1u) store(SECOND, i, g);
    float moved = 0.0;
    if (TRAIN == 1u) {
        float count = float(param(1) * param(3));
        float weighted = load_float(param_address(32), param(34) + channel, TYPE);
        float plain = load_float(param_address(35), param(37) + channel, TYPE);
        moved = (plain + normal * weighted) / count;
    }
    if (AFFINE == 1u) scale *= operand(WEIGHT, channel);
    store(OUT, i, scale * (g - moved));
}
