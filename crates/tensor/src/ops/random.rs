//! Random tensors, from the thread's current generator.

use super::IntoShape;
use crate::context::{self, with_current_generator};
use crate::funnel::{apply_into, apply_one};
use crate::layout::Dims;
use crate::prim::{Distribution, Prim, Random};
use crate::random::Generator;
use crate::{DType, Tensor};

/// 32-bit words of the counter-based generator that a draw takes.
fn words(dtype: DType) -> u64 {
    if dtype == DType::F64 { 2 } else { 1 }
}

/// Draws on the host, for generators that only know how to go on.
fn draw_host(
    generator: &mut dyn Generator,
    shape: &Dims,
    dtype: DType,
    distribution: Distribution,
) -> Tensor {
    let len: usize = shape.iter().product();
    if dtype == DType::F64 {
        let mut out = vec![0f64; len];
        match distribution {
            Distribution::Uniform { low, high } => {
                generator.uniform_f64(&mut out);
                out.iter_mut().for_each(|x| *x = *x * (high - low) + low);
            }
            Distribution::Normal { mean, std } => {
                generator.normal_f64(&mut out);
                out.iter_mut().for_each(|x| *x = *x * std + mean);
            }
        }
        return Tensor::from_vec(out, shape);
    }
    let mut out = vec![0f32; len];
    match distribution {
        Distribution::Uniform { low, high } => {
            let (low, span) = (low as f32, (high - low) as f32);
            generator.uniform_f32(&mut out);
            out.iter_mut().for_each(|x| *x = *x * span + low);
        }
        Distribution::Normal { mean, std } => {
            generator.normal_f32(&mut out);
            out.iter_mut()
                .for_each(|x| *x = *x * std as f32 + mean as f32);
        }
    }
    Tensor::from_vec(out, shape).to_dtype(dtype)
}

#[track_caller]
fn draw(shape: Dims, dtype: DType, distribution: Distribution) -> Tensor {
    assert!(
        dtype.is_float(),
        "random: draws floating tensors, not {dtype}; use randint for integers"
    );
    enum Source {
        Block(Random),
        Drawn(Tensor),
    }
    let source = with_current_generator(|generator| match generator.as_counter() {
        Some(counter) => {
            let random = Random {
                distribution,
                seed: counter.seed(),
                stream: counter.stream(),
                position: counter.position(),
            };
            let taken = shape.iter().product::<usize>() as u64 * words(dtype);
            counter.seek(random.position + taken);
            Source::Block(random)
        }
        None => Source::Drawn(draw_host(generator, &shape, dtype, distribution)),
    });
    match source {
        Source::Block(random) => apply_one(Prim::Random(shape, dtype, random), []),
        Source::Drawn(tensor) => tensor.to(&context::device()),
    }
}

impl Tensor {
    /// Uniform on `[0, 1)`, `F32` (PyTorch's `torch.rand`), from the thread's generator.
    ///
    /// Shape: as given.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, manual_seed};
    /// manual_seed(7);
    /// let x = Tensor::rand([100]);
    /// assert!(x.min().item() >= 0.0 && x.max().item() < 1.0);
    /// ```
    pub fn rand(shape: impl IntoShape) -> Tensor {
        Tensor::uniform(shape, 0.0, 1.0, DType::F32)
    }

    /// Standard normal, `F32` (PyTorch's `torch.randn`), from the thread's generator.
    ///
    /// Shape: as given.
    ///
    /// ```
    /// use hammerhead_tensor::{Tensor, manual_seed};
    /// manual_seed(7);
    /// let x = Tensor::randn([10_000]);
    /// assert!(x.mean().item().abs() < 0.05 && (x.std().item() - 1.0).abs() < 0.05);
    /// ```
    pub fn randn(shape: impl IntoShape) -> Tensor {
        Tensor::normal(shape, 0.0, 1.0, DType::F32)
    }

    /// Uniform on `[low, high)`.
    ///
    /// Shape: as given.
    ///
    /// ```
    /// use hammerhead_tensor::{DType, Tensor};
    /// let x = Tensor::uniform([100], -1.0, 1.0, DType::F64);
    /// assert!(x.abs().max().item() <= 1.0);
    /// ```
    ///
    /// # Panics
    /// If the dtype is not floating.
    #[track_caller]
    pub fn uniform(shape: impl IntoShape, low: f64, high: f64, dtype: DType) -> Tensor {
        draw(
            shape.into_shape(),
            dtype,
            Distribution::Uniform { low, high },
        )
    }

