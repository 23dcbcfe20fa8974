// A product for drivers in software, where an invocation is a lane of a vector unit: loads cost far more
// than products, shared memory is no nearer than any other, and a value of one lane is given to all at once.
// A subgroup fetches LANES rows or columns per load; each lane sums its columns over all rows.
#extension GL_KHR_shader_subgroup_ballot : require

layout(local_size_x_id = 0) in;
layout(constant_id = 8) const uint LANES = 8u;

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
    float sums[TILE_ROWS * COLUMN_PARTS];
    [[unroll]] for (uint i = 0u; i < TILE_ROWS * COLUMN_PARTS; i++) sums[i] = 0.0;

    for (uint p = tile.begin; p < tile.end; p++) {
        Deep d = deep(p);
        float right[COLUMN_PARTS];
        [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) right[c] = right_value(right_from[c], d);
        [[unroll]] for (uint r = 0u; r < ROW_PARTS; r++) {
            float left = left_value(left_from[r], d);
            [[unroll]] for (uint j = 0u; j < LANES; j++) {
                float x = subgroupBroadcast(left, j);
                [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) {
                    uint at = (r * LANES + j) * COLUMN_PARTS + c;
                    sums[at] = fma(x, right[c], sums[at]);
                }
            }
        }
    }

    [[unroll]] for (uint c = 0u; c < COLUMN_PARTS; c++) {
        uint column = tile.column + c * LANES + lane;
        if (column >= columns) continue;
        int place = out_across(column);
        float bias = BIAS == 1u ? bias_at(column) : 0.0;
        [[unroll]] for (uint r = 0u; r < TILE_ROWS; r++) {
            uint row = tile.row + r;
            if (row >= rows) continue;
            if (BIAS == 2u) bias = bias_at(row);
            store(out_down(row) + place, finished(sums[r * COLUMN_PARTS + c], bias));
        }
    }
}
