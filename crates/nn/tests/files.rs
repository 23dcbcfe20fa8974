//! Safetensors files: round trips, and damage at every place.

use hammerhead_nn::{Linear, ModuleState, StateDictError, load_file, save_file};
use hammerhead_tensor::{DType, Tensor};
use proptest::prelude::*;

fn dtypes() -> impl Strategy<Value = DType> {
    prop::sample::select(DType::ALL.to_vec())
}

proptest! {
    #[test]
    fn law_a_file_gives_back_what_it_was_given(shape in prop::collection::vec(0usize..4, 0..4), dtype in dtypes(), seed in 0u64..1000) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        hammerhead_tensor::manual_seed(seed);
        let x = (Tensor::randn(&shape) * 3.0).to_dtype(dtype);
        let notes = [("author".to_owned(), "someone".to_owned())];
        save_file(&path, &[("x".to_owned(), x.clone())], &notes).unwrap();
        let (state, read_notes) = load_file(&path).unwrap();
        prop_assert_eq!(&state[0].0, "x");
        prop_assert_eq!(state[0].1.shape(), x.shape());
        prop_assert_eq!(state[0].1.dtype(), dtype);
        prop_assert_eq!(state[0].1.try_to_bytes().unwrap(), x.try_to_bytes().unwrap());
        prop_assert_eq!(read_notes.get("author").map(String::as_str), Some("someone"));
    }

    #[test]
    fn law_a_truncated_file_is_an_error_that_names_it(cut in 0usize..10_000) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        save_file(&path, &Linear::new(5, 3).state_dict(), &[]).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..cut % bytes.len()]).unwrap();
        let error = load_file(&path).unwrap_err();
        let damaged = matches!(error, StateDictError::Format { .. });
        prop_assert!(damaged);
        prop_assert!(error.to_string().contains("model.safetensors"));
    }

    #[test]
    fn law_a_flipped_bit_never_panics(at in 0usize..10_000, bit in 0u8..8) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        save_file(&path, &Linear::new(5, 3).state_dict(), &[]).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        std::fs::write(&path, &bytes).unwrap();
        let _ = load_file(&path);
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = load_file("no/such/file.safetensors")
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("no/such/file.safetensors: "), "{error}");
}

#[test]
fn writers_of_one_file_never_disturb_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let state = Linear::new(50, 30).state_dict();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    save_file(&path, &state, &[]).unwrap();
                    load_file(&path).unwrap();
                }
            });
        }
    });
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_cannot_be_replaced_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.json");
    std::fs::create_dir(&path).unwrap();
    hammerhead_nn::replace_file(&path, |_| Ok(())).unwrap_err();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn tensors_come_in_the_same_order_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.safetensors");
    let names: Vec<String> = (0..20).map(|i| format!("layer{i:02}")).collect();
    let state: Vec<(String, Tensor)> = names
        .iter()
        .map(|name| (name.clone(), Tensor::zeros([2])))
        .collect();
    save_file(&path, &state, &[]).unwrap();
    let read: Vec<String> = load_file(&path)
        .unwrap()
        .0
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(read, names);
}
