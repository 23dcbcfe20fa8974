#version 460
// Softmax cross-entropy of class targets and its gradient, a workgroup per row.
// Parameters: 0 rows, 1 classes, 2 smoothing, 4 ignored class, 6 faults, 8 logits, 11 target, 14 loss or
// gradient of the logits, 17 whether the row counts or gradient.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint BACKWARD = 0u;
layout(constant_id = 1) const uint TYPE = 0u;

#ifdef DOUBLE
#include "pair.glsl"
#include "double_exponential.glsl"
#else
#include "polynomials.glsl"
#endif

shared REAL lanes[64];
shared REAL sums[64];

REAL operand(uint k, uint i) { return load_float(param_address(k), param(k + 2u) + i, TYPE); }
void store(uint k, uint i, REAL x) { store_raw(param_address(k), param(k + 2u) + i, TYPE, from_float(x, TYPE)); }

void main() {
    uint row = flat_group();
    uint lane = gl_LocalInvocationID.x;
    if (row >= param(0)) return;
    uint classes = param(1);
    REAL smoothing = param_number(2);
    REAL each = smoothing / REAL(classes);
    uvec2 target = load_raw(param_address(11), param(13) + row, I64);
    bool ignored = target == uvec2(param(4), param(5));
    bool fits = target.y == 0u && target.x < classes;
    if (!ignored && !fits && lane == 0u) atomicMax(Words(param_address(6)).w[0], 3u);
    REAL greatest = -INFINITE;
    REAL plain = 0.0;
    for (uint c = lane; c < classes; c += 64u) {
        REAL logit = operand(8u, row * classes + c);
        if (is_nan(logit) || logit > greatest) greatest = is_nan(greatest) ? greatest : logit;
        plain += logit;
    }
    lanes[lane] = greatest;
    for (uint half_way = 32u; half_way > 0u; half_way >>= 1) {
        barrier();
        if (lane < half_way) {
            REAL other = lanes[lane + half_way];
            if (!is_nan(lanes[lane]) && (is_nan(other) || other > lanes[lane])) lanes[lane] = other;
        }
    }
    barrier();
    greatest = lanes[0];
    // An infinite maximum is the result itself, and would make NaN of the differences.
    REAL shift = abs(greatest) < INFINITE ? greatest : 0.0;
    barrier();
    REAL sum = 0.0;
    REAL away = 0.0;
    for (uint c = lane; c < classes; c += 64u) {
        REAL rest = operand(8u, row * classes + c) - shift;
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
        // The row's own softmax, made again: a logsumexp rounded to the dtype has lost the digits of large logits.
        REAL whole = lanes[0];
        REAL g = operand(17u, row);
        for (uint c = lane; c < classes; c += 64u) {
            REAL wanted = (c == target.x ? 1.0 - smoothing : 0.0) + each;
            REAL slope = g * (x_exp(operand(8u, row * classes + c) - shift) / whole - wanted);
            store(14u, row * classes + c, ignored || !fits ? 0.0 : slope);
        }
        return;
    }
    if (lane == 0u) {
        REAL log_sum = x_ln(lanes[0]);
        store(17u, row, ignored ? 0.0 : 1.0);
        REAL chosen = fits ? operand(8u, row * classes + target.x) - shift : 0.0;
        REAL loss = (1.0 - smoothing) * (log_sum - chosen);
        if (smoothing != 0.0) loss += each * (REAL(classes) * log_sum - sums[0]);
        store(14u, row, ignored || !fits ? 0.0 : loss);
    }
}
