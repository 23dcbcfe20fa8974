#version 460
// One step of an optimiser: the gradient is read, the parameter and its states are changed.
// Parameters: 0 elements, 1..8 numbers of the rule, 9 five operands (address, offset): gradient,
// parameter, states.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint RULE = 0u; // sgd, adam, rmsprop, adagrad
layout(constant_id = 1) const uint TYPE = 0u;
layout(constant_id = 2) const uint STATES = 0u;
// sgd: 1 nesterov, 2 first step; adam: 1 amsgrad; rmsprop: 1 centred, 2 momentum.
layout(constant_id = 3) const uint FLAGS = 0u;

float operand(uint k, uint i) {
    return load_float(param_address(9u + 3u * k), param(11u + 3u * k) + i, TYPE);
}
void store(uint k, uint i, float x) {
    store_raw(param_address(9u + 3u * k), param(11u + 3u * k) + i, TYPE, from_float(x, TYPE));
}

void main() {
    uint i = flat_group() * 256u + gl_LocalInvocationID.x;
    if (i >= param(0)) return;
    float lr = param_float(1);
    float penalty = param_float(2);
    float x = operand(1u, i);
    precise float g = operand(0u, i) + penalty * x;
    precise float y;
    if (RULE == 0u) {
        precise float move = g;
        if (STATES > 0u) {
            float momentum = param_float(3);
            // The first step must not read the velocity, which may hold anything.
            float before = (FLAGS & 2u) == 2u ? 0.0 : operand(2u, i);
            precise float velocity = param_float(4) * before + param_float(5) * g;
            store(2u, i, velocity);
            move = velocity;
            if ((FLAGS & 1u) == 1u) move = g + momentum * velocity;
        }
        y = x - lr * move;
    } else if (RULE == 1u) {
        float old_mean = operand(2u, i);
        precise float mean = old_mean + param_float(3) * (g - old_mean);
        precise float square = param_float(4) * operand(3u, i) + param_float(5) * (g * g);
        store(2u, i, mean);
        store(3u, i, square);
        if ((FLAGS & 1u) == 1u) {
            float greatest = operand(4u, i);
            if (square > greatest || is_nan(square)) greatest = square;
            store(4u, i, greatest);
            square = greatest;
        }
        precise float decayed = param_float(8) * x;
        y = decayed - lr * (mean / (sqrt(square) / param_float(7) + param_float(6)));
    } else if (RULE == 2u) {
        precise float square = param_float(3) * operand(2u, i) + param_float(4) * (g * g);
        store(2u, i, square);
        precise float spread = square;
        if ((FLAGS & 1u) == 1u) {
            float old_mean = operand(3u, i);
            precise float mean = old_mean + param_float(4) * (g - old_mean);
            store(3u, i, mean);
            spread = square - mean * mean;
        }
        precise float move = g / (sqrt(spread) + param_float(6));
        if ((FLAGS & 2u) == 2u) {
            uint last = 1u + STATES;
            precise float velocity = param_float(5) * operand(last, i) + move;
            store(last, i, velocity);
            move = velocity;
        }
        y = x - lr * move;
    } else {
        precise float sum = operand(2u, i) + g * g;
        store(2u, i, sum);
        y = x - lr * (g / (sqrt(sum) + param_float(6)));
    }
    store(1u, i, y);
}
