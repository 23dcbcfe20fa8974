//! Tensors inside somebody else's rayon tasks.

use hammerhead_tensor::Tensor;
use rayon::prelude::*;

/// A kernel that waited here would take up a task that wants the lock which the kernel holds.
#[test]
fn tasks_that_share_a_tensor_end() {
    let (shared, ones) = (Tensor::zeros([1 << 20]), Tensor::ones([1 << 20]));
    let own: Vec<Tensor> = (0..64).map(|_| Tensor::zeros([1 << 18])).collect();
    let one = Tensor::ones([1 << 18]);
    for _ in 0..20 {
        (0..64).into_par_iter().with_max_len(1).for_each(|i| {
            if i % 4 == 0 {
                shared.add_(&ones);
            } else {
                own[i].add_(&one);
            }
        });
    }
    assert_eq!(shared.min().item(), 320.0);
    assert_eq!(own[1].max().item(), 20.0);
}
