//! What the SVG text of a figure is made of.

use hammerhead_plot::{
    Color, Figure, Model, Shading, Theme, confusion_matrix, curves, lr_curve, pixel_table,
    plot_function, seven_steps, show_image, show_images, speed_accuracy, top_losses,
};
use hammerhead_tensor::{Tensor, tensor};
use roxmltree::Document;

/// The elements of a kind, with one attribute of each.
fn all(svg: &str, kind: &str, attribute: &str) -> Vec<String> {
    let document = Document::parse(svg).expect("the picture is well-formed");
    let nodes = document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", kind)));
    nodes
        .map(|node| node.attribute(attribute).unwrap_or_default().to_owned())
        .collect()
}

fn texts(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).expect("the picture is well-formed");
    let nodes = document
        .descendants()
        .filter(|node| node.tag_name().name() == "text");
    nodes
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect()
}

fn quadratic(x: &Tensor) -> Tensor {
    3 * x.pow(2) + 2 * x + 1
}

/// One figure of every kind, for what must hold for all.
fn every_kind() -> Vec<Figure> {
    let digit = Tensor::eye(8);
    let images = [digit.clone(), Tensor::zeros([3, 4, 5])];
    let models = [
        Model::new("a", "x", 10.0, 0.5),
        Model::new("b", "y", 1000.0, 0.7),
    ];
    vec![
        Figure::new(),
        plot_function(quadratic, "$3x^2$"),
        Figure::new()
            .scatter([1, 2], [3, 4])
            .texts([1, 2], [3, 4], ["a", "b"]),
        Figure::new().bars(["a", "b"], [1.0, -2.0]),
        Figure::new().histogram([1, 2, 2, 3], 3),
        curves([("a", [3, 2, 1]), ("b", [3, 3, 2])]),
        lr_curve([1e-4, 1e-2], [2.0, 1.0], Some(1e-3)),
        speed_accuracy(&models),
        show_image(&digit),
        show_images(&images, ["one", "two"]),
        pixel_table(&digit),
        confusion_matrix([1, 2, 3, 4], ["3", "7"]),
        top_losses(&images, ["3", "7"], ["7", "7"], [0.5, 1.5], 9),
        seven_steps(),
    ]
}

#[test]
fn every_kind_is_well_formed_and_the_same_each_time() {
    for (i, figure) in every_kind().into_iter().enumerate() {
        for theme in [Theme::Light, Theme::Dark] {
            let svg = figure.clone().theme(theme).svg();
            Document::parse(&svg).unwrap_or_else(|error| panic!("figure {i}: {error}\n{svg}"));
            assert_eq!(svg, figure.clone().theme(theme).svg(), "figure {i}");
            assert!(
                !svg.contains("NaN") && !svg.contains("inf"),
                "figure {i}: {svg}"
            );
        }
        #[cfg(feature = "png")]
        assert_eq!(figure.png(), figure.png(), "figure {i}");
    }
}

#[test]
fn both_forms_of_plot_function() {
    let svg = plot_function(quadratic, "$3x^2 + 2x + 1$").svg();
    assert!(texts(&svg).contains(&"3x² + 2x + 1".to_owned()));
    let points = &all(&svg, "polyline", "points")[0];
    assert_eq!(points.split(' ').count(), 100);
    assert_eq!(all(&svg, "polyline", "stroke"), ["#d55e00"]);
    // From -2.1 to 2.1, with a margin: the marks are the whole numbers and their halves.
    let x = [
        "−2.0", "−1.5", "−1.0", "−0.5", "0", "0.5", "1.0", "1.5", "2.0",
    ];
    assert!(
        x.iter()
            .all(|label| texts(&svg).contains(&(*label).to_owned())),
        "{:?}",
        texts(&svg)
    );
    let svg = plot_function(Tensor::relu, ("x", "relu(x)", "ReLU")).svg();
    assert!(
        ["x", "relu(x)", "ReLU"]
            .iter()
            .all(|text| texts(&svg).contains(&(*text).to_owned()))
    );
    assert_eq!(all(&svg, "polyline", "stroke"), ["#0072b2"]);
}

