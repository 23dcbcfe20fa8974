#version 460
// Max and mean pooling, and their gradients by looking, from every element of the input, at the windows
// that cover it, so that no two invocations add to one place.
// Parameters: 0 elements to write, 1 height and width of the input, 3 of the output, 5 kernel, 7 stride,
// 9 padding, 11 dilation, 13 x or gradient, 16 output, 19 positions of the greatest.
#extension GL_GOOGLE_include_directive : require
#include "prelude.glsl"
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint BACKWARD = 0u;
layout(constant_id = 1) const uint TYPE = 0u;
layout(constant_id = 2) const uint MEAN = 0u;
layout(constant_id = 3) const uint COUNT_PADDING = 0u;
layout(constant_id = 4) const uint ADAPTIVE = 0u;
layout(constant_id = 5) const uint POSITIONS = 0u;

// (a * b + more) / by, a quotient of 31 bits; the product may have 62.
int share(int a, int b, int more, int by) {
    uint high, low, carry;
    umulExtended(uint(a), uint(b), high, low);
    low = uaddCarry(low, uint(more), carry);
    high += carry;
    if (high == 0u) return int(low / uint(by));
    for (uint i = 0u; i < 32u; i++) {
        high = high << 1 | low >> 31;
        low <<= 1;
        if (high >= uint(by)) {
            high -= uint(by);
            low |= 1u;
        }
    }
    return int(low);
}

// The first position of a window along an axis, counted from the start of the padding, and how many.
int first_of(uint axis, int window) {
    int size = int(param(1u + axis));
    int outs = int(param(3u + axis));
    return ADAPTIVE == 1u ? share(window, size, 0, outs) : window * int(param(7u + axis)) - int(param(9u + axis));
}
int count_of(uint axis, int window) {
    if (ADAPTIVE == 0u) return int(param(5u + axis));
    int size = int(param(1u + axis));
    int outs = int(param(3u + axis));
    return share(window + 1, size, outs - 1, outs) - share(window, size, 0, outs);
}
int step_of(uint axis) { return ADAPTIVE == 1u ? 1 : int(param(11u + axis)); }

// How many positions of a window count in a mean.
REAL divisor(int wy, int wx) {
    int counted[2];
    for (uint axis = 0u; axis < 2u; axis++) {
        int window = axis == 0u ? wy : wx;
        int size = int(param(1u + axis));
        int padding = ADAPTIVE == 1u ? 0 : int(param(9u + axis));
        int low = COUNT_PADDING == 1u ? -padding : 0;
        int high = COUNT_PADDING == 1u ? size + padding : size;
        int first = first_of(axis, window);
        int step = step_of(axis);
        int begin = max(low - first + step - 1, 0) / step;
        int end = min((max(high - first, 0) + step - 1) / step, count_of(axis, window));
        counted[axis] = max(end - begin, 0);
    }
    return REAL(counted[0] * counted[1]);
}

// The window's first greatest position in the plane; a NaN is greater than all.
int greatest(uint plane, int wy, int wx, out REAL best) {
    int height = int(param(1));
    int width = int(param(2));
    int at = -1;
    best = 0.0;
    for (int ky = 0; ky < count_of(0u, wy); ky++) {
        int y = first_of(0u, wy) + ky * step_of(0u);
        if (y < 0 || y >= height) continue;
        for (int kx = 0; kx < count_of(1u, wx); kx++) {
            int x = first_of(1u, wx) + kx * step_of(1u);
            if (x < 0 || x >= width) continue;
            REAL value = load_float(param_address(13), param(15) + plane * param(1) * param(2) + uint(y * width + x), TYPE);
            if (at < 0 || (!is_nan(best) && (is_nan(value) || value > best))) {
                best = value;
                at = y * width + x;
            }
        }
    }
    return at;
}

void forward(uint id) {
    uint outs = param(3) * param(4);
    uint plane = id / outs;
    int wy = int(id % outs / param(4));
    int wx = int(id % param(4));
    REAL value;
    if (MEAN == 0u) {
        int at = greatest(plane, wy, wx, value);
        if (POSITIONS == 1u) store_raw(param_address(19), param(21) + id, I64, uvec2(uint(at), 0u));
    } else {
        value = 0.0;
        int height = int(param(1));
        int width = int(param(2));
        for (int ky = 0; ky < count_of(0u, wy); ky++) {
            int y = first_of(0u, wy) + ky * step_of(0u);
            if (y < 0 || y >= height) continue;
            for (int kx = 0; kx < count_of(1u, wx); kx++) {
                int x = first_of(1u, wx) + kx * step_of(1u);
                if (x < 0 || x >= width) continue;
                value += load_float(param_address(13), param(15) + plane * param(1) * param(2) + uint(y * width + x), TYPE);
            }
        }
        value /= divisor(wy, wx);
    }
    store_raw(param_address(16), param(18) + id, TYPE, from_float(value, TYPE));
}

// The windows that may cover a position: the first and one past the last.
ivec2 covering(uint axis, int at) {
    int size = int(param(1u + axis));
    int outs = int(param(3u + axis));
    if (ADAPTIVE == 1u) return ivec2(share(at, outs, 0, size), min(share(at + 1, outs, size - 1, size), outs));
    int reach = (int(param(5u + axis)) - 1) * int(param(11u + axis));
    int stride = int(param(7u + axis));
    int padded = at + int(param(9u + axis));
    int low = padded <= reach ? 0 : (padded - reach + stride - 1) / stride;
    return ivec2(low, min(padded / stride + 1, outs));
}

bool covers(uint axis, int window, int at) {
    int from = at - first_of(axis, window);
    int step = step_of(axis);
    return from >= 0 && from % step == 0 && from / step < count_of(axis, window);
}

void backward(uint id) {
    uint size = param(1) * param(2);
    uint plane = id / size;
    int y = int(id % size / param(2));
    int x = int(id % param(2));
    ivec2 rows = covering(0u, y);
    ivec2 columns = covering(1u, x);
    REAL sum = 0.0;
    for (int wy = rows.x; wy < rows.y; wy++) {
        if (!covers(0u, wy, y)) continue;
        for (int wx = columns.x; wx < columns.y; wx++) {
            if (!covers(1u, wx, x)) continue;
            uint from = plane * param(3) * param(4) + uint(wy) * param(4) + uint(wx);
            if (MEAN == 0u && load_raw(param_address(19), param(21) + from, I64).x != id - plane * size) continue;
            REAL g = load_float(param_address(13), param(15) + from, TYPE);
            sum += MEAN == 1u ? g / divisor(wy, wx) : g;
        }
    }
    store_raw(param_address(16), param(18) + id, TYPE, from_float(sum, TYPE));
}

void main() {
    uint id = flat_group() * 256u + gl_LocalInvocationID.x;
    if (id >= param(0)) return;
    if (BACKWARD == 1u) backward(id); else forward(id);
}
