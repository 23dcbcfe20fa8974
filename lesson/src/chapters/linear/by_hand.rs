//! `linear1` trained by hand.

use hammerhead::prelude::*;
use hammerhead::tensor::random::TorchGenerator;

use crate::chapters::loss::{init_params, train_epoch, validate_epoch};
use crate::chapters::prelude::*;

type Batches = DataLoader<(Tensor, Tensor)>;

pub fn run(
    course: &mut Course<'_>,
    dl: &Batches,
    valid_dl: &Batches,
) -> Result<(), Box<dyn Error>> {
    let path = course.listing("linear1", || {
        // ANCHOR: linear1
        // The generator goes on after the roller coaster and the weights of the first prediction.
        let mut torch = TorchGenerator::new(42);
        with_generator(&mut torch, || {
            Tensor::randn([20]);
            Tensor::randn([3]);
        });
        init_params(&mut torch, &[28 * 28, 1], 1.0);
        init_params(&mut torch, &[1], 1.0);

        let weights = init_params(&mut torch, &[28 * 28, 1], 1.0);
        let bias = init_params(&mut torch, &[1], 1.0);
        let linear1 = |xb: &Tensor| xb.matmul(&weights) + &bias;
        let params = [weights.clone(), bias.clone()];

        let mut path = vec![validate_epoch(&linear1, valid_dl)?];
        for _ in 0..21 {
            train_epoch(&linear1, 1.0, &params, dl)?;
            path.push(validate_epoch(&linear1, valid_dl)?);
        }
        println!("{path:?}");
        // ANCHOR_END: linear1
        Ok::<_, Box<dyn Error>>(path)
    })?;
    let expected = [
        0.4771, 0.6601, 0.8588, 0.9199, 0.9389, 0.9497, 0.9575, 0.9619, 0.9658, 0.9668, 0.9682,
        0.9697, 0.9702, 0.9707, 0.9716, 0.9721, 0.9716, 0.9716, 0.9721, 0.9721, 0.9721, 0.9726,
    ];
    course.row("L17", equal(course.line(0), format!("{expected:?}")));
    course.row("L17", within(path[21], 0.9696, 0.003));
    Ok(())
}
