#version 460
// One step of an optimiser: the gradient is read, the parameter and its states are changed.
// Parameters: 0 elements, 1..16 eight numbers of the rule, 17 five operands (address, offset): gradient,
// parameter, states.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint RULE = 0u; // sgd, adam, rmsprop, adagrad
layout(constant_id = 1) const uint TYPE = 0u;
layout(constant_id = 2) const uint STATES = 0u;
// sgd: 1 nesterov, 2 first step; adam: 1 amsgrad; rmsprop: 1 centred, 2 momentum.
layout(constant_id = 3) const uint FLAGS = 0u;

REAL operand(uint k, uint i) {
    return load_float(param_address(17u + 3u * k), param(19u + 3u * k) + i, TYPE);
}
void store(uint k, uint i, REAL x) {
    store_raw(param_address(17u + 3u * k), param(19u + 3u * k) + i, TYPE, from_float(x, TYPE));
}

void main() {
    uint i = flat_group() * 256u + gl_LocalInvocationID.x;
    if (i >= param(0)) return;
    REAL lr = param_number(1);
    REAL penalty = param_number(3);
    REAL x = operand(1u, i);
    precise REAL g = operand(0u, i) + penalty * x;
    precise REAL y;
    if (RULE == 0u) {
        precise REAL move = g;
        if (STATES > 0u) {
            REAL momentum = param_number(5);
            // The first step must not read the velocity, which may hold anything.
            REAL before = (FLAGS & 2u) == 2u ? 0.0 : operand(2u, i);
            precise REAL velocity = param_number(7) * before + param_number(9) * g;
            store(2u, i, velocity);
            move = velocity;
            if ((FLAGS & 1u) == 1u) move = g + momentum * velocity;
        }
        y = x - lr * move;
    } else if (RULE == 1u) {
        REAL old_mean = operand(2u, i);
        precise REAL mean = old_mean + param_number(5) * (g - old_mean);
        precise REAL square = param_number(7) * operand(3u, i) + param_number(9) * (g * g);
        store(2u, i, mean);
        store(3u, i, square);
        if ((FLAGS & 1u) == 1u) {
            REAL greatest = operand(4u, i);
            if (square > greatest || is_nan(square)) greatest = square;
            store(4u, i, greatest);
            square = greatest;
        }
        precise REAL decayed = param_number(15) * x;
        y = decayed - lr * (mean / (sqrt(square) / param_number(13) + param_number(11)));
    } else if (RULE == 2u) {
        precise REAL square = param_number(5) * operand(2u, i) + param_number(7) * (g * g);
        store(2u, i, square);
        precise REAL spread = square;
        if ((FLAGS & 1u) == 1u) {
            REAL old_mean = operand(3u, i);
            precise REAL mean = old_mean + param_number(7) * (g - old_mean);
            store(3u, i, mean);
            spread = square - mean * mean;
        }
        precise REAL move = g / (sqrt(spread) + param_number(11));
        if ((FLAGS & 2u) == 2u) {
            uint last = 1u + STATES;
            precise REAL velocity = param_number(9) * operand(last, i) + move;
            store(last, i, velocity);
            move = velocity;
        }
        y = x - lr * move;
    } else {
        precise REAL sum = operand(2u, i) + g * g;
        store(2u, i, sum);
        y = x - lr * (g / (sqrt(sum) + param_number(11)));
    }
    store(1u, i, y);
}
