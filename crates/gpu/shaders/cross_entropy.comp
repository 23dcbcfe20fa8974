#version 460
// Softmax cross-entropy of class targets and its gradient, a workgroup per row.
// Parameters: 0 rows, 1 classes, 2 smoothing, 3 ignored class, 5 faults, 7 logits, 10 target, 13 loss or
// gradient of the logits, 16 logsumexp, 19 gradient.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint BACKWARD = 0u;
layout(constant_id = 1) const uint TYPE = 0u;

#include "polynomials.glsl"

shared float lanes[64];
shared float sums[64];

float operand(uint k, uint i) { return load_float(param_address(k), param(k + 2u) + i, TYPE); }
void store(uint k, uint i, float x) { store_raw(param_address(k), param(k + 2u) + i, TYPE, from_float(x, TYPE)); }

void main() {
    uint row = flat_group();
    uint lane = gl_LocalInvocationID.x;
    if (row >= param(0)) return;
    uint classes = param(1);
    float smoothing = param_float(2);
    float each = smoothing / float(classes);
    uvec2 target = load_raw(param_address(10), param(12) + row, I64);
    bool ignored = target == uvec2(param(3), param(4));
    bool fits = target.y == 0u && target.x < classes;
    if (!ignored && !fits && lane == 0u) atomicMax(Words(param_address(5)).w[0], 3u);
    float greatest = uintBitsToFloat(0xff800000u);
    float plain = 0.0;
    for (uint c = lane; c < classes; c += 64u) {
        float logit = operand(7u, row * classes + c);
        if (is_nan(logit) || logit > greatest) greatest = is_nan(greatest) ? greatest : logit;
        plain += logit;
    }
    lanes[lane] = greatest;
    for (uint half_way = 32u; half_way > 0u; half_way >>= 1) {
        barrier();
        if (lane < half_way) {
            float other = lanes[lane + half_way];
            if (!is_nan(lanes[lane]) && (is_nan(other) || other > lanes[lane])) lanes[lane] = other;
        }
    }
    barrier();
    greatest = lanes[0];
    // An infinite maximum is the result itself, and would make NaN of the differences.
    float shift = abs(greatest) < uintBitsToFloat(0x7f800000u) ? greatest : 0.0;
    barrier();
    float sum = 0.0;
    float away = 0.0;
    for (uint c = lane; c < classes; c += 64u) {
        float rest = operand(7u, row * classes + c) - shift;
        sum += x_exp(rest);
        away += rest;
    }
    lanes[lane] = sum;
    sums[lane] = away;
    for (uint half_way = 32u; half_way > 0u; half_way >>= 1) {
        barrier();
        if (lane < half_way) {
            lanes[lane] += lanes[lane + half_way];
            sums[lane] += sums[lane + half_way];
        }
    }
    if (BACKWARD == 1u) {
        barrier();
        // The row's own softmax: the logsumexp that was kept has lost the digits of large logits.
        float whole = lanes[0];
        float g = operand(19u, row);
        for (uint c = lane; c < classes; c += 64u) {
            float wanted = (c == target.x ? 1.0 - smoothing : 0.0) + each;
            float slope = g * (x_exp(operand(7u, row * classes + c) - shift) / whole - wanted);
            store(13u, row * classes + c, ignored || !fits ? 0.0 : slope);
        }
        return;
    }
    if (lane == 0u) {
        float log_sum = x_ln(lanes[0]);
        store(16u, row, shift + log_sum);
        float chosen = fits ? operand(7u, row * classes + target.x) - shift : 0.0;
        float loss = (1.0 - smoothing) * (log_sum - chosen);
        if (smoothing != 0.0) loss += each * (float(classes) * log_sum - sums[0]);
        store(13u, row, ignored || !fits ? 0.0 : loss);
    }
}
