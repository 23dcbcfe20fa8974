//! Learning rates on x²: too small, about right, bouncing, too large.

use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: walk
/// Where descent from -1.8 comes in ten steps.
fn walk(lr: f64) -> Vec<f64> {
    let w = tensor(-1.8).requires_grad_();
    let mut places = vec![w.item()];
    for _ in 0..10 {
        w.pow(2).backward();
        no_grad(|| w.sub_(w.grad().unwrap() * lr));
        w.zero_grad();
        places.push(w.item());
    }
    places
}
// ANCHOR_END: walk

pub fn run(course: &mut Course<'_>) {
    let walks = course.listing("rates", || {
        // ANCHOR: rates
        let rates = [(0.01, "too small"), (0.9, "bouncing"), (1.05, "too large")];
        let walks = rates.map(|(lr, _)| walk(lr));
        let panels = rates.iter().zip(&walks).map(|((lr, name), places)| {
            println!("lr {lr}: from {:.1} to {:.4}", places[0], places[10]);
            let heights: Vec<f64> = places.iter().map(|w| w * w).collect();
            plot_function(|w| w.pow(2), format!("lr {lr}: {name}").as_str())
                .line(places, &heights)
                .scatter(places, &heights)
        });
        Figure::grid(3, panels).figsize(12.0, 4.0).show();
        // ANCHOR_END: rates
        walks
    });
    let ends = [&walks[0], &walks[1], &walks[2]].map(|places| places[10].abs());
    course.row("G17", holds("0.01 is still above 1", ends[0] > 1.0));
    let sides = walks[1].windows(2).all(|pair| pair[0] * pair[1] < 0.0);
    course.row(
        "G17",
        holds("0.9 bounces and comes closer", sides && ends[1] < 0.3),
    );
    course.row("G17", holds("1.05 goes away", ends[2] > 1.8));
}
