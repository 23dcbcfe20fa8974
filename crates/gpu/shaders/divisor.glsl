// Division by sizes that a dispatch knows beforehand.

// A divisor: its size, and what multiplies and shifts instead of dividing.
struct Divisor { uint size; uint factor; uint shift; };

Divisor divisor(uint at) { return Divisor(param(at), param(at + 1u), param(at + 2u)); }

// Exact below 2^31.
uint quotient(uint x, Divisor by) {
    uint high;
    uint low;
    umulExtended(x, by.factor, high, low);
    return ((high << 1) | (low >> 31)) >> by.shift;
}