#[test]
fn the_function_gets_a_column_of_100_numbers() {
    plot_function(
        |x| {
            assert_eq!(x.shape(), [100, 1]);
            let ends: Vec<f32> = x.to_vec();
            assert_eq!((ends[0], ends[99]), (-2.1, 2.1));
            x.clone()
        },
        "identity",
    );
}

#[test]
fn a_column_and_a_row_of_numbers_are_the_same_picture() {
    let x = Tensor::linspace(-2.0, 2.0, 20);
    let row = Figure::new().scatter(&x, quadratic(&x)).svg();
    let column = x.unsqueeze(1);
    assert_eq!(
        Figure::new().scatter(&column, quadratic(&column)).svg(),
        row
    );
    assert_eq!(all(&row, "circle", "r").len(), 20);
}

#[test]
fn points_lie_where_their_numbers_are() {
    let svg = Figure::new()
        .scatter([0, 10], [0, 100])
        .x_lim(0.0, 10.0)
        .y_lim(0.0, 100.0)
        .svg();
    let place = |attribute: &str| -> Vec<f64> {
        all(&svg, "circle", attribute)
            .iter()
            .map(|text| text.parse().unwrap())
            .collect()
    };
    let axes: Vec<(f64, f64)> = ["x1", "x2"]
        .map(|end| end)
        .map(|end| {
            let ends = all(&svg, "line", end);
            ends.iter()
                .map(|text| text.parse::<f64>().unwrap())
                .fold((f64::MAX, f64::MIN), |(low, high), x| {
                    (low.min(x), high.max(x))
                })
        })
        .to_vec();
    let (left, right) = (place("cx")[0], place("cx")[1]);
    assert!((right - axes[1].1).abs() < 1.0, "{right} {axes:?}");
    assert!(left < 60.0 && place("cy")[0] > place("cy")[1]);
}

#[test]
fn what_lies_outside_the_limits_is_cut_off() {
    let svg = Figure::new()
        .line([0, 1, 2], [0, 100, 0])
        .scatter([0, 1, 2], [0, 100, 0])
        .y_lim(-1.0, 10.0)
        .svg();
    assert_eq!(
        all(&svg, "polyline", "points").len(),
        2,
        "the line leaves and comes back"
    );
    assert_eq!(all(&svg, "circle", "r").len(), 2);
}

#[test]
fn numbers_that_are_none_are_left_out() {
    let nan = f64::NAN;
    let svg = Figure::new()
        .scatter([1.0, nan, 3.0, f64::INFINITY], [1.0, 2.0, nan, 4.0])
        .line([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, nan, 2.0, 1.0])
        .svg();
    assert_eq!(all(&svg, "circle", "r").len(), 1);
    assert_eq!(all(&svg, "polyline", "points").len(), 2);
}

#[test]
fn empty_constant_and_extreme_data_still_show_axes() {
    let none: [f64; 0] = [];
    for figure in [
        Figure::new(),
        Figure::new().scatter(none, none),
        Figure::new().curve([f64::NAN; 3]),
        Figure::new().bars([""; 0], none),
        Figure::new().bars(["a"], [f64::NAN]),
        Figure::new().histogram(none, 5),
        Figure::new().histogram([7.0; 3], 5),
        Figure::new().curve([5.0; 4]),
        Figure::new().curve([0.0; 4]),
        Figure::new().curve([1e299, -1e299]),
        Figure::new().curve([f64::MAX, f64::MIN, 1.0]),
        Figure::new().curve([1e-310, 2e-310]),
        Figure::new().curve([1e9, 1e9 + 1e-7]),
        Figure::new().line([-1.0, 0.0], [1.0, 2.0]).x_log(),
        Figure::new().line([5.0, 5.0], [1.0, 2.0]).x_log(),
        Figure::new().x_log(),
        Figure::new().curve([1, 2]).figsize(0.5, 0.5),
        confusion_matrix(none, [""; 0]),
        show_images(&[], [""; 0]),
        top_losses(&[], [""; 0], [""; 0], none, 5),
        show_image(&Tensor::zeros([0, 4])),
        pixel_table(&Tensor::zeros([0, 0])),
        speed_accuracy(&[]),
    ] {
        Document::parse(&figure.svg()).expect("well-formed");
        assert!(!figure.svg().contains("NaN"));
        assert!(figure.to_string().is_ascii());
        #[cfg(feature = "png")]
        figure.png();
    }
    assert_eq!(
        all(&Figure::new().svg(), "line", "x1").len(),
        6 + 6 + 2 + 6 + 6,
        "grid, axes and marks"
    );
}

