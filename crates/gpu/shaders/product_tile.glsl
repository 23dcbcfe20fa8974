// A product by a workgroup that shares its operands' tiles. Each invocation sums ROW_PARTS x COLUMN_PARTS
// squares of 4 x 4; every element is summed in the order of p, whatever the sizes of the tiles.
layout(local_size_x_id = 0) in;
layout(constant_id = 8) const uint THREADS = 64u;
layout(constant_id = 9) const uint THREADS_ACROSS = 8u;
// Which neighbours are neighbours in memory: along the sum, or else down (left) and across (right).
layout(constant_id = 10) const uint LEFT_DEEP = 1u;
layout(constant_id = 11) const uint RIGHT_DEEP = 0u;
// Neighbours that are fetched at a time: 4 where they lie side by side from a multiple of 4 on, or else 1.
layout(constant_id = 12) const uint LEFT_STEP = 1u;
layout(constant_id = 13) const uint RIGHT_STEP = 1u;

const uint THREADS_DOWN = THREADS / THREADS_ACROSS;
const uint TILE_ROWS = THREADS_DOWN * 4u * ROW_PARTS;
const uint TILE_COLUMNS = THREADS_ACROSS * 4u * COLUMN_PARTS;
const uint SLICE = 16u;
const uint LEFT_LOADS = TILE_ROWS * SLICE / LEFT_STEP / THREADS;
const uint RIGHT_LOADS = TILE_COLUMNS * SLICE / RIGHT_STEP / THREADS;
const uint SUMS = ROW_PARTS * 4u * COLUMN_PARTS;

// One vector more per line spreads writes over the banks.
const uint LEFT_LINE = TILE_ROWS / 4u + 1u;
const uint RIGHT_LINE = TILE_COLUMNS / 4u + 1u;
shared QUAD left_tile[SLICE * LEFT_LINE];
shared QUAD right_tile[SLICE * RIGHT_LINE];

layout(buffer_reference, std430, buffer_reference_align = 16) buffer Wide { uvec4 v[]; };
layout(buffer_reference, std430, buffer_reference_align = 8) buffer Narrow { uvec2 v[]; };

// Which elements of a slice this invocation fetches: the first one's (place along the sum, row or column).
uvec2 fetched(uint i, bool is_deep, uint size, uint step_by) {
    uint t = gl_LocalInvocationID.x;
    uint along = SLICE / step_by;
    if (is_deep) return uvec2(t % along * step_by, t / along + i * (THREADS / along));
    uint flat_place = t + i * THREADS;
    along = size / step_by;
    return uvec2(flat_place / along, flat_place % along * step_by);
}

uvec2 fetched_left(uint i) { return fetched(i, LEFT_DEEP != 0u, TILE_ROWS, LEFT_STEP); }
uvec2 fetched_right(uint i) { return fetched(i, RIGHT_DEEP != 0u, TILE_COLUMNS, RIGHT_STEP); }

// What is fetched for one vector, as it lies in memory.
#ifdef DOUBLE
struct Fetched { uvec4 first; uvec4 second; };
#define NOTHING Fetched(uvec4(0u), uvec4(0u))

Fetched fetch_four(uvec2 address, uint at) {
    return Fetched(Wide(address).v[at / 2u], Wide(address).v[at / 2u + 1u]);
}

QUAD values_of(Fetched raw) {
    QUAD values;
    values.xy = dvec2(packDouble2x32(raw.first.xy), packDouble2x32(raw.first.zw));
    values.zw = dvec2(packDouble2x32(raw.second.xy), packDouble2x32(raw.second.zw));
    return values;
}

Fetched fetch_one(uvec2 address, uint at) { return Fetched(uvec4(load_raw(address, at, TYPE), 0u, 0u), uvec4(0u)); }
#else
struct Fetched { uvec4 first; };
#define NOTHING Fetched(uvec4(0u))

Fetched fetch_four(uvec2 address, uint at) {
    if (TYPE == F32) return Fetched(Wide(address).v[at / 4u]);
    return Fetched(uvec4(Narrow(address).v[at / 4u], 0u, 0u));
}

QUAD values_of(Fetched raw) {
    if (TYPE == F32) return uintBitsToFloat(raw.first);
    QUAD values;
    [[unroll]] for (uint j = 0u; j < 4u; j++) {
        values[j] = as_float(uvec2((raw.first[j / 2u] >> (16u * (j % 2u))) & 0xffffu, 0u), TYPE);
    }
    return values;
}

Fetched fetch_one(uvec2 address, uint at) { return Fetched(uvec4(load_raw(address, at, TYPE).x)); }
#endif

