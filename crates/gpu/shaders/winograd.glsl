// Winograd's convolution by filters of 3 x 3, in squares of outputs: polynomials are multiplied by their values at
// some points, in both directions of the plane. Convolutions take squares of 2 x 2 and the points 0, 1, -1 and
// infinity, and are as exact as sums of products; gradients of filters take squares of 4 x 4 and the points 0,
// +-sqrt(2), +-sqrt(1/2) and infinity, of which other choices would lose more digits.
//
// Parameters: 0 squares, 1 the planes and 4 the values (address, offset), 7 where the first plane begins, 8 strides
// by three outer places, 11 by row, 12 by column, 13 height, 14 width, 15 row and 16 column of the first square,
// 17 values from one point to the next, 18 values in the gap after those of planes with the same two first places,
// 19 divisors: the sizes of the second and third outer place, of squares down and across; then those of the shader.
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint TYPE = 0u;
// Rows of outputs in a square, 2 or 4.
layout(constant_id = 1) const uint OUTPUTS = 2u;

const uint MORE = 31u;
// Points along a line.
const uint LINE = OUTPUTS + 2u;
const float ROOT = 1.41421356237;
const float HALF_ROOT = 0.70710678119;

// What all squares share, read once.
uint count;
uvec2 planes;
uvec2 points;
int start;
ivec3 outer_strides;
ivec2 strides;
ivec2 size;
ivec2 origin;
uint point_stride;
uint gap;
Divisor second;
Divisor third;
Divisor down;
Divisor across;

ivec2 pair(uint at) { return ivec2(int(param(at)), int(param(at + 1u))); }

void open_planes() {
    count = param(0);
    planes = param_address(1);
    points = param_address(4);
    start = int(param(3) + param(7));
    outer_strides = ivec3(pair(8u), int(param(10)));
    strides = pair(11u);
    size = pair(13u);
    origin = pair(15u);
    point_stride = param(17);
    gap = param(18);
    second = divisor(19u);
    third = divisor(22u);
    down = divisor(25u);
    across = divisor(28u);
}

// Every workgroup goes over squares that lie as far apart as there are invocations.
uint first_square() { return flat_group() * gl_WorkGroupSize.x + gl_LocalInvocationID.x; }
uint invocations() { return gl_NumWorkGroups.x * gl_NumWorkGroups.y * gl_WorkGroupSize.x; }

// A square of a plane: its outer places, where the plane begins, the square's first row and column, and where its
// first value is.
struct Square { ivec3 outer; int plane; int y; int x; uint value; };

Square square(uint i) {
    uint line = quotient(i, across);
    uint plane = quotient(line, down);
    uint both = quotient(plane, third);
    uint first = quotient(both, second);
    ivec3 outer = ivec3(first, both - first * second.size, plane - both * third.size);
    ivec3 steps = outer * outer_strides;
    int y = origin.x + int(line - plane * down.size) * int(OUTPUTS);
    int x = origin.y + int(i - line * across.size) * int(OUTPUTS);
    return Square(outer, start + steps.x + steps.y + steps.z, y, x, i + both * gap);
}

bool inside(int y, int x) { return uint(y) < uint(size.x) && uint(x) < uint(size.y); }
uint place(Square s, int y, int x) { return uint(s.plane + y * strides.x + x * strides.y); }
