#version 460
// One step of an optimiser: the gradient is read, the parameter and its states are changed.
// Parameters: 0 elements, 1..9 numbers of the rule, 10 whether the step is made and 13 which one it is, if the
// device says so, 16 five operands (address, offset): gradient, parameter, states.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint RULE = 0u; // sgd, adam, rmsprop, adagrad
layout(constant_id = 1) const uint TYPE = 0u;
layout(constant_id = 2) const uint STATES = 0u;
// sgd: 1 nesterov, 2 first step; adam: 1 amsgrad; rmsprop: 1 centred, 2 momentum.
layout(constant_id = 3) const uint FLAGS = 0u;
// 1 if the device says whether and which step it is.
layout(constant_id = 4) const uint DECIDED = 0u;

float operand(uint k, uint i) {
    return load_float(param_address(16u + 3u * k), param(18u + 3u * k) + i, TYPE);
}
void store(uint k, uint i, float x) {
    store_raw(param_address(16u + 3u * k), param(18u + 3u * k) + i, TYPE, from_float(x, TYPE));
}

// 1 - base^number, of the logarithm of a base below 1: by the series of e^x - 1 near 0 and
// e^2x - 1 = (e^x - 1) (e^x - 1 + 2) from there on, because 1 - base^number loses digits where the power is
// nearly 1.
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

void main() {
    uint i = flat_group() * 256u + gl_LocalInvocationID.x;
    if (i >= param(0)) return;
    float number = 0.0;
    if (DECIDED == 1u) {
        if (load_raw(param_address(10), param(12), BOOL).x == 0u) return;
        number = float(load_raw(param_address(13), param(15), I64).x);
    }
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
            bool first = (FLAGS & 2u) == 2u || (DECIDED == 1u && number == 1.0);
            precise float velocity = g;
            if (!first) velocity = param_float(4) * operand(2u, i) + param_float(5) * g;
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
        float root = param_float(7);
        if (DECIDED == 1u) {
            lr /= correction(number, param_float(9));
            root = sqrt(correction(number, root));
        }
        precise float decayed = param_float(8) * x;
        y = decayed - lr * (mean / (sqrt(square) / root + param_float(6)));
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
        if (DECIDED == 1u) lr /= 1.0 + (number - 1.0) * param_float(3);
        y = x - lr * (g / (sqrt(sum) + param_float(6)));
    }
    store(1u, i, y);
}
