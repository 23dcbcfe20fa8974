// What every shader shares: parameters, addresses, dtypes.
//
// Memory is reached by address and as 32-bit words, so that no driver needs 8- or 16-bit storage, and
// 64-bit integers are pairs of words (low, high).
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
#extension GL_EXT_control_flow_attributes : require

// What a shader computes with: floats, or doubles where it is compiled for them.
#ifdef DOUBLE
#define REAL double
#define PAIR dvec2
#define QUAD dvec4
#define INFINITE packDouble2x32(uvec2(0u, 0x7ff00000u))
#define NOT_A_NUMBER packDouble2x32(uvec2(0u, 0x7ff80000u))
#else
#define REAL float
#define PAIR vec2
#define QUAD vec4
#define INFINITE uintBitsToFloat(0x7f800000u)
#define NOT_A_NUMBER uintBitsToFloat(0x7fc00000u)
#endif

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Words { uint w[]; };

// The first parameters are pushed, so that nothing has to be fetched before work begins; the others lie
// in memory.
const uint PUSHED = 30u;
layout(push_constant) uniform Push { uvec2 others; uint words[PUSHED]; } push;

uint other_param(uint i) { return Words(push.others).w[i]; }
uint param(uint i) {
    if (i < PUSHED) return push.words[i];
    return other_param(i - PUSHED);
}
uvec2 param_address(uint i) { return uvec2(param(i), param(i + 1u)); }
// A number takes two words, of which a float fills the first; or no more than it needs, where it has no gaps.
#ifdef DOUBLE
const uint NUMBER_WORDS = 2u;
double param_number(uint i) { return packDouble2x32(param_address(i)); }
#else
const uint NUMBER_WORDS = 1u;
float param_number(uint i) { return uintBitsToFloat(param(i)); }
#endif

const uint F32 = 0u;
const uint F64 = 1u;
const uint F16 = 2u;
const uint BF16 = 3u;
const uint I64 = 4u;
const uint U8 = 5u;
const uint BOOL = 6u;

// Rows of workgroups are limited; a dispatch is wrapped into several.
uint flat_group() { return gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x; }

// A half-precision number from a float, to the nearest, ties to even.
uint half_bits(float x) {
    uint bits = floatBitsToUint(x);
    uint sign = (bits >> 16) & 0x8000u;
    uint magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return sign | 0x7e00u;
    if (magnitude >= 0x47800000u) return sign | 0x7c00u;
    if (magnitude < 0x33000000u) return sign;
    uint mantissa = (magnitude & 0x7fffffu) | 0x800000u;
    uint exponent = magnitude >> 23;
    // Below 2^-14 the result is subnormal and loses more bits.
    uint shift = exponent < 113u ? 126u - exponent : 13u;
    uint base = exponent < 113u ? 0u : (exponent - 113u) << 10;
    uint kept = mantissa >> shift;
    uint rest = mantissa & ((1u << shift) - 1u);
    uint middle = 1u << (shift - 1u);
    if (rest > middle || (rest == middle && (kept & 1u) == 1u)) kept += 1u;
    return sign | (base + kept);
}

float half_value(uint bits) {
    uint sign = (bits & 0x8000u) << 16;
    uint exponent = (bits >> 10) & 31u;
    uint mantissa = bits & 0x3ffu;
    if (exponent == 31u) return uintBitsToFloat(sign | 0x7f800000u | (mantissa << 13));
    if (exponent == 0u) {
        float tiny = float(mantissa) * 5.9604644775390625e-08;
        return uintBitsToFloat(sign | floatBitsToUint(tiny));
    }
    return uintBitsToFloat(sign | ((exponent + 112u) << 23) | (mantissa << 13));
}

uint brain_bits(float x) {
    uint bits = floatBitsToUint(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return (bits >> 16) | 0x40u;
    return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

#ifdef DOUBLE
// Where doubles are computed with every element is of 64 bits, but for truth values that decide.
uvec2 load_raw(uvec2 address, uint i, uint dtype) {
    if (dtype == BOOL) return uvec2((Words(address).w[i >> 2] >> (8u * (i & 3u))) & 0xffu, 0u);
    return uvec2(Words(address).w[2u * i], Words(address).w[2u * i + 1u]);
}

void store_raw(uvec2 address, uint i, uint dtype, uvec2 raw) {
    Words(address).w[2u * i] = raw.x;
    Words(address).w[2u * i + 1u] = raw.y;
}
#else
// The bits of element i: one word, or two for 64-bit dtypes.
uvec2 load_raw(uvec2 address, uint i, uint dtype) {
    if (dtype == I64 || dtype == F64) {
        return uvec2(Words(address).w[2u * i], Words(address).w[2u * i + 1u]);
    }
    if (dtype == F16 || dtype == BF16) {
        return uvec2((Words(address).w[i >> 1] >> (16u * (i & 1u))) & 0xffffu, 0u);
    }
    if (dtype == U8 || dtype == BOOL) {
        return uvec2((Words(address).w[i >> 2] >> (8u * (i & 3u))) & 0xffu, 0u);
    }
    return uvec2(Words(address).w[i], 0u);
}

// Writes one element whose word may have neighbours that others write.
void store_raw(uvec2 address, uint i, uint dtype, uvec2 raw) {
    if (dtype == I64 || dtype == F64) {
        Words(address).w[2u * i] = raw.x;
        Words(address).w[2u * i + 1u] = raw.y;
    } else if (dtype == F16 || dtype == BF16) {
        uint shift = 16u * (i & 1u);
        atomicAnd(Words(address).w[i >> 1], ~(0xffffu << shift));
        atomicOr(Words(address).w[i >> 1], raw.x << shift);
    } else if (dtype == U8 || dtype == BOOL) {
        uint shift = 8u * (i & 3u);
        atomicAnd(Words(address).w[i >> 2], ~(0xffu << shift));
        atomicOr(Words(address).w[i >> 2], (raw.x & 0xffu) << shift);
    } else {
        Words(address).w[i] = raw.x;
    }
}
#endif

// The number behind the bits of a floating element.
#ifdef DOUBLE
double as_float(uvec2 raw, uint dtype) { return packDouble2x32(raw); }
uvec2 from_float(double x, uint dtype) { return unpackDouble2x32(x); }
#else
float as_float(uvec2 raw, uint dtype) {
    if (dtype == F16) return half_value(raw.x);
    if (dtype == BF16) return uintBitsToFloat(raw.x << 16);
    return uintBitsToFloat(raw.x);
}

uvec2 from_float(float x, uint dtype) {
    if (dtype == F16) return uvec2(half_bits(x), 0u);
    if (dtype == BF16) return uvec2(brain_bits(x), 0u);
    return uvec2(floatBitsToUint(x), 0u);
}
#endif

REAL load_float(uvec2 address, uint i, uint dtype) { return as_float(load_raw(address, i, dtype), dtype); }

bool is_floating(uint dtype) { return dtype == F32 || dtype == F64 || dtype == F16 || dtype == BF16; }

// No driver has to keep comparisons with NaN false, so they are asked for by bits.
#ifdef DOUBLE
bool not_finite(double x) { return (unpackDouble2x32(x).y & 0x7ff00000u) == 0x7ff00000u; }
bool is_nan(double x) {
    uvec2 bits = unpackDouble2x32(x);
    return not_finite(x) && (bits.x | (bits.y & 0x000fffffu)) != 0u;
}
#else
bool not_finite(float x) { return (floatBitsToUint(x) & 0x7fffffffu) >= 0x7f800000u; }
bool is_nan(float x) { return (floatBitsToUint(x) & 0x7fffffffu) > 0x7f800000u; }
#endif
