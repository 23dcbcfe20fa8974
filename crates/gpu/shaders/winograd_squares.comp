#version 460
// The squares whose values at Winograd's points are given, as sums of one or more parts: of outputs, 4 x 4,
// with bias and activation, or of the gradient of filters, 3 x 3.
//
// More parameters: 30 parts, 31 the bias (address, offset), 34 and 35 its strides by the first two outer places.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "divisor.glsl"
#include "winograd.glsl"
// 0 outputs, 1 a gradient.
layout(constant_id = 1) const uint OF = 0u;
layout(constant_id = 2) const uint BIAS = 0u;
layout(constant_id = 3) const uint RELU = 0u;
layout(constant_id = 4) const uint TYPE_BIAS = 0u;
// Neighbours in a row share words with nobody else.
layout(constant_id = 5) const uint PAIRS = 0u;
const uint SIDE = OF == 0u ? 4u : 3u;

// The line that has these values; the last element only if there are four.
float[4] line_of(float at[6]) {
    float whole = at[1] + at[2];
    float odd = at[1] - at[2];
    float halves = at[3] + at[4];
    float odd_halves = at[3] - at[4];
    float v[4];
    if (OF == 0u) {
        v = float[](at[0] + whole + halves, ROOT * odd + HALF_ROOT * odd_halves,
            2.0 * whole + 0.5 * halves, 2.0 * ROOT * odd + 0.5 * HALF_ROOT * odd_halves + at[5]);
    } else {
        v = float[](at[0] + whole / 6.0 - halves / 1.5, ROOT / 6.0 * odd - HALF_ROOT / 1.5 * odd_halves,
            (whole - halves) / 3.0 + at[5], 0.0);
    }
    return v;
}

uvec2 bias_address;
int bias_start;
ivec2 bias_strides;
uint parts;

float bias_at(Square s) {
    ivec2 steps = s.outer.xy * bias_strides;
    return load_float(bias_address, uint(bias_start + steps.x + steps.y), TYPE_BIAS);
}

float value(uint i) {
    float sum = load_float(points, i, F32);
    [[dont_unroll]] for (uint part = 1u; part < parts; part++) {
        i += POINTS * count;
        sum += load_float(points, i, F32);
    }
    return sum;
}

void write(Square s, int row, float line[4]) {
    if (PAIRS != 0u) {
        [[unroll]] for (uint x = 0u; x < 4u; x += 2u) {
            int column = s.x + int(x);
            if (!inside(row, column)) continue;
            uint word = from_float(line[x], TYPE).x | (from_float(line[x + 1u], TYPE).x << 16);
            Words(planes).w[place(s, row, column) >> 1] = word;
        }
        return;
    }
    [[unroll]] for (uint x = 0u; x < SIDE; x++) {
        int column = s.x + int(x);
        if (inside(row, column)) store_raw(planes, place(s, row, column), TYPE, from_float(line[x], TYPE));
    }
}

void transform(uint i) {
    Square s = square(i);
    float columns[24];
    [[unroll]] for (uint x = 0u; x < 6u; x++) {
        float at[6];
        [[unroll]] for (uint y = 0u; y < 6u; y++) at[y] = value((6u * y + x) * count + i);
        float line[4] = line_of(at);
        [[unroll]] for (uint y = 0u; y < SIDE; y++) columns[6u * y + x] = line[y];
    }
    float bias = BIAS != 0u ? bias_at(s) : 0.0;
    [[unroll]] for (uint y = 0u; y < SIDE; y++) {
        float at[6];
        [[unroll]] for (uint x = 0u; x < 6u; x++) at[x] = columns[6u * y + x];
        float line[4] = line_of(at);
        [[unroll]] for (uint x = 0u; x < SIDE; x++) {
            if (BIAS != 0u) line[x] += bias;
            if (RELU != 0u) line[x] = is_nan(line[x]) ? line[x] : max(line[x], 0.0);
        }
        write(s, s.y + int(y), line);
    }
}

void main() {
    open_planes();
    parts = param(MORE);
    if (BIAS != 0u) {
        bias_address = param_address(MORE + 1u);
        bias_start = int(param(MORE + 3u));
        bias_strides = pair(MORE + 4u);
    }
    uint step = invocations();
    for (uint i = first_square(); i < count; i += step) transform(i);
}
