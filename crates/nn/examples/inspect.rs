//! Models alone: the tree of names, a summary, a state dict on disk. `cargo run --example inspect`

use hammerhead_nn::models::resnet18;
use hammerhead_nn::{ModuleExt, ModuleState, Strictness, Summarize, load_file, save_file};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut model = resnet18(Default::default());
    println!("{}", model.get_submodule("layer1.0")?);
    println!("{}", model.summary([1, 3, 224, 224]));
    let path = std::env::temp_dir().join("hammerhead-inspect.safetensors");
    save_file(&path, &model.state_dict(), &[])?;
    let (state, _) = load_file(&path)?;
    model.load_state_dict(&state, Strictness::Strict)?;
    println!("{} entries written and read back", state.len());
    std::fs::remove_file(&path)?;
    Ok(())
}
