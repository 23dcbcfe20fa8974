#version 460
// The values of squares at Winograd's points: of an image's, 6 x 6 and overlapping, of filters, 3 x 3, or of
// the gradient of outputs, 4 x 4.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "divisor.glsl"
#include "winograd.glsl"
// 0 an image, 1 filters, 2 a gradient.
layout(constant_id = 1) const uint OF = 0u;
const uint SIDE = OF == 0u ? 6u : OF == 1u ? 3u : 4u;

// A line's values at the points; elements past the side are not looked at.
float[6] values(float v[6]) {
    float at[6];
    if (OF == 0u) {
        float whole = v[4] - 0.5 * v[2];
        float odd = ROOT * v[3] - HALF_ROOT * v[1];
        float halves = v[4] - 2.0 * v[2];
        float odd_halves = HALF_ROOT * v[3] - ROOT * v[1];
        at = float[](v[0] - 2.5 * v[2] + v[4], whole + odd, whole - odd,
            halves + odd_halves, halves - odd_halves, v[1] - 2.5 * v[3] + v[5]);
    } else if (OF == 1u) {
        float whole = (v[0] + 2.0 * v[2]) / 6.0;
        float odd = ROOT / 6.0 * v[1];
        float halves = (v[0] + 0.5 * v[2]) / -1.5;
        float odd_halves = HALF_ROOT / -1.5 * v[1];
        at = float[](v[0], whole + odd, whole - odd, halves + odd_halves, halves - odd_halves, v[2]);
    } else {
        float whole = v[0] + 2.0 * v[2];
        float odd = ROOT * (v[1] + 2.0 * v[3]);
        float halves = v[0] + 0.5 * v[2];
        float odd_halves = HALF_ROOT * (v[1] + 0.5 * v[3]);
        at = float[](v[0], whole + odd, whole - odd, halves + odd_halves, halves - odd_halves, v[3]);
    }
    return at;
}

void transform(uint i) {
    Square s = square(i);
    float columns[36];
    [[unroll]] for (uint x = 0u; x < SIDE; x++) {
        float line[6] = float[](0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        [[unroll]] for (uint y = 0u; y < SIDE; y++) {
            int row = s.y + int(y);
            int column = s.x + int(x);
            if (inside(row, column)) line[y] = load_float(planes, place(s, row, column), TYPE);
        }
        line = values(line);
        [[unroll]] for (uint y = 0u; y < 6u; y++) columns[6u * y + x] = line[y];
    }
    [[unroll]] for (uint y = 0u; y < 6u; y++) {
        float line[6] = float[](0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        [[unroll]] for (uint x = 0u; x < SIDE; x++) line[x] = columns[6u * y + x];
        line = values(line);
        [[unroll]] for (uint x = 0u; x < 6u; x++) {
            Words(points).w[(6u * y + x) * count + i] = floatBitsToUint(line[x]);
        }
    }
}

void main() {
    open_planes();
    uint step = invocations();
    for (uint i = first_square(); i < count; i += step) transform(i);
}
