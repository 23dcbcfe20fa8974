//! Results of 32 MiB and more, of which functions of `f32` and copies are written past the caches.

use hammerhead_tensor::{DType, Tensor, with_threads};

/// So many rows that their `f32` fill a little more than 32 MiB.
const ROWS: usize = 8_400;

#[test]
#[cfg_attr(miri, ignore = "hundreds of megabytes")]
fn large_results_are_those_of_their_parts() {
    // Rows that begin with lines of a cache, and others.
    for columns in [1_024, 1_001] {
        check(columns);
    }
}

fn check(columns: usize) {
    let step = |end: i64, every: f64| Tensor::arange(end).to_dtype(DType::F32) * every;
    let column = step(ROWS as i64, 0.25).unsqueeze(1);
    let row = step(columns as i64, 1.5) - 1_000.0;
    let x = &column - &row;
    let counts = x.to_dtype(DType::I64).narrow(0, 0, ROWS / 2);
    type Function<'a> = &'a dyn Fn(&Tensor) -> Tensor;
    let wide = &column - step(columns as i64 + 7, 0.5);
    let floats: [Function<'_>; 6] = [
        &|x| x.relu(),
        &|x| x * 2.0,
        &|x| x + &row,
        &|x| x.sigmoid(),
        &|x| x.copy(),
        &|x| x.copy().add_(1.0).clone(),
    ];
    let integers: [Function<'_>; 2] = [&|x| x + x, &|x| x.copy()];
    let inside: [Function<'_>; 1] = [&|x| x.narrow(1, 3, columns).copy()];
    let all = floats.map(|f| (&x, f)).into_iter();
    let all = all.chain(inside.map(|f| (&wide, f)));
    for (x, function) in all.chain(integers.map(|f| (&counts, f))) {
        for threads in [1, 2] {
            let whole = with_threads(threads, || function(x));
            let part = x.size(0) / 8;
            for start in (0..8).map(|eighth| (eighth * part) as isize) {
                let alone = function(&x.narrow(0, start, part).copy());
                let differs = whole.narrow(0, start, part).ne(&alone);
                assert_eq!(differs.to_dtype(DType::I64).sum().item(), 0.0);
            }
        }
    }
}
