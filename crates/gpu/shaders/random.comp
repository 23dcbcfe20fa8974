#version 460
// Draws of the default generator: ChaCha8 by position, one 32-bit word an element, or two for doubles. An
// invocation has a block of 16 words.
// Parameters: 0 elements, 1 seed, 3 stream, 5 position, 7 two numbers, 11 bound, 13 output.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#include "integer.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint NORMAL = 0u;
layout(constant_id = 1) const uint TYPE = 0u;

void quarter_round(inout uint a, inout uint b, inout uint c, inout uint d) {
    a += b; d ^= a; d = (d << 16) | (d >> 16);
    c += d; b ^= c; b = (b << 12) | (b >> 20);
    a += b; d ^= a; d = (d << 8) | (d >> 24);
    c += d; b ^= c; b = (b << 7) | (b >> 25);
}

// The words of a block.
void draw_block(uvec2 block, out uint w[16]) {
    uint key[16] = uint[](0x61707865u, 0x3320646eu, 0x79622d32u, 0x6b206574u, param(1), param(2),
        0x6d6d6168u, 0x65687265u, 0x72206461u, 0x6f646e61u, 0x7473206du, 0x6d616572u,
        block.x, block.y, param(3), param(4));
    w = key;
    for (uint round = 0u; round < 4u; round++) {
        quarter_round(w[0], w[4], w[8], w[12]);
        quarter_round(w[1], w[5], w[9], w[13]);
        quarter_round(w[2], w[6], w[10], w[14]);
        quarter_round(w[3], w[7], w[11], w[15]);
        quarter_round(w[0], w[5], w[10], w[15]);
        quarter_round(w[1], w[6], w[11], w[12]);
        quarter_round(w[2], w[7], w[8], w[13]);
        quarter_round(w[3], w[4], w[9], w[14]);
    }
    for (uint k = 0u; k < 16u; k++) w[k] += key[k];
}

#ifdef DOUBLE
#include "pair.glsl"
#include "double_exponential.glsl"
#include "double_quantile.glsl"

const uint WORDS = 2u;

double uniform_draw(uvec2 bits) {
    return (double(bits.y) * 2097152.0LF + double(bits.x >> 11)) * 1.1102230246251565e-16LF;
}

double normal_draw(uvec2 bits) {
    return normal_quantile((double(bits.y) * 1048576.0LF + (double(bits.x >> 12) + 0.5LF)) * 2.220446049250313e-16LF);
}
#else
#include "polynomials.glsl"

const uint WORDS = 1u;

float fold(float x, float a, float b, float c, float d, float e, float f, float g, float h) {
    return fma(fma(fma(fma(fma(fma(fma(h, x, g), x, f), x, e), x, d), x, c), x, b), x, a);
}

// The quantile of the normal distribution at (bits + 1/2) / 2^32 (Wichura 1988, AS 241).
float normal_draw(uvec2 drawn) {
    uint bits = drawn.x;
    bool upper = bits >= 0x80000000u;
    uint low = upper ? ~bits : bits;
    float p = (float(low) + 0.5) * 2.3283064365386963e-10;
    float centred = (float(0x7fffffffu - low) + 0.5) * 2.3283064365386963e-10;
    float size;
    if (centred <= 0.425) {
        float r = 0.180625 - centred * centred;
        size = centred * fold(r, 3.3871328727963666, 133.14166789178438, 1971.5909503065514, 13731.693765509461,
                45921.953931549871, 67265.770927008701, 33430.575583588128, 2509.0809287301227)
            / fold(r, 1.0, 42.313330701600911, 687.18700749205791, 5394.1960214247511, 21213.794301586596,
                39307.895800092711, 28729.085735721943, 5226.495278852855);
    } else {
        float r = sqrt(-x_ln(p));
        if (r <= 5.0) {
            float t = r - 1.6;
            size = fold(t, 1.42343711074968357, 4.6303378461565453, 5.7694972214606914, 3.6478483247632046,
                    1.2704582524523684, 0.24178072517745061, 0.022723844989269185, 7.7454501427834141e-4)
                / fold(t, 1.0, 2.0531916266377588, 1.6763848301838038, 0.68976733498510000, 0.14810397642748007,
                    0.015198666563616457, 5.475938084995345e-4, 1.0507500716444168e-9);
        } else {
            float t = r - 5.0;
            size = fold(t, 6.6579046435011038, 5.4637849111641144, 1.7848265399172913, 0.29656057182850489,
                    0.026532189526576123, 0.0012426609473880784, 2.71155556874348758e-5, 2.01033439929228813e-7)
                / fold(t, 1.0, 0.59983220655588793, 0.13692988092273581, 0.014875361290850615,
                    7.868691311456133e-4, 1.8463183175100547e-5, 1.4215117583164459e-7, 2.0442631033899397e-15);
        }
    }
    return upper ? size : -size;
}

float uniform_draw(uvec2 bits) { return float(bits.x >> 8) * 5.9604644775390625e-08; }
#endif

void main() {
    uint count = param(0);
    uint id = flat_group() * 64u + gl_LocalInvocationID.x;
    uvec2 position = uvec2(param(5), param(6));
    uint skipped = position.x & 15u;
    uvec2 block = add64(uvec2((position.x >> 4) | (position.y << 28), position.y >> 4), uvec2(id, 0u));
    if (id > 0u && id * 16u - skipped >= count * WORDS) return;
    uint w[16];
    draw_block(block, w);
    uint next = 0u;
    if (WORDS == 2u && (skipped & 1u) == 1u) {
        // The last draw that begins here ends in the next block.
        uint after[16];
        draw_block(add64(block, uvec2(1u, 0u)), after);
        next = after[0];
    }
    REAL first = param_number(7);
    REAL scale = param_number(9);
    REAL most = param_number(11);
    for (uint k = 0u; k < 16u; k++) {
        uint at = id * 16u + k;
        if (at < skipped || (at - skipped) % WORDS != 0u) continue;
        uint place = (at - skipped) / WORDS;
        if (place >= count) continue;
        uvec2 bits = uvec2(w[k], k < 15u ? w[k + 1u] : next);
        precise REAL part = scale * (NORMAL == 1u ? normal_draw(bits) : uniform_draw(bits));
        precise REAL drawn = first + part;
        if (NORMAL == 0u && drawn > most && most >= first) drawn = most;
        store_raw(param_address(13), param(15) + place, TYPE, from_float(drawn, TYPE));
    }
}