#[test]
fn text_is_escaped() {
    let wild = "a < b & \"c\" > d \u{1} \u{7f}";
    let svg = Figure::new()
        .title(wild)
        .x_label(wild)
        .curve([1, 2])
        .named(wild)
        .svg();
    assert_eq!(
        texts(&svg)
            .iter()
            .filter(|text| text.contains("a < b & \"c\" > d"))
            .count(),
        3
    );
}

#[test]
fn pictures_hold_their_pixels() {
    let svg = show_images(&[Tensor::eye(3), Tensor::ones([2, 5])], ["a"]).svg();
    let links = all(&svg, "image", "href");
    assert!(
        links
            .iter()
            .all(|link| link.starts_with("data:image/png;base64,"))
    );
    let side = |attribute: &str| -> Vec<f64> {
        all(&svg, "image", attribute)
            .iter()
            .map(|text| text.parse().unwrap())
            .collect()
    };
    let ratios: Vec<f64> = side("width")
        .iter()
        .zip(side("height"))
        .map(|(w, h)| w / h)
        .collect();
    assert!(
        (ratios[0] - 1.0).abs() < 0.01 && (ratios[1] - 2.5).abs() < 0.01,
        "{ratios:?}"
    );
}

#[test]
fn signed_pictures_have_both_colours() {
    let figure = show_image(&tensor([[-1.0, 0.0, 1.0]]));
    assert_ne!(figure.svg(), figure.shading(Shading::Signed).svg());
}

#[test]
fn the_greatest_losses_come_first() {
    let images = vec![Tensor::zeros([2, 2]); 4];
    let svg = top_losses(
        &images,
        [0, 1, 2, 3],
        [0, 2, 2, 4],
        [0.01, 5.0, f64::NAN, 7.0],
        3,
    )
    .svg();
    let shown: Vec<String> = texts(&svg)
        .into_iter()
        .filter(|text| !text.starts_with("loss"))
        .collect();
    assert_eq!(shown, ["2, rightly", "3 taken for 4", "1 taken for 2"]);
}

#[test]
fn a_grid_has_a_panel_for_each() {
    let panels = (1..=4).map(|n| plot_function(|x| x * n, ("x", "y")).title(format!("step {n}")));
    let svg = Figure::grid(4, panels).figsize(12.0, 3.0).svg();
    assert!(svg.contains(r#"width="1200" height="300""#));
    assert_eq!(all(&svg, "polyline", "points").len(), 4);
    assert!((1..=4).all(|n| texts(&svg).contains(&format!("step {n}"))));
}

#[test]
fn layers_take_the_colours_in_turn_unless_they_say() {
    let svg = Figure::new()
        .curve([1, 2])
        .curve([2, 3])
        .color(Color::Green)
        .curve([3, 4])
        .svg();
    assert_eq!(
        all(&svg, "polyline", "stroke"),
        ["#0072b2", "#009e73", "#d55e00"]
    );
}

#[test]
fn someone_who_cannot_see_is_told() {
    let svg = Figure::new()
        .curve([1, 2])
        .title("Loss")
        .x_label("epoch")
        .y_label("loss")
        .svg();
    let document = Document::parse(&svg).unwrap();
    assert_eq!(
        document.root_element().attribute("aria-label"),
        Some("Loss (chart of loss over epoch)")
    );
    assert_eq!(document.root_element().attribute("role"), Some("img"));
}
