//! Models and runs in files.

use std::path::Path;

use hammerhead::datasets::TensorDataset;
use hammerhead::learner::{self, Checkpoints, Flow, Policy};
use hammerhead::nn::{load_file, save_file};
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: learner
fn learner() -> Learner {
    manual_seed(42);
    let x = Tensor::randn([256, 4]);
    let y = x.sum_keepdim(1);
    let data = || DataLoader::new(TensorDataset::new(x.clone(), y.clone())).batch_size(32);
    let model = Linear::new(4, 1);
    let optimizer = Optimizer::new(model.named_parameters(), Adam::new(0.01));
    Learner::new(
        DataLoaders::new(data(), data()),
        model,
        optimizer,
        loss::mse_loss,
    )
}
// ANCHOR_END: learner

// ANCHOR: cut
/// Ends a run in the middle, as a power cut would.
struct CutAfter(usize);

impl Callback for CutAfter {
    fn after_batch(&mut self, learner: &mut Learner) -> learner::Result<Flow> {
        if learner.step() == self.0 {
            return Err(learner::Error::Callback("the light went out".into()));
        }
        Ok(Flow::Continue)
    }
}
// ANCHOR_END: cut

fn weight(learner: &Learner) -> Vec<f32> {
    learner.model.parameters()[0].tensor().to_vec()
}

pub fn run(course: &mut Course<'_>, folder: &Path) -> Result<(), Box<dyn Error>> {
    let path = folder.join("model.safetensors");
    course.listing("save", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: save
        let model = models::simple_net(784, 30, 1);
        save_file(
            &path,
            &model.state_dict(),
            &[("trained on".into(), "3 and 7".into())],
        )?;

        let (state, notes) = load_file(&path)?;
        for (name, tensor) in &state {
            println!("{name:<9} {:?} {}", tensor.shape(), tensor.dtype());
        }
        println!("{notes:?}");
        let other = models::simple_net(784, 30, 1);
        other.load_state_dict(&state, Strictness::Strict)?;
        // ANCHOR_END: save
        Ok(())
    })?;

    course.listing("mismatch", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: mismatch
        let (state, _) = load_file(&path)?;
        let wider = models::simple_net(784, 50, 1);
        let error = wider
            .load_state_dict(&state, Strictness::Strict)
            .unwrap_err();
        println!("{error}");
        // ANCHOR_END: mismatch
        Ok(())
    })?;

    course.listing("head", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: head
        let args = |num_classes| models::ResNetArgs {
            num_classes,
            ..Default::default()
        };
        let trained = models::resnet18(args(1000)).state_dict();
        let body: Vec<_> = trained
            .into_iter()
            .filter(|(name, _)| !name.starts_with("fc."))
            .collect();
        let model = models::resnet18(args(2));
        let loaded = model.load_state_dict(&body, Strictness::Lenient)?;
        println!(
            "{} taken over; not in the file: {:?}",
            body.len(),
            loaded.missing
        );
        // ANCHOR_END: head
        Ok(())
    })?;

    let run = folder.join("run.safetensors");
    course.listing("resume", || -> Result<_, Box<dyn Error>> {
        // ANCHOR: resume
        let policy = Policy::constant(0.05);
        let mut whole = learner();
        whole.fit_policy(4, &policy)?;

        // The same run, stopped in its second epoch and taken up by another program.
        let mut first = learner()
            .callback(Checkpoints::new(&run).every_batches(4))
            .callback(CutAfter(14));
        println!("{}", first.fit_policy(4, &policy).unwrap_err());

        let mut second = learner();
        second.restore_checkpoint(&run)?;
        second.continue_fit(&policy)?;

        let same = weight(&whole) == weight(&second);
        println!("the same bits as without a break: {same}");
        // ANCHOR_END: resume
        Ok(())
    })
}
