// What every matrix product shares: where the tile lies, what follows the sum, how it is stored. A front
// end says where the elements lie: two matrices, or an image and a convolution's weight.
//
// Parameters: 0 splits of the sum, 1 elements of the sum per split, 2 tiles down and 3 across, 4 left, 6 right,
// 8 output and 10 bias (addresses), 12..15 their offsets, 16 the bias's stride, 17 elements between the
// outputs of two splits; then those of the front end.
layout(constant_id = 1) const uint TYPE = 0u;
layout(constant_id = 2) const uint TYPE_OUT = 0u;
// 0 none, 1 per column, 2 per row.
layout(constant_id = 3) const uint BIAS = 0u;
layout(constant_id = 4) const uint RELU = 0u;
// Neighbours in a row of the output share words with nobody else.
layout(constant_id = 5) const uint PAIRS = 0u;
layout(constant_id = 6) const uint ROW_PARTS = 1u;
layout(constant_id = 7) const uint COLUMN_PARTS = 1u;

const uint FRONT = 18u;

// Places along the sum that are added up before they join the total.
const uint BLOCK = 64u;

// Sizes of the product at hand.
uint rows;
uint columns;
uint depth;
// Where its operands begin, in elements.
int left_start;
int right_start;
int out_start;
int bias_start;
uvec2 left_address;
uvec2 right_address;

// What a position along the sum adds to the places of the left and the right element.
struct Deep { int left; int right; int y; int x; };
// What a column adds to the place of the right element.
struct Across { int right; int y; int x; };

// The front end: sizes and starts of one product of the batch, and places within it.
void open_product(uint index);
int down(uint row);
Deep deep(uint p);
Across across(uint column);
// Whether the right matrix has this element in memory, and where; it is zero if not.
bool find_right(Across a, Deep d, out uint at);
int out_across(uint column);
int out_down(uint row);

// Tiles follow one another down bands of eight, so that neighbours in time share operands in a cache.
const uint BAND = 8u;

// The first row and column of this workgroup's tile, and the part of the sum that is its own.
struct Tile { uint row; uint column; uint begin; uint end; };

bool open_tile(uint tile_rows, uint tile_columns, out Tile tile) {
    uint splits = param(0);
    uint chunk = param(1);
    uint tiles_down = param(2);
    uint tiles_across = param(3);
    uint index = flat_group();
    uint tiles = tiles_down * tiles_across;
    uint product = index / tiles;
    uint place = index - product * tiles;
    uint batch = product / splits;
    uint split = product - batch * splits;
    left_address = param_address(4);
    right_address = param_address(6);
    left_start = int(param(12));
    right_start = int(param(13));
    out_start = int(param(14) + split * param(17));
    bias_start = int(param(15));
    uint band = place / (BAND * tiles_across);
    uint within = place - band * BAND * tiles_across;
    uint height = min(BAND, tiles_down - band * BAND);
    tile.column = within / height;
    tile.row = (band * BAND + within - tile.column * height) * tile_rows;
    tile.column *= tile_columns;
    open_product(batch);
    tile.begin = min(split * chunk, depth);
    tile.end = min(tile.begin + chunk, depth);
    return tile.row < rows && tile.column < columns;
}

REAL left_value(int from, Deep d) { return load_float(left_address, uint(from + d.left), TYPE); }

REAL right_value(Across a, Deep d) {
    uint at;
    bool inside = find_right(a, d, at);
    REAL value = load_float(right_address, inside ? at : 0u, TYPE);
    return inside ? value : 0.0;
}

REAL bias_at(uint i) {
    return load_float(param_address(10), uint(bias_start + int(i) * int(param(16))), TYPE);
}

REAL finished(REAL sum, REAL bias) {
    if (BIAS != 0u) sum += bias;
    if (RELU != 0u) sum = is_nan(sum) ? sum : max(sum, REAL(0.0));
    return sum;
}

void store(int at, REAL value) {
    store_raw(param_address(8), uint(at), TYPE_OUT, from_float(value, TYPE_OUT));
}
