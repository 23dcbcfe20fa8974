//! Gradients and the seven steps: rows G1 to G20.

mod coaster;
mod gradients;
mod in_place;
mod rates;

use hammerhead::prelude::*;

use crate::chapters::prelude::*;

/// The chapter.
pub const CHAPTER: Chapter = Chapter {
    name: "descent",
    title: "Gradients and the seven steps",
    run,
};

fn run(course: &mut Course<'_>) -> Result<(), Box<dyn Error>> {
    course.listing("seven_steps", || {
        // ANCHOR: seven_steps
        seven_steps().show();
        // ANCHOR_END: seven_steps
    });
    let svg = course.picture().svg();
    let steps = [
        "init", "predict", "loss", "gradient", "step", "stop", "repeat",
    ];
    let all = steps.iter().all(|step| svg.contains(&format!(">{step}<")));
    course.row(
        "G1",
        holds(
            "a picture of init, predict, loss, gradient, step, stop, repeat",
            all,
        ),
    );
    gradients::run(course);
    rates::run(course);
    in_place::run(course);
    coaster::run(course);
    Ok(())
}
