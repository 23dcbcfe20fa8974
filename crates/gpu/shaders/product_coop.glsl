// A product on cooperative matrices: operands of half precision, sums of single precision. A workgroup
// shares tiles of its operands; each of its subgroups sums ROW_PARTS x COLUMN_PARTS matrices of M x N.
//
// Sums of sums would need twice the registers. They are not missed: a sum is cut after some thousand
// places, and half precision shows a hundred times less than single precision loses until then.
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_cooperative_matrix : require

layout(local_size_x_id = 0) in;
layout(constant_id = 8) const uint THREADS = 128u;
layout(constant_id = 9) const uint SUBGROUPS_ACROSS = 2u;
// Which neighbours are neighbours in memory: along the sum, or else down (left) and across (right).
layout(constant_id = 10) const uint LEFT_DEEP = 1u;
layout(constant_id = 11) const uint RIGHT_DEEP = 0u;
// Neighbours that are fetched at a time: 8 where they lie side by side from a multiple of 8 on, or else 2.
layout(constant_id = 12) const uint LEFT_STEP = 2u;
layout(constant_id = 13) const uint RIGHT_STEP = 2u;
layout(constant_id = 14) const uint LANES = 32u;
// The device's matrices: M x K times K x N, all multiples of 8.
layout(constant_id = 15) const uint M = 16u;
layout(constant_id = 16) const uint N = 16u;
layout(constant_id = 17) const uint K = 16u;
layout(constant_id = 18) const uint SLICE = 32u;

const uint SUBGROUPS_DOWN = THREADS / LANES / SUBGROUPS_ACROSS;
const uint TILE_ROWS = SUBGROUPS_DOWN * ROW_PARTS * M;
const uint TILE_COLUMNS = SUBGROUPS_ACROSS * COLUMN_PARTS * N;

// A tile's lines hold neighbours, in vectors of 8; one vector more per line spreads them over the banks.
const uint LEFT_LENGTH = LEFT_DEEP != 0u ? SLICE : TILE_ROWS;
const uint LEFT_LINE = LEFT_LENGTH / 8u + 1u;
const uint LEFT_TILE = TILE_ROWS * SLICE / LEFT_LENGTH * LEFT_LINE;
const uint RIGHT_LENGTH = RIGHT_DEEP != 0u ? SLICE : TILE_COLUMNS;
const uint RIGHT_LINE = RIGHT_LENGTH / 8u + 1u;
const uint RIGHT_TILE = TILE_COLUMNS * SLICE / RIGHT_LENGTH * RIGHT_LINE;
// While one half is multiplied, the other is filled.
shared uvec4 left_tile[2u * LEFT_TILE];
shared uvec4 right_tile[2u * RIGHT_TILE];

// An invocation fetches from the same place of one line after another.
const uint LEFT_ALONG = LEFT_LENGTH / LEFT_STEP;
const uint LEFT_FETCHES = TILE_ROWS * SLICE / LEFT_STEP / THREADS;
const uint RIGHT_ALONG = RIGHT_LENGTH / RIGHT_STEP;
const uint RIGHT_FETCHES = TILE_COLUMNS * SLICE / RIGHT_STEP / THREADS;

