#version 460
// The values at Winograd's points: of patches of an image, which overlap by two rows, or of what they are multiplied
// with, filters or squares of the outputs' gradient.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "divisor.glsl"
#include "winograd.glsl"
layout(constant_id = 2) const uint PATCHES = 0u;
const uint SIDE = PATCHES != 0u ? LINE : OUTPUTS == 2u ? 3u : 4u;

// A line's values at the points.
void to_values(inout float v[6]) {
    if (OUTPUTS == 2u && PATCHES != 0u) {
        v = float[](v[0] - v[2], v[1] + v[2], v[2] - v[1], v[3] - v[1], 0.0, 0.0);
    } else if (OUTPUTS == 2u) {
        float even = 0.5 * (v[0] + v[2]);
        float odd = 0.5 * v[1];
        v = float[](v[0], even + odd, even - odd, v[2], 0.0, 0.0);
    } else if (PATCHES != 0u) {
        float even = v[4] - 0.5 * v[2];
        float odd = ROOT * v[3] - HALF_ROOT * v[1];
        float even_half = v[4] - 2.0 * v[2];
        float odd_half = HALF_ROOT * v[3] - ROOT * v[1];
        v = float[](v[0] - 2.5 * v[2] + v[4], even + odd, even - odd,
            even_half + odd_half, even_half - odd_half, v[1] - 2.5 * v[3] + v[5]);
    } else {
        float even = v[0] + 2.0 * v[2];
        float odd = ROOT * (v[1] + 2.0 * v[3]);
        float even_half = v[0] + 0.5 * v[2];
        float odd_half = HALF_ROOT * (v[1] + 0.5 * v[3]);
        v = float[](v[0], even + odd, even - odd, even_half + odd_half, even_half - odd_half, v[3]);
    }
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
        to_values(line);
        [[unroll]] for (uint y = 0u; y < LINE; y++) columns[6u * y + x] = line[y];
    }
    [[unroll]] for (uint y = 0u; y < LINE; y++) {
        float line[6] = float[](0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        [[unroll]] for (uint x = 0u; x < SIDE; x++) line[x] = columns[6u * y + x];
        to_values(line);
        [[unroll]] for (uint x = 0u; x < LINE; x++) {
            Words(points).w[s.value + (LINE * y + x) * point_stride] = floatBitsToUint(line[x]);
        }
    }
}

void main() {
    open_planes();
    uint step = invocations();
    for (uint i = first_square(); i < count; i += step) transform(i);
}
