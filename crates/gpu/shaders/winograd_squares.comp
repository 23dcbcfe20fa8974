#version 460
// What has given values at Winograd's points: squares of outputs, with bias and activation, or the gradient of
// filters.
//
// More parameters: 31 the bias (address, offset), 34 and 35 its strides by the first two outer places.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "divisor.glsl"
#include "winograd.glsl"
layout(constant_id = 2) const uint BIAS = 0u;
layout(constant_id = 3) const uint RELU = 0u;
layout(constant_id = 4) const uint TYPE_BIAS = 0u;
// Neighbours in a row share words with nobody else.
layout(constant_id = 5) const uint PAIRS = 0u;
const uint SIDE = OUTPUTS == 2u ? 2u : 3u;

// The line that has these values.
void to_line(inout float v[6]) {
    float even = v[1] + v[2];
    float odd = v[1] - v[2];
    if (OUTPUTS == 2u) {
        v[0] += even;
        v[1] = odd + v[3];
    } else {
        float even_half = v[3] + v[4];
        float odd_half = v[3] - v[4];
        v[0] += even / 6.0 - even_half / 1.5;
        v[1] = ROOT / 6.0 * odd - HALF_ROOT / 1.5 * odd_half;
        v[2] = (even - even_half) / 3.0 + v[5];
    }
}

uvec2 bias_address;
int bias_start;
ivec2 bias_strides;

float bias_at(Square s) {
    ivec2 steps = s.outer.xy * bias_strides;
    return load_float(bias_address, uint(bias_start + steps.x + steps.y), TYPE_BIAS);
}

void write(Square s, int row, float line[6]) {
    if (PAIRS != 0u) {
        if (!inside(row, s.x)) return;
        uint word = from_float(line[0], TYPE).x | (from_float(line[1], TYPE).x << 16);
        Words(planes).w[place(s, row, s.x) >> 1] = word;
        return;
    }
    [[unroll]] for (uint x = 0u; x < SIDE; x++) {
        int column = s.x + int(x);
        if (inside(row, column)) store_raw(planes, place(s, row, column), TYPE, from_float(line[x], TYPE));
    }
}

void transform(uint i) {
    Square s = square(i);
    float columns[18];
    [[unroll]] for (uint x = 0u; x < LINE; x++) {
        float line[6];
        [[unroll]] for (uint y = 0u; y < LINE; y++) {
            line[y] = load_float(points, s.value + (LINE * y + x) * point_stride, F32);
        }
        to_line(line);
        [[unroll]] for (uint y = 0u; y < SIDE; y++) columns[6u * y + x] = line[y];
    }
    float bias = BIAS != 0u ? bias_at(s) : 0.0;
    [[unroll]] for (uint y = 0u; y < SIDE; y++) {
        float line[6];
        [[unroll]] for (uint x = 0u; x < LINE; x++) line[x] = columns[6u * y + x];
        to_line(line);
        [[unroll]] for (uint x = 0u; x < SIDE; x++) {
            if (BIAS != 0u) line[x] += bias;
            if (RELU != 0u) line[x] = is_nan(line[x]) ? line[x] : max(line[x], 0.0);
        }
        write(s, s.y + int(y), line);
    }
}

void main() {
    open_planes();
    if (BIAS != 0u) {
        bias_address = param_address(MORE);
        bias_start = int(param(MORE + 2u));
        bias_strides = pair(MORE + 3u);
    }
    uint step = invocations();
    for (uint i = first_square(); i < count; i += step) transform(i);
}
