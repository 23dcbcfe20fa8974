//! What misuse is told.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hammerhead_plot::{
    Figure, confusion_matrix, lr_curve, pixel_table, plot_function, show_image, show_images,
    top_losses,
};
use hammerhead_tensor::Tensor;

#[track_caller]
fn panics(work: impl FnOnce() -> Figure, expected: &str) {
    let payload = catch_unwind(AssertUnwindSafe(work)).expect_err("must panic");
    let text = payload.downcast_ref::<String>().cloned();
    let text = text.or_else(|| {
        payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
    });
    assert_eq!(text.as_deref(), Some(expected));
}

#[test]
fn misuse_names_the_operation_and_both_sides() {
    panics(
        || Figure::new().scatter([1, 2], [3]),
        "scatter: 2 values of x and 1 of y; each point needs one of both",
    );
    panics(
        || Figure::new().line([1], [3, 4]),
        "line: 1 values of x and 2 of y; each point needs one of both",
    );
    panics(
        || Figure::new().texts([1], [2], ["a", "b"]),
        "texts: 2 texts for 1 points; each point needs one",
    );
    panics(
        || Figure::new().bars(["a"], [1, 2]),
        "bars: 1 labels for 2 heights; each bar needs one",
    );
    panics(
        || Figure::new().histogram([1], 0),
        "histogram: 0 bins; it needs at least 1",
    );
    panics(
        || Figure::new().named("x"),
        "named: the panel has no layer yet; call it after scatter, line or another one",
    );
    panics(
        || Figure::new().y_lim(1.0, 1.0),
        "y_lim: 1 to 1; the ends must be different finite numbers up to 1e300",
    );
    panics(
        || Figure::new().x_lim(0.0, f64::NAN),
        "x_lim: 0 to NaN; the ends must be different finite numbers up to 1e300",
    );
    panics(
        || Figure::new().figsize(0.0, 4.0),
        "figsize: 0 x 4 inches; each side must be from 0.5 to 100",
    );
    panics(
        || Figure::grid(0, []),
        "grid: 0 columns; a row needs at least 1",
    );
    panics(
        || plot_function(|x| x.sum(), "f"),
        "plot_function: the function made [] of [100, 1]; it must give one number for each",
    );
    panics(
        || confusion_matrix([1, 2, 3], ["a", "b"]),
        "confusion_matrix: 3 counts for 2 classes; expected 4, one for each pair",
    );
    panics(
        || lr_curve([1.0], [1.0, 2.0], None),
        "lr_curve: 1 rates and 2 losses; each rate needs its loss",
    );
    panics(
        || top_losses(&[], ["a"], ["b", "c"], [1.0], 1),
        "top_losses: 1 labels, 2 predictions and 1 losses for 0 pictures; each picture needs one of each",
    );
    panics(
        || show_images(&[], ["a"]),
        "show_images: 1 titles for 0 pictures; help: leave out what has no picture",
    );
    panics(
        || show_image(&Tensor::zeros([4, 4, 4])),
        "show_image: a tensor of shape [4, 4, 4]; expected [h, w] or [1, h, w] for grey, [3, h, w] or [h, w, 3] for \
         colours; help: take one picture of a batch with .i(0)",
    );
    panics(
        || pixel_table(&Tensor::zeros([4])),
        "pixel_table: a tensor of shape [4]; expected [h, w]; help: cut a part out with .i((4..15, 4..22))",
    );
}

#[test]
fn files_are_refused_by_name_and_by_the_system() {
    let folder = tempfile::tempdir().unwrap();
    let figure = Figure::new();
    let refused = |name: &str| {
        let path = folder.path().join(name);
        let text = figure.save(&path).expect_err("must fail").to_string();
        text.replace(&folder.path().display().to_string(), "DIR")
    };
    let endings = if cfg!(feature = "png") {
        ".svg, .png, .html or .txt"
    } else {
        ".svg, .html or .txt"
    };
    assert_eq!(
        refused("curve.bmp"),
        format!(
            "DIR/curve.bmp: expected a name that ends in {endings}, found .bmp; help: rename it"
        )
    );
    assert_eq!(
        refused("curve"),
        format!(
            "DIR/curve: expected a name that ends in {endings}, found no ending; help: rename it"
        )
    );
    assert!(refused("no/such/folder.svg").starts_with("DIR/no/such/folder.svg: cannot write: "));
}

#[test]
fn files_hold_what_their_ending_says() {
    let folder = tempfile::tempdir().unwrap();
    let figure = Figure::new().curve([1, 2]).title("a curve");
    let read = |name: &str| {
        let path = folder.path().join(name);
        figure.save(&path).unwrap();
        std::fs::read(path).unwrap()
    };
    assert_eq!(read("a.svg"), figure.svg().into_bytes());
    assert_eq!(read("A.SVG"), figure.svg().into_bytes());
    assert_eq!(read("a.txt"), figure.to_string().into_bytes());
    let page = String::from_utf8(read("a.html")).unwrap();
    assert!(
        page.starts_with("<!doctype html>")
            && page.contains("<title>a curve</title>")
            && page.contains("<svg")
    );
    #[cfg(feature = "png")]
    assert_eq!(read("a.png"), figure.png());
}
