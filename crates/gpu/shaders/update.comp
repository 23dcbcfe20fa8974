#version 460
// One step of an optimiser: the gradient is read, the parameter and its states are changed.
// Parameters: 0 elements, 1 nine numbers of the rule, without gaps, then whether the step is made and which one it
// is, if the device says so, and five operands (address, offset): gradient, parameter, states.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
#ifdef DOUBLE
#include "pair.glsl"
#include "double_exponential.glsl"
#endif
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint RULE = 0u; // sgd, adam, rmsprop, adagrad
layout(constant_id = 1) const uint TYPE = 0u;
layout(constant_id = 2) const uint STATES = 0u;
// sgd: 1 nesterov, 2 first step; adam: 1 amsgrad; rmsprop: 1 centred, 2 momentum.
layout(constant_id = 3) const uint FLAGS = 0u;
// 1 if the device says whether and which step it is.
layout(constant_id = 4) const uint DECIDED = 0u;

const uint GO = 1u + 9u * NUMBER_WORDS;
const uint STEP = GO + 3u;
const uint OPERAND = STEP + 3u;

REAL rule_number(uint k) { return param_number(1u + k * NUMBER_WORDS); }
REAL operand(uint k, uint i) {
    return load_float(param_address(OPERAND + 3u * k), param(OPERAND + 2u + 3u * k) + i, TYPE);
}
void store(uint k, uint i, REAL x) {
    store_raw(param_address(OPERAND + 3u * k), param(OPERAND + 2u + 3u * k) + i, TYPE, from_float(x, TYPE));
}

// 1 - base^number, of the logarithm of a base below 1: the difference itself loses digits where the power is
// nearly 1.
#ifdef DOUBLE
double correction(double number, double log_base) { return -x_exp_m1(number * log_base); }
#else
// By the series of e^x - 1 near 0, and e^2x - 1 = (e^x - 1) (e^x - 1 + 2) from there on.
float correction(float number, float log_base) {
    precise float x = max(number * log_base, -20.0);
    uint doublings = 0u;
    while (x < -0.25) {
        x *= 0.5;
        doublings++;
    }
    precise float y = x * (1.0 + x * (1.0 / 2.0) * (1.0 + x * (1.0 / 3.0) * (1.0 + x * (1.0 / 4.0)
        * (1.0 + x * (1.0 / 5.0) * (1.0 + x * (1.0 / 6.0) * (1.0 + x * (1.0 / 7.0)))))));
    for (uint d = 0u; d < doublings; d++) y = y * (y + 2.0);
    return -y;
}
#endif

void main() {
    uint i = flat_group() * 256u + gl_LocalInvocationID.x;
    if (i >= param(0)) return;
    REAL number = 0.0;
    if (DECIDED == 1u) {
        if (load_raw(param_address(GO), param(GO + 2u), BOOL).x == 0u) return;
        number = REAL(load_raw(param_address(STEP), param(STEP + 2u), I64).x);
    }
    REAL lr = rule_number(0u);
    REAL penalty = rule_number(1u);
    REAL x = operand(1u, i);
    precise REAL g = operand(0u, i) + penalty * x;
    precise REAL y;
    if (RULE == 0u) {
        precise REAL move = g;
        if (STATES > 0u) {
            REAL momentum = rule_number(2u);
            // The first step must not read the velocity, which may hold anything.
            bool first = (FLAGS & 2u) == 2u || (DECIDED == 1u && number == 1.0);
            precise REAL velocity = g;
            if (!first) velocity = rule_number(3u) * operand(2u, i) + rule_number(4u) * g;
            store(2u, i, velocity);
            move = velocity;
            if ((FLAGS & 1u) == 1u) move = g + momentum * velocity;
        }
        y = x - lr * move;
    } else if (RULE == 1u) {
        REAL old_mean = operand(2u, i);
        precise REAL mean = old_mean + rule_number(2u) * (g - old_mean);
        precise REAL square = rule_number(3u) * operand(3u, i) + rule_number(4u) * (g * g);
        store(2u, i, mean);
        store(3u, i, square);
        if ((FLAGS & 1u) == 1u) {
            REAL greatest = operand(4u, i);
            if (square > greatest || is_nan(square)) greatest = square;
            store(4u, i, greatest);
            square = greatest;
        }
        REAL root = rule_number(6u);
        if (DECIDED == 1u) {
            lr /= correction(number, rule_number(8u));
            root = sqrt(correction(number, root));
        }
        precise REAL decayed = rule_number(7u) * x;
        y = decayed - lr * (mean / (sqrt(square) / root + rule_number(5u)));
    } else if (RULE == 2u) {
        precise REAL square = rule_number(2u) * operand(2u, i) + rule_number(3u) * (g * g);
        store(2u, i, square);
        precise REAL spread = square;
        if ((FLAGS & 1u) == 1u) {
            REAL old_mean = operand(3u, i);
            precise REAL mean = old_mean + rule_number(3u) * (g - old_mean);
            store(3u, i, mean);
            spread = square - mean * mean;
        }
        precise REAL move = g / (sqrt(spread) + rule_number(5u));
        if ((FLAGS & 2u) == 2u) {
            uint last = 1u + STATES;
            precise REAL velocity = rule_number(4u) * operand(last, i) + move;
            store(last, i, velocity);
            move = velocity;
        }
        y = x - lr * move;
    } else {
        precise REAL sum = operand(2u, i) + g * g;
        store(2u, i, sum);
        if (DECIDED == 1u) lr /= 1.0 + (number - 1.0) * rule_number(2u);
        y = x - lr * (g / (sqrt(sum) + rule_number(5u)));
    }
    store(1u, i, y);
}
