//! What a reduction does with one element: sum, product, maximum, minimum.

use std::marker::PhantomData;

use bytemuck::Zeroable;

/// A fold of items into an accumulator; the accumulators of two parts can be merged.
pub(in crate::cpu) trait Fold: Copy + Send + Sync + 'static {
    type Item: Copy + Zeroable + Send + Sync;
    type Acc: Copy + Zeroable + Send + Sync;
    /// Whether loops over it are compiled for every instruction set: the sums, maxima and minima of f32 are.
    const HOT: bool;
    /// The fold of nothing.
    const START: Self::Acc;
    fn take(acc: Self::Acc, item: Self::Item) -> Self::Acc;
    /// Whether four items at once are rounded otherwise than one by one.
    const ROUNDS_FOUR: bool = false;
    /// Takes four items at once, for long folds.
    #[inline(always)]
    fn take_four(acc: Self::Acc, items: [Self::Item; 4]) -> Self::Acc {
        items.into_iter().fold(acc, Self::take)
    }
    fn merge(a: Self::Acc, b: Self::Acc) -> Self::Acc;
    fn finish(acc: Self::Acc) -> Self::Item;
}

macro_rules! folds {
    ($($fold:ident: $doc:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Clone, Copy)]
        pub(in crate::cpu) struct $fold<T>(PhantomData<T>);
    )*};
}

folds! {
    Sum: "Floats are summed in f64, four of f32 at a time in f32; integers wrap.";
    Prod: "Floats are multiplied in f64, integers wrap.";
    Max: "NaN wins.";
    Min: "NaN wins.";
}

macro_rules! arithmetic {
    ($($item:ident in $acc:ident, $add:expr, $mul:expr, $zero:literal, $one:literal, $hot:literal $(, $add_four:expr)?;)*) => {$(
        arithmetic!(@one Sum, $item, $acc, $add, $zero, $hot $(, $add_four)?);
        arithmetic!(@one Prod, $item, $acc, $mul, $one, false);
    )*};
    (@one $fold:ident, $item:ident, $acc:ident, $op:expr, $start:literal, $hot:literal $(, $four:expr)?) => {
        impl Fold for $fold<$item> {
            const HOT: bool = $hot;
            type Item = $item;
            type Acc = $acc;
            const START: $acc = $start;
            #[inline(always)]
            fn take(acc: $acc, item: $item) -> $acc { ($op)(acc, item as $acc) }
            $(
                const ROUNDS_FOUR: bool = true;
                #[inline(always)]
                fn take_four(acc: $acc, items: [$item; 4]) -> $acc { ($four)(acc, items) }
            )?
            #[inline(always)]
            fn merge(a: $acc, b: $acc) -> $acc { ($op)(a, b) }
            #[inline(always)]
            fn finish(acc: $acc) -> $item { acc as $item }
        }
    };
}

arithmetic! {
    // A conversion takes longer than an addition: four numbers share one.
    f32 in f64, |a: f64, b| a + b, |a: f64, b| a * b, 0.0, 1.0, true,
        |acc: f64, [a, b, c, d]: [f32; 4]| acc + f64::from((a + b) + (c + d));
    f64 in f64, |a: f64, b| a + b, |a: f64, b| a * b, 0.0, 1.0, false;
    i64 in i64, |a: i64, b| a.wrapping_add(b), |a: i64, b| a.wrapping_mul(b), 0, 1, false;
}

macro_rules! extremes {
    ($($item:ident: $least:expr, $most:expr, |$x:ident| $is_nan:expr, $hot:literal;)*) => {$(
        extremes!(@one Max, $item, $least, >, |$x| $is_nan, $hot);
        extremes!(@one Min, $item, $most, <, |$x| $is_nan, $hot);
    )*};
    (@one $fold:ident, $item:ident, $start:expr, $beats:tt, |$x:ident| $is_nan:expr, $hot:literal) => {
        impl Fold for $fold<$item> {
            const HOT: bool = $hot;
            type Item = $item;
            type Acc = $item;
            const START: $item = $start;
            #[inline(always)]
            fn take(acc: $item, $x: $item) -> $item {
                // Without a branch, so that lanes can be compared side by side.
                if ($x $beats acc) | $is_nan { $x } else { acc }
            }
            #[inline(always)]
            fn merge(a: $item, b: $item) -> $item { Self::take(a, b) }
            #[inline(always)]
            fn finish(acc: $item) -> $item { acc }
        }
    };
}

extremes! {
    f32: f32::NEG_INFINITY, f32::INFINITY, |x| x.is_nan(), true;
    f64: f64::NEG_INFINITY, f64::INFINITY, |x| x.is_nan(), false;
    i64: i64::MIN, i64::MAX, |x| false, false;
    u8: u8::MIN, u8::MAX, |x| false, false;
}
