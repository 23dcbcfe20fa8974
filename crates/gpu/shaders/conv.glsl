// The front end of convolutions: the right matrix is an image's patches, never written out. A column and a
// position along the sum are triples (outer, vertical, horizontal); together they say which pixel.
//
// Parameters: 0 rows, strides of 1 the image's outer, 2 rows, 3 columns by the sum's, and 4 by the columns'
// outer place, 5 height, 6 width, 7 step of the sum's vertical and 8 horizontal places in pixels, 9 and 10 the
// same of the columns', strides of 11 the left's rows, 12..14 by the sum's triple, of 15 the output's rows,
// 16..18 by the columns' triple, 19 phases, 20..23 starts that a group adds to left, right, output and bias;
// then per phase RECORD words.
struct Triple { int outer; int y; int x; };

const uint RECORD = 20u;
uint record;
int outer_stride_deep;
int outer_stride_across;
int image_row_stride;
int image_column_stride;
uint height;
uint width;
ivec2 deep_step;
ivec2 across_step;
ivec2 origin;
int left_row_stride;
ivec3 left_strides;
int out_row_stride;
ivec3 out_strides;
Divisor deep_rows;
Divisor deep_columns;
Divisor across_rows;
Divisor across_columns;

ivec2 pair(uint at) { return ivec2(int(param(at)), int(param(at + 1u))); }

Triple triple(uint i, Divisor rows_by, Divisor columns_by) {
    uint line = quotient(i, columns_by);
    uint outer = quotient(line, rows_by);
    return Triple(int(outer), int(line - outer * rows_by.size), int(i - line * columns_by.size));
}

void open_product(uint index) {
    uint phases = param(FRONT + 19u);
    uint group = index / phases;
    record = FRONT + 24u + (index - group * phases) * RECORD;
    rows = param(FRONT);
    outer_stride_deep = int(param(FRONT + 1u));
    image_row_stride = int(param(FRONT + 2u));
    image_column_stride = int(param(FRONT + 3u));
    outer_stride_across = int(param(FRONT + 4u));
    height = param(FRONT + 5u);
    width = param(FRONT + 6u);
    deep_step = pair(FRONT + 7u);
    across_step = pair(FRONT + 9u);
    left_row_stride = int(param(FRONT + 11u));
    left_strides = ivec3(int(param(FRONT + 12u)), pair(FRONT + 13u));
    out_row_stride = int(param(FRONT + 15u));
    out_strides = ivec3(int(param(FRONT + 16u)), pair(FRONT + 17u));
    // Per phase: columns, depth, four divisors, origin of the pixels, starts of left and output.
    columns = param(record);
    depth = param(record + 1u);
    deep_rows = divisor(record + 2u);
    deep_columns = divisor(record + 5u);
    across_rows = divisor(record + 8u);
    across_columns = divisor(record + 11u);
    origin = pair(record + 14u);
    left_start += int(group * param(FRONT + 20u) + param(record + 16u));
    right_start += int(group * param(FRONT + 21u));
    out_start += int(group * param(FRONT + 22u) + param(record + 17u));
    bias_start += int(group * param(FRONT + 23u));
}

int down(uint row) { return left_start + int(row) * left_row_stride; }

Deep deep(uint p) {
    Triple t = triple(p, deep_rows, deep_columns);
    int left = t.outer * left_strides.x + t.y * left_strides.y + t.x * left_strides.z;
    return Deep(left, t.outer * outer_stride_deep, t.y * deep_step.x, t.x * deep_step.y);
}

Across across(uint column) {
    Triple t = triple(column, across_rows, across_columns);
    int right = right_start + t.outer * outer_stride_across;
    return Across(right, t.y * across_step.x + origin.x, t.x * across_step.y + origin.y);
}

bool find_right(Across a, Deep d, out uint at) {
    int y = a.y + d.y;
    int x = a.x + d.x;
    at = uint(a.right + d.right + y * image_row_stride + x * image_column_stride);
    return uint(y) < height && uint(x) < width;
}

int out_across(uint column) {
    Triple t = triple(column, across_rows, across_columns);
    return out_start + t.outer * out_strides.x + t.y * out_strides.y + t.x * out_strides.z;
}

int out_down(uint row) { return int(row) * out_row_stride; }