    /// Normal with a mean and a standard deviation (PyTorch's `torch.normal`).
    ///
    /// Shape: as given.
    ///
    /// ```
    /// use hammerhead_tensor::{DType, Tensor};
    /// assert_eq!(Tensor::normal([3], 5.0, 0.0, DType::F32).to_vec::<f32>(), [5.0; 3]);
    /// ```
    ///
    /// # Panics
    /// If the dtype is not floating.
    #[track_caller]
    pub fn normal(shape: impl IntoShape, mean: f64, std: f64, dtype: DType) -> Tensor {
        draw(
            shape.into_shape(),
            dtype,
            Distribution::Normal { mean, std },
        )
    }

    /// Whole numbers from `low` up to but not including `high`, `I64` (PyTorch's `torch.randint`).
    ///
    /// Shape: as given.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let dice = Tensor::randint([100], 1, 7);
    /// assert!(dice.min().item() >= 1.0 && dice.max().item() <= 6.0);
    /// ```
    ///
    /// # Panics
    /// If the range is empty.
    #[track_caller]
    pub fn randint(shape: impl IntoShape, low: i64, high: i64) -> Tensor {
        let shape = shape.into_shape();
        let mut out = vec![0i64; shape.iter().product()];
        with_current_generator(|generator| generator.integers(low, high, &mut out));
        Tensor::from_vec(out, shape)
    }

    /// `0 .. n` in random order, `I64` (PyTorch's `torch.randperm`).
    ///
    /// Shape: `[n]`.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::randperm(5).sort(0, false).0.to_vec::<i64>(), [0, 1, 2, 3, 4]);
    /// ```
    pub fn randperm(n: usize) -> Tensor {
        Tensor::from_vec(
            with_current_generator(|generator| generator.permutation(n)),
            [n],
        )
    }

    /// Uniform on `[0, 1)` with this tensor's shape, dtype and device (PyTorch's `torch.rand_like`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert!(Tensor::zeros([10]).rand_like().max().item() < 1.0);
    /// ```
    ///
    /// # Panics
    /// If the dtype is not floating.
    #[track_caller]
    pub fn rand_like(&self) -> Tensor {
        context::with_device(self.device(), || {
            Tensor::uniform(self.shape(), 0.0, 1.0, self.dtype())
        })
    }

    /// Standard normal with this tensor's shape, dtype and device (PyTorch's `torch.randn_like`).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([2, 3]).randn_like().shape(), [2, 3]);
    /// ```
    ///
    /// # Panics
    /// If the dtype is not floating.
    #[track_caller]
    pub fn randn_like(&self) -> Tensor {
        context::with_device(self.device(), || {
            Tensor::normal(self.shape(), 0.0, 1.0, self.dtype())
        })
    }

    /// Draws every element anew, uniform on `[low, high)` (PyTorch's `uniform_`).
    ///
    /// Shape: any.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert!(Tensor::zeros([10]).uniform_(2.0, 3.0).min().item() >= 2.0);
    /// ```
    ///
    /// # Panics
    /// If the dtype is not floating, or this is a leaf that requires grad outside `no_grad`.
    #[track_caller]
    pub fn uniform_(&self, low: f64, high: f64) -> &Tensor {
        self.take(context::with_device(self.device(), || {
            Tensor::uniform(self.shape(), low, high, self.dtype())
        }))
    }

    /// Draws every element anew, normal (PyTorch's `normal_`).
    ///
    /// Shape: any.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// assert_eq!(Tensor::zeros([2]).normal_(1.0, 0.0).to_vec::<f32>(), [1.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If the dtype is not floating, or this is a leaf that requires grad outside `no_grad`.
    #[track_caller]
    pub fn normal_(&self, mean: f64, std: f64) -> &Tensor {
        self.take(context::with_device(self.device(), || {
            Tensor::normal(self.shape(), mean, std, self.dtype())
        }))
    }

    #[track_caller]
    fn take(&self, values: Tensor) -> &Tensor {
        apply_into("random_", Prim::Cast(self.dtype()), self, &[&values]);
        self
    }

    /// Zeros elements with probability `p` and divides the rest by `1 - p` (PyTorch's `F.dropout` in
    /// training).
    ///
    /// Shape: any, and the result has the same.
    ///
    /// ```
    /// use hammerhead_tensor::Tensor;
    /// let y = Tensor::ones([100]).dropout(0.5);
    /// assert!(y.eq(0.0).logical_or(&y.eq(2.0)).all().to_scalar::<bool>());
    /// ```
    ///
    /// # Panics
    /// If `p` is not within `[0, 1]` or the dtype is not floating.
    #[track_caller]
    pub fn dropout(&self, p: f64) -> Tensor {
        assert!(
            (0.0..=1.0).contains(&p),
            "dropout: a probability lies between 0 and 1, got {p}"
        );
        if p == 0.0 {
            return self.clone();
        }
        if p == 1.0 {
            return self * 0.0;
        }
        let keep = self.rand_like().ge(p).to_dtype(self.dtype());
        super::compose::named("MulBackward0", || self * (keep / (1.0 - p)))
    }
}