layout(buffer_reference, std430, buffer_reference_align = 2) buffer Halves { uint16_t h[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer Eights { uvec4 v[]; };

// Where the rows and columns lie whose elements this invocation fetches: one per line, or two neighbours.
int left_from[LEFT_DEEP != 0u ? LEFT_FETCHES : 2u];
Across right_from[RIGHT_DEEP != 0u ? RIGHT_FETCHES : 2u];
// What it has fetched: 8 elements each, or 2 in as many words.
uvec4 lefts[LEFT_FETCHES];
uvec4 rights[RIGHT_FETCHES];
// Which of the rights are elements of the right matrix: a bit for each, and for the second of two.
uint rights_inside;
uint seconds_inside;

uint left_along() { return gl_LocalInvocationID.x % LEFT_ALONG * LEFT_STEP; }
uint left_line(uint i) { return gl_LocalInvocationID.x / LEFT_ALONG + i * (THREADS / LEFT_ALONG); }
uint right_along() { return gl_LocalInvocationID.x % RIGHT_ALONG * RIGHT_STEP; }
uint right_line(uint i) { return gl_LocalInvocationID.x / RIGHT_ALONG + i * (THREADS / RIGHT_ALONG); }

void open_fetches(Tile tile) {
    if (LEFT_DEEP != 0u) {
        [[unroll]] for (uint i = 0u; i < LEFT_FETCHES; i++) {
            left_from[i] = down(min(tile.row + left_line(i), rows - 1u));
        }
    } else {
        // Aligned neighbours may reach beyond the last row, within the memory that it is in.
        uint row = min(tile.row + left_along(), (rows - 1u) / LEFT_STEP * LEFT_STEP);
        left_from[0] = down(row);
        left_from[1] = down(min(row + 1u, rows - 1u));
    }
    if (RIGHT_DEEP != 0u) {
        [[unroll]] for (uint i = 0u; i < RIGHT_FETCHES; i++) {
            right_from[i] = across(min(tile.column + right_line(i), columns - 1u));
        }
    } else {
        uint column = min(tile.column + right_along(), (columns - 1u) / RIGHT_STEP * RIGHT_STEP);
        right_from[0] = across(column);
        right_from[1] = across(min(column + 1u, columns - 1u));
    }
}

// The first `count` of 8 neighbours, and zeros.
uvec4 first_of(uvec4 words, uint count) {
    [[unroll]] for (uint i = 0u; i < 4u; i++) {
        words[i] = count > 2u * i + 1u ? words[i] : count > 2u * i ? words[i] & 0xffffu : 0u;
    }
    return words;
}

uint left_place(uint i, uint first) { return first + (LEFT_DEEP != 0u ? left_along() : left_line(i)); }
uint right_place(uint i, uint first) { return first + (RIGHT_DEEP != 0u ? right_along() : right_line(i)); }

// From device memory to registers: the places from `first` on. What is fetched for places beyond the end is not
// theirs, and is cleared only when it is put: until then nothing waits for memory.
void fetch(uint first, uint end) {
    uint last = end - 1u;
    [[unroll]] for (uint i = 0u; i < LEFT_FETCHES; i++) {
        bool is_deep = LEFT_DEEP != 0u;
        uint p = left_place(i, first);
        int from = left_from[is_deep ? i : 0u];
        if (LEFT_STEP == 8u) {
            p = min(p, is_deep ? last & ~7u : last);
            lefts[i] = Eights(left_address).v[uint(from + deep(p).left) / 8u];
        } else {
            int other = left_from[is_deep ? i : 1u];
            uint q = min(is_deep ? p + 1u : p, last);
            lefts[i].x = uint(Halves(left_address).h[uint(from + deep(min(p, last)).left)]);
            lefts[i].y = uint(Halves(left_address).h[uint(other + deep(q).left)]);
        }
    }
    rights_inside = seconds_inside = 0u;
    [[unroll]] for (uint i = 0u; i < RIGHT_FETCHES; i++) {
        bool is_deep = RIGHT_DEEP != 0u;
        uint p = right_place(i, first);
        Across from = right_from[is_deep ? i : 0u];
        uint at;
        if (RIGHT_STEP == 8u) {
            p = min(p, is_deep ? last & ~7u : last);
            bool inside = find_right(from, deep(p), at);
            rights_inside |= uint(inside) << i;
            rights[i] = Eights(right_address).v[inside ? at / 8u : 0u];
        } else {
            bool inside = find_right(from, deep(min(p, last)), at);
            rights[i].x = uint(Halves(right_address).h[inside ? at : 0u]);
            bool other = find_right(right_from[is_deep ? i : 1u], deep(min(is_deep ? p + 1u : p, last)), at);
            rights[i].y = uint(Halves(right_address).h[other ? at : 0u]);
            rights_inside |= uint(inside) << i;
            seconds_inside |= uint(other) << i;
        }
    }
}

// From registers to a half of the tiles: the places from `first` on.
void put(uint half_of, uint first, uint end) {
    bool whole = first + SLICE <= end;
    [[unroll]] for (uint i = 0u; i < LEFT_FETCHES; i++) {
        uint at = half_of * LEFT_TILE + left_line(i) * LEFT_LINE + left_along() / 8u;
        bool is_deep = LEFT_DEEP != 0u;
        uint p = left_place(i, first);
        uint count = whole ? 8u : p >= end ? 0u : is_deep ? end - p : 8u;
        if (LEFT_STEP == 8u) left_tile[at] = whole ? lefts[i] : first_of(lefts[i], count);
        else left_tile[at][left_along() / 2u % 4u] = first_of(uvec4(lefts[i].x | (lefts[i].y << 16)), count).x;
    }
    [[unroll]] for (uint i = 0u; i < RIGHT_FETCHES; i++) {
        uint at = half_of * RIGHT_TILE + right_line(i) * RIGHT_LINE + right_along() / 8u;
        bool is_deep = RIGHT_DEEP != 0u;
        uint p = right_place(i, first);
        uint count = whole ? 8u : p >= end ? 0u : is_deep ? end - p : 8u;
        bool inside = (rights_inside & (1u << i)) != 0u;
        if (RIGHT_STEP == 8u) {
            uvec4 words = inside ? rights[i] : uvec4(0u);
            right_tile[at] = whole ? words : first_of(words, count);
        } else {
            bool other = (seconds_inside & (1u << i)) != 0u;
            uint word = (inside ? rights[i].x : 0u) | (other ? rights[i].y << 16 : 0u);
            right_tile[at][right_along() / 2u % 4u] = first_of(uvec4(word), count).x;
        }
    }
}

void main() {
    Tile tile;
    if (!open_tile(TILE_ROWS, TILE_COLUMNS, tile)) return;
    uint row_of_group = gl_SubgroupID / SUBGROUPS_ACROSS * ROW_PARTS * M;
    uint column_of_group = gl_SubgroupID % SUBGROUPS_ACROSS * COLUMN_PARTS * N;
    open_fetches(tile);

    coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator> sums[ROW_PARTS * COLUMN_PARTS];
    [[unroll]] for (uint i = 0u; i < ROW_PARTS * COLUMN_PARTS; i++) {
        sums[i] = coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator>(0.0);
    }
    uint half_of = 0u;
    fetch(tile.begin, tile.end);
    put(half_of, tile.begin, tile.end);
    barrier();
    for (uint first = tile.begin; first < tile.end; first += SLICE) {
        bool more = first + SLICE < tile.end;
        if (more) fetch(first + SLICE, tile.end);
        [[unroll]] for (uint k = 0u; k < SLICE; k += K) {
            coopmat<float16_t, gl_ScopeSubgroup, M, K, gl_MatrixUseA> left[ROW_PARTS];
            [[unroll]] for (uint r = 0u; r < ROW_PARTS; r++) {
                uint row = row_of_group + r * M;
                uint at = half_of * LEFT_TILE;
                if (LEFT_DEEP != 0u) {
                    at += row * LEFT_LINE + k / 8u;
                    coopMatLoad(left[r], left_tile, at, LEFT_LINE, gl_CooperativeMatrixLayoutRowMajor);
                } else {
                    at += k * LEFT_LINE + row / 8u;
                    coopMatLoad(left[r], left_tile, at, LEFT_LINE, gl_CooperativeMatrixLayoutColumnMajor);
                }
            }
            [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) {
                coopmat<float16_t, gl_ScopeSubgroup, K, N, gl_MatrixUseB> right;
                uint column = column_of_group + c * N;
                uint at = half_of * RIGHT_TILE;
                if (RIGHT_DEEP != 0u) {
                    at += column * RIGHT_LINE + k / 8u;
                    coopMatLoad(right, right_tile, at, RIGHT_LINE, gl_CooperativeMatrixLayoutColumnMajor);
                } else {
                    at += k * RIGHT_LINE + column / 8u;
                    coopMatLoad(right, right_tile, at, RIGHT_LINE, gl_CooperativeMatrixLayoutRowMajor);
                }
                [[unroll]] for (uint r = 0u; r < ROW_PARTS; r++) {
                    uint sum = r * COLUMN_PARTS + c;
                    sums[sum] = coopMatMulAdd(left[r], right, sums[sum]);
                }
            }
        }
        half_of = 1u - half_of;
        if (more) put(half_of, first + SLICE, tile.end);
        barrier();
    }

    // Which element a lane of a matrix holds is the device's secret: sums pass through shared memory, one
    // matrix of a subgroup at a time. A lane takes pairs of columns, always the same.
    uint scratch = gl_SubgroupID * (M * N / 4u);
    uint column_in = gl_SubgroupInvocationID * 2u % N;
    uint row_in = gl_SubgroupInvocationID * 2u / N;
    [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) {
        uint column = tile.column + column_of_group + c * N + column_in;
        int places[2];
        float biases[2];
        [[unroll]] for (uint i = 0u; i < 2u; i++) {
            uint inside = min(column + i, columns - 1u);
            places[i] = out_across(inside);
            biases[i] = BIAS == 1u ? bias_at(inside) : 0.0;
        }
        [[unroll]] for (uint r = 0u; r < ROW_PARTS; r++) {
            coopMatStore(sums[r * COLUMN_PARTS + c], left_tile, scratch, N / 4u, gl_CooperativeMatrixLayoutRowMajor);
            subgroupBarrier();
            // Written out for every matrix, the stores would be most of the program.
            [[dont_unroll]] for (uint down_by = 0u; down_by < M; down_by += LANES * 2u / N) {
                uint row = tile.row + row_of_group + r * M + down_by + row_in;
                if (down_by + row_in >= M || row >= rows || column >= columns) continue;
                uint at = (down_by + row_in) * N + column_in;
                int line = out_down(row);
                uvec2 bits;
                [[unroll]] for (uint i = 0u; i < 2u; i++) {
                    float sum = uintBitsToFloat(left_tile[scratch + at / 4u][at % 4u + i]);
                    float bias = BIAS == 2u ? bias_at(row) : biases[i];
                    bits[i] = from_float(finished(sum, bias), TYPE_OUT).x;
                }
                if (PAIRS != 0u) {
                    Words(param_address(8)).w[uint(line + places[0]) >> 1] = bits.x | (bits.y << 16);
                } else {
                    [[unroll]] for (uint i = 0u; i < 2u; i++) {
                        if (column + i >= columns) continue;
                        if (TYPE_OUT == F16) Halves(param_address(8)).h[line + places[i]] = uint16_t(bits[i]);
                        else Words(param_address(8)).w[line + places[i]] = bits[i];
                    }
                }
            }
            subgroupBarrier();
        }
    }
}