// The values of a vector, of which the first `count` are wanted.
QUAD four(Fetched raw, uint count) {
    QUAD values = values_of(raw);
    [[unroll]] for (uint j = 0u; j < 4u; j++) values[j] = j < count ? values[j] : REAL(0.0);
    return values;
}

int left_from[LEFT_LOADS];
Across right_from[RIGHT_LOADS];
Fetched lefts[LEFT_LOADS];
Fetched rights[RIGHT_LOADS];
// Which of the rights are elements of the right matrix.
uint rights_inside;

// From device memory to registers: the places from `first` on. What is fetched for places beyond the end is not
// theirs, and is cleared only when it is put: until then nothing waits for memory.
void fetch(uint first, uint end) {
    uint last = end - 1u;
    [[unroll]] for (uint i = 0u; i < LEFT_LOADS; i++) {
        uint p = min(first + fetched_left(i).x, LEFT_DEEP != 0u ? last / LEFT_STEP * LEFT_STEP : last);
        uint at = uint(left_from[i] + deep(p).left);
        lefts[i] = LEFT_STEP == 4u ? fetch_four(left_address, at) : fetch_one(left_address, at);
    }
    rights_inside = 0u;
    [[unroll]] for (uint i = 0u; i < RIGHT_LOADS; i++) {
        uint p = min(first + fetched_right(i).x, RIGHT_DEEP != 0u ? last / RIGHT_STEP * RIGHT_STEP : last);
        uint at;
        bool inside = find_right(right_from[i], deep(p), at);
        rights_inside |= uint(inside) << i;
        at = inside ? at : 0u;
        rights[i] = RIGHT_STEP == 4u ? fetch_four(right_address, at) : fetch_one(right_address, at);
    }
}

// How many of a vector's places from `p` on are before the end.
uint wanted(uint p, uint end, bool is_deep) { return p >= end ? 0u : is_deep ? end - p : 4u; }

// From registers to the tiles: the places from `first` on.
void put(uint first, uint end) {
    [[unroll]] for (uint i = 0u; i < LEFT_LOADS; i++) {
        uvec2 place = fetched_left(i);
        QUAD values = four(lefts[i], wanted(first + place.x, end, LEFT_DEEP != 0u));
        uint at = place.x * LEFT_LINE + place.y / 4u;
        if (LEFT_STEP == 4u && LEFT_DEEP == 0u) {
            left_tile[at] = values;
        } else {
            [[unroll]] for (uint j = 0u; j < LEFT_STEP; j++) left_tile[at + j * LEFT_LINE][place.y % 4u] = values[j];
        }
    }
    [[unroll]] for (uint i = 0u; i < RIGHT_LOADS; i++) {
        uvec2 place = fetched_right(i);
        uint count = (rights_inside & (1u << i)) == 0u ? 0u : wanted(first + place.x, end, RIGHT_DEEP != 0u);
        QUAD values = four(rights[i], count);
        uint at = place.x * RIGHT_LINE + place.y / 4u;
        if (RIGHT_STEP == 4u && RIGHT_DEEP == 0u) {
            right_tile[at] = values;
        } else {
            [[unroll]] for (uint j = 0u; j < RIGHT_STEP; j++) right_tile[at + j * RIGHT_LINE][place.y % 4u] = values[j];
        }
    }
}

void main() {
    Tile tile;
    if (!open_tile(TILE_ROWS, TILE_COLUMNS, tile)) return;
    uint across_by = (gl_LocalInvocationID.x % THREADS_ACROSS);
    uint down_by = (gl_LocalInvocationID.x / THREADS_ACROSS);

    [[unroll]] for (uint i = 0u; i < LEFT_LOADS; i++) {
        // Neighbours may reach beyond the last row, within the memory that it is in.
        uint last = LEFT_DEEP != 0u ? rows - 1u : (rows - 1u) / LEFT_STEP * LEFT_STEP;
        left_from[i] = down(min(tile.row + fetched_left(i).y, last));
    }
    [[unroll]] for (uint i = 0u; i < RIGHT_LOADS; i++) {
        uint last = RIGHT_DEEP != 0u ? columns - 1u : (columns - 1u) / RIGHT_STEP * RIGHT_STEP;
        right_from[i] = across(min(tile.column + fetched_right(i).y, last));
    }
    QUAD sums[SUMS];
    // Sums of sums, so that long ones lose few digits.
    QUAD totals[SUMS];
    [[unroll]] for (uint i = 0u; i < SUMS; i++) sums[i] = totals[i] = QUAD(0.0);

    fetch(tile.begin, tile.end);
    for (uint first = tile.begin; first < tile.end; first += SLICE) {
        barrier();
        put(first, tile.end);
        barrier();
        if (first + SLICE < tile.end) fetch(first + SLICE, tile.end);
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
