// A product by a workgroup that shares its operands' tiles. Each invocation sums ROW_PARTS x COLUMN_PARTS
// squares of 4 x 4; every element is summed in the order of p, whatever the sizes of the tiles.
layout(local_size_x_id = 0) in;
layout(constant_id = 8) const uint THREADS = 64u;
layout(constant_id = 9) const uint THREADS_ACROSS = 8u;
// Which neighbours are neighbours in memory: along the sum, or else down (left) and across (right).
layout(constant_id = 10) const uint LEFT_DEEP = 1u;
layout(constant_id = 11) const uint RIGHT_DEEP = 0u;

const uint THREADS_DOWN = THREADS / THREADS_ACROSS;
const uint TILE_ROWS = THREADS_DOWN * 4u * ROW_PARTS;
const uint TILE_COLUMNS = THREADS_ACROSS * 4u * COLUMN_PARTS;
const uint SLICE = 16u;
const uint LEFT_LOADS = TILE_ROWS * SLICE / THREADS;
const uint RIGHT_LOADS = TILE_COLUMNS * SLICE / THREADS;
const uint SUMS = ROW_PARTS * 4u * COLUMN_PARTS;

// One vector more per line spreads writes over the banks.
const uint LEFT_LINE = TILE_ROWS / 4u + 1u;
const uint RIGHT_LINE = TILE_COLUMNS / 4u + 1u;
shared QUAD left_tile[SLICE * LEFT_LINE];
shared QUAD right_tile[SLICE * RIGHT_LINE];

// Which element of a slice this invocation fetches: (place along the sum, row or column).
uvec2 fetched(uint i, bool is_deep, uint size) {
    uint t = gl_LocalInvocationID.x;
    if (is_deep) return uvec2(t % SLICE, t / SLICE + i * (THREADS / SLICE));
    uint flat_place = t + i * THREADS;
    return uvec2(flat_place / size, flat_place % size);
}

void main() {
    Tile tile;
    if (!open_tile(TILE_ROWS, TILE_COLUMNS, tile)) return;
    uint across_by = (gl_LocalInvocationID.x % THREADS_ACROSS);
    uint down_by = (gl_LocalInvocationID.x / THREADS_ACROSS);

    int left_from[LEFT_LOADS];
    Across right_from[RIGHT_LOADS];
    [[unroll]] for (uint i = 0u; i < LEFT_LOADS; i++) {
        left_from[i] = down(min(tile.row + fetched(i, LEFT_DEEP != 0u, TILE_ROWS).y, rows - 1u));
    }
    [[unroll]] for (uint i = 0u; i < RIGHT_LOADS; i++) {
        right_from[i] = across(min(tile.column + fetched(i, RIGHT_DEEP != 0u, TILE_COLUMNS).y, columns - 1u));
    }
    QUAD sums[SUMS];
    // Sums of sums, so that long ones lose few digits.
    QUAD totals[SUMS];
    [[unroll]] for (uint i = 0u; i < SUMS; i++) sums[i] = totals[i] = QUAD(0.0);

    REAL lefts[LEFT_LOADS];
    REAL rights[RIGHT_LOADS];
    for (uint first = tile.begin; first < tile.end; first += SLICE) {
        [[unroll]] for (uint i = 0u; i < LEFT_LOADS; i++) {
            uint p = first + fetched(i, LEFT_DEEP != 0u, TILE_ROWS).x;
            lefts[i] = p < tile.end ? left_value(left_from[i], deep(p)) : 0.0;
        }
        [[unroll]] for (uint i = 0u; i < RIGHT_LOADS; i++) {
            uint p = first + fetched(i, RIGHT_DEEP != 0u, TILE_COLUMNS).x;
            rights[i] = p < tile.end ? right_value(right_from[i], deep(p)) : 0.0;
        }
        barrier();
        [[unroll]] for (uint i = 0u; i < LEFT_LOADS; i++) {
            uvec2 place = fetched(i, LEFT_DEEP != 0u, TILE_ROWS);
            left_tile[place.x * LEFT_LINE + place.y / 4u][place.y % 4u] = lefts[i];
        }
        [[unroll]] for (uint i = 0u; i < RIGHT_LOADS; i++) {
            uvec2 place = fetched(i, RIGHT_DEEP != 0u, TILE_COLUMNS);
            right_tile[place.x * RIGHT_LINE + place.y / 4u][place.y % 4u] = rights[i];
        }
        barrier();
        for (uint p = 0u; p < SLICE; p++) {
            QUAD right[COLUMN_PARTS];
            [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) {
                right[c] = right_tile[p * RIGHT_LINE + c * THREADS_ACROSS + across_by];
            }
            [[unroll]] for (uint r = 0u; r < ROW_PARTS; r++) {
                QUAD left = left_tile[p * LEFT_LINE + r * THREADS_DOWN + down_by];
                [[unroll]] for (uint j = 0u; j < 4u; j++) {
                    [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) {
                        uint at = (r * 4u + j) * COLUMN_PARTS + c;
                        sums[at] = fma(QUAD(left[j]), right[c], sums[at]);
                    }
                }
            }
        }
        if (first + SLICE >= tile.end || (first - tile.begin) % BLOCK == BLOCK - SLICE) {
            [[unroll]] for (uint i = 0u; i < SUMS; i++) {
                totals[i] += sums[i];
                sums[i] = QUAD(0.0);
            }
        }
    }

    [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) {
        uint column = tile.column + (c * THREADS_ACROSS + across_by) * 4u;
        int places[4];
        QUAD bias = QUAD(0.0);
        [[unroll]] for (uint k = 0u; k < 4u; k++) {
            uint inside = min(column + k, columns - 1u);
            places[k] = out_across(inside);
            if (BIAS == 1u) bias[k] = bias_at(inside);
        }
        [[unroll]] for (uint r = 0u; r < ROW_PARTS * 4u; r++) {
            uint row = tile.row + ((r / 4u) * THREADS_DOWN + down_by) * 4u + r % 4u;
            if (row >= rows) continue;
            int line = out_down(row);
            if (BIAS == 2u) bias = QUAD(bias_at(row));
            QUAD sum = totals[r * COLUMN_PARTS + c];
            [[unroll]] for (uint k = 0u; k < 4u; k++) sum[k] = finished(sum[k], bias[k]);
            if (PAIRS != 0u) {
                [[unroll]] for (uint k = 0u; k < 4u; k += 2u) {
                    if (column + k >= columns) continue;
                    uint word = from_float(sum[k], TYPE_OUT).x | (from_float(sum[k + 1u], TYPE_OUT).x << 16);
                    Words(param_address(8)).w[uint(line + places[k]) >> 1] = word;
                }
            } else {
                [[unroll]] for (uint k = 0u; k < 4u; k++) {
                    if (column + k < columns) store(line + places[k], sum[k]);
                }
            }
        }
    }
}
