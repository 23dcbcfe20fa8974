// The front end of two matrices of any strides. Parameters: 0 rows, 1 columns, 2 depth, strides of 3 the left
// one's rows and 4 depth, 5 the right one's depth and 6 columns, 7 dims of the batch, then per dim its size and
// both operands' strides.
int left_row_stride;
int left_depth_stride;
int right_depth_stride;
int right_column_stride;

void open_product(uint index) {
    rows = param(FRONT);
    columns = param(FRONT + 1u);
    depth = param(FRONT + 2u);
    left_row_stride = int(param(FRONT + 3u));
    left_depth_stride = int(param(FRONT + 4u));
    right_depth_stride = int(param(FRONT + 5u));
    right_column_stride = int(param(FRONT + 6u));
    out_start += int(index * rows * columns);
    for (uint dim = param(FRONT + 7u); dim > 0u; dim--) {
        uint at = FRONT + 5u + 3u * dim;
        uint size = param(at);
        uint rest = index / size;
        int place = int(index - rest * size);
        left_start += place * int(param(at + 1u));
        right_start += place * int(param(at + 2u));
        index = rest;
    }
}

int down(uint row) { return left_start + int(row) * left_row_stride; }
Deep deep(uint p) { return Deep(int(p) * left_depth_stride, int(p) * right_depth_stride, 0, 0); }
Across across(uint column) { return Across(right_start + int(column) * right_column_stride, 0, 0); }

bool find_right(Across a, Deep d, out uint at) {
    at = uint(a.right + d.right);
    return true;
}

int out_across(uint column) { return out_start + int(column); }
int out_down(uint row) { return int(row * columns); }
