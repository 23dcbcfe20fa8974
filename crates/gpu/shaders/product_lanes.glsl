// A product for drivers in software, where an invocation is a lane of a vector unit: loads cost far more
// than products, shared memory is no nearer than any other, and a value of one lane is given to all at once (by a
// shuffle: a broadcast looks for a lane that is awake first, which takes such drivers longer than the products).
// A subgroup fetches LANES rows or columns per load; each lane sums its columns over all rows.
#extension GL_KHR_shader_subgroup_shuffle : require

layout(local_size_x_id = 0) in;
layout(constant_id = 8) const uint LANES = 8u;

// Places along the sum whose left elements are fetched at a time.
const uint AHEAD = 4u;
const uint TILE_ROWS = LANES * ROW_PARTS;
const uint TILE_COLUMNS = LANES * COLUMN_PARTS;

void main() {
    Tile tile;
    if (!open_tile(TILE_ROWS, TILE_COLUMNS, tile)) return;
    uint lane = gl_SubgroupInvocationID;
    int left_from[ROW_PARTS];
    Across right_from[COLUMN_PARTS];
    [[unroll]] for (uint r = 0u; r < ROW_PARTS; r++) {
        left_from[r] = down(min(tile.row + r * LANES + lane, rows - 1u));
    }
    [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) {
        right_from[c] = across(min(tile.column + c * LANES + lane, columns - 1u));
    }
    REAL sums[TILE_ROWS * COLUMN_PARTS];
    // Sums of sums, so that long ones lose few digits.
    REAL totals[TILE_ROWS * COLUMN_PARTS];
    [[unroll]] for (uint i = 0u; i < TILE_ROWS * COLUMN_PARTS; i++) sums[i] = totals[i] = 0.0;

    for (uint first = tile.begin; first < tile.end; first += AHEAD) {
        // Rows lie far apart: what is near in memory along the sum is fetched while its line is cached.
        REAL lefts[ROW_PARTS * AHEAD];
        [[unroll]] for (uint u = 0u; u < AHEAD; u++) {
            Deep d = deep(min(first + u, tile.end - 1u));
            [[unroll]] for (uint r = 0u; r < ROW_PARTS; r++) lefts[r * AHEAD + u] = left_value(left_from[r], d);
        }
        [[dont_unroll]] for (uint step = 0u; step < min(AHEAD, tile.end - first); step++) {
            Deep d = deep(first + step);
            REAL right[COLUMN_PARTS];
            [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) right[c] = right_value(right_from[c], d);
            [[unroll]] for (uint r = 0u; r < ROW_PARTS; r++) {
                REAL left = lefts[r * AHEAD];
                [[unroll]] for (uint u = 1u; u < AHEAD; u++) left = u == step ? lefts[r * AHEAD + u] : left;
                [[unroll]] for (uint j = 0u; j < LANES; j++) {
                    REAL x = subgroupShuffle(left, j);
                    [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) {
                        uint at = (r * LANES + j) * COLUMN_PARTS + c;
                        sums[at] = fma(x, right[c], sums[at]);
                    }
                }
            }
        }
        if (first + AHEAD >= tile.end || (first - tile.begin) % BLOCK == BLOCK - AHEAD) {
            [[unroll]] for (uint i = 0u; i < TILE_ROWS * COLUMN_PARTS; i++) {
                totals[i] += sums[i];
                sums[i] = 0.0;
            }
        }
    }

    int places[COLUMN_PARTS];
    [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) {
        places[c] = out_across(min(tile.column + c * LANES + lane, columns - 1u));
    }
    // Loops that pick their sums: written out, the stores would take the driver seconds to compile.
    [[dont_unroll]] for (uint r = 0u; r < ROW_PARTS; r++) {
        REAL part[LANES * COLUMN_PARTS];
        [[unroll]] for (uint i = 0u; i < LANES * COLUMN_PARTS; i++) {
            part[i] = totals[i];
            [[unroll]] for (uint k = 1u; k < ROW_PARTS; k++) {
                part[i] = k == r ? totals[k * LANES * COLUMN_PARTS + i] : part[i];
            }
        }
        [[dont_unroll]] for (uint j = 0u; j < LANES; j++) {
            uint row = tile.row + r * LANES + j;
            if (row >= rows) break;
            int line = out_down(row);
            REAL bias = BIAS == 2u ? bias_at(row) : 0.0;
            [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) {
                REAL sum = part[c];
                [[unroll]] for (uint k = 1u; k < LANES; k++) sum = k == j ? part[k * COLUMN_PARTS + c] : sum;
                uint column = tile.column + c * LANES + lane;
                if (column >= columns) continue;
                if (BIAS == 1u) bias = bias_at(column);
                store(line + places[c], finished(sum, bias));
            }
        }
    }
}
