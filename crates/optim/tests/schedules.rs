//! Schedules against PyTorch's sequences, the lesson's numbers and their own laws.

use std::f64::consts::PI;

use hammerhead_optim::schedule::{
    Annealing, Better, Constant, Cosine, Curve, Exponential, Linear, MultiStep, OneCycle, Phases,
    Plateau, Polynomial, Schedule, StepDecay, Threshold, WarmRestarts, from_fn,
};
use hammerhead_testkit::golden;
use proptest::prelude::*;

/// fastai's `fit_one_cycle(1, 0.1)`: up over a quarter, down to a 100,000th, momentum .95 .85 .95.
#[test]
fn row_n9() {
    let steps = 200;
    let cycle = OneCycle::fastai(0.1, steps);
    let (rate, momentum) = (cycle.rate(), cycle.momentum());
    // fastai's SchedCos: start + (1 + cos(pi * (1 - position))) * (end - start) / 2.
    let cosine = |start: f64, end: f64, position: f64| {
        start + (1.0 + (PI * (1.0 - position)).cos()) * (end - start) / 2.0
    };
    for step in 0..steps {
        let share = step as f64 / steps as f64;
        let (expected_rate, expected_momentum) = if share < 0.25 {
            let position = share / 0.25;
            (
                cosine(0.1 / 25.0, 0.1, position),
                cosine(0.95, 0.85, position),
            )
        } else {
            let position = (share - 0.25) / 0.75;
            (
                cosine(0.1, 0.1 / 1e5, position),
                cosine(0.85, 0.95, position),
            )
        };
        golden::close(rate.at(step), expected_rate, 1e-9).unwrap();
        golden::close(momentum.at(step), expected_momentum, 1e-12).unwrap();
    }
    assert_eq!(rate.at(0), 0.004);
    assert_eq!((rate.at(50), momentum.at(50)), (0.1, 0.85));
    assert_eq!(momentum.at(0), 0.95);
    golden::close(rate.at(steps), 1e-6, 1e-12).unwrap();
}

#[test]
fn a_curve_holds_its_ends_and_a_jump_takes_the_later_point() {
    let curve = Curve::new(
        Annealing::Linear,
        [(2.0, 1.0), (4.0, 3.0), (4.0, 8.0), (6.0, 6.0)],
    );
    let values: Vec<f64> = (0..8).map(|step| curve.at(step)).collect();
    assert_eq!(values, [1.0, 1.0, 1.0, 2.0, 8.0, 7.0, 6.0, 6.0]);
}

#[test]
fn one_cycle_stays_defined_for_very_few_steps() {
    for steps in 1..6 {
        for phases in [Phases::Two, Phases::Three] {
            for cycle in [OneCycle::new(0.1, steps), OneCycle::fastai(0.1, steps)] {
                let (rate, momentum) = (cycle.clone().phases(phases).rate(), cycle.momentum());
                for step in 0..steps + 2 {
                    assert!(
                        (0.0..=0.1).contains(&rate.at(step)),
                        "{steps} {phases:?} {step}"
                    );
                    assert!((0.85..=0.95).contains(&momentum.at(step)), "{steps} {step}");
                }
            }
        }
    }
}

#[test]
fn past_their_end_schedules_go_on_calmly() {
    let far = usize::MAX / 2;
    assert_eq!(StepDecay::new(1.0, 1, 0.5).at(far), 0.0);
    assert_eq!(Exponential::new(1.0, 0.5).at(far), 0.0);
    assert_eq!(MultiStep::new(1.0, [1, 2], 0.5).at(far), 0.25);
    assert_eq!(Linear::new(1.0, 3).at(far), 1.0);
    assert_eq!(Polynomial::new(1.0, 3, 1.0).at(far), 0.0);
    assert!((0.0..=1.0).contains(&WarmRestarts::new(1.0, 3).multiplier(2).at(far)));
    assert!((0.0..=1.0).contains(&WarmRestarts::new(1.0, 3).at(far)));
    assert!((0.0..=1.0).contains(&Cosine::new(1.0, 3).at(far)));
    assert_eq!(
        OneCycle::new(1.0, 10)
            .annealing(Annealing::Linear)
            .momentum()
            .at(far),
        0.95
    );
}

#[test]
fn a_plateau_goes_on_from_its_state_as_if_never_stopped() {
    let metrics = [
        1.0,
        0.9,
        0.95,
        f64::NAN,
        0.95,
        0.95,
        0.95,
        0.8,
        0.9,
        0.9,
        0.9,
        0.9,
    ];
    let new = || {
        Plateau::new(0.1)
            .factor(0.5)
            .patience(1)
            .cooldown(2)
            .minimum(0.02)
    };
    let mut whole = new();
    let expected: Vec<f64> = metrics
        .iter()
        .map(|metric| whole.observe(*metric))
        .collect();
    assert_eq!(*expected.last().unwrap(), 0.025);
    for cut in 0..metrics.len() {
        let mut before = new();
        let mut rates: Vec<f64> = metrics[..cut].iter().map(|m| before.observe(*m)).collect();
        let kept = serde_json::to_string(before.state()).unwrap();
        let mut after = new();
        after.restore(serde_json::from_str(&kept).unwrap());
        rates.extend(metrics[cut..].iter().map(|metric| after.observe(*metric)));
        assert_eq!(rates, expected, "cut at {cut}");
    }
}

#[test]
fn a_plateau_watches_an_accuracy_by_an_absolute_threshold() {
    let mut plateau = Plateau::new(1.0)
        .better(Better::Higher)
        .threshold(Threshold::Absolute(0.1))
        .patience(0);
    let rates = [0.5, 0.55, 0.7, 0.7].map(|accuracy| plateau.observe(accuracy));
    assert_eq!(rates[..3], [1.0, 0.1, 0.1]);
    golden::close(rates[3], 0.01, 1e-12).unwrap();
}

#[test]
fn a_reduction_below_the_smallest_change_is_not_made() {
    let mut plateau = Plateau::new(1e-3).patience(0).smallest_change(1e-2);
    plateau.observe(1.0);
    assert_eq!(plateau.observe(1.0), 1e-3);
}

#[test]
#[should_panic(expected = "Cosine: `period` must be at least 1")]
fn a_period_of_nothing_is_refused() {
    let _ = Cosine::new(0.1, 0);
}

#[test]
#[should_panic(expected = "OneCycle: `peak` must be a finite number, got NaN")]
fn a_rate_that_is_no_number_is_refused() {
    let _ = OneCycle::new(f64::NAN, 10);
}

#[test]
#[should_panic(
    expected = "OneCycle: the warm-up must take between 0 and 0.5 of the steps, got 0.6"
)]
fn three_phases_leave_room_for_the_third() {
    let _ = OneCycle::new(0.1, 10)
        .warm_up_share(0.6)
        .phases(Phases::Three);
}

proptest! {
    #[test]
    fn law_a_cosine_falls_over_its_period_and_repeats(
        initial in 1e-3..1.0, share in 0.0..0.9, period in 1usize..200, step in 0usize..1000,
    ) {
        let schedule = Cosine::new(initial, period).minimum(initial * share);
        let value = schedule.at(step);
        prop_assert!(value >= initial * share * (1.0 - 1e-12) && value <= initial * (1.0 + 1e-12));
        prop_assert_eq!(value, schedule.at(step + 2 * period));
        prop_assert!(step >= period || schedule.at(step + 1) < value);
    }

    #[test]
    fn law_warm_restarts_begin_again_at_the_top(
        period in 1usize..20, multiplier in 1usize..4, restarts in 0u32..5,
    ) {
        let schedule = WarmRestarts::new(0.1, period).multiplier(multiplier);
        let start: usize = (0..restarts).map(|k| period * multiplier.pow(k)).sum();
        let length = period * multiplier.pow(restarts);
        prop_assert_eq!(schedule.at(start), 0.1);
        for step in start + 1..start + length {
            prop_assert!(schedule.at(step) < schedule.at(step - 1));
        }
    }

    #[test]
    fn law_one_cycle_rises_to_its_peak_and_falls(
        steps in 10usize..400, share in 0.2..0.5, fastai in any::<bool>(),
        annealing in prop_oneof![Just(Annealing::Cosine), Just(Annealing::Linear)],
    ) {
        let cycle = if fastai { OneCycle::fastai(0.1, steps) } else { OneCycle::new(0.1, steps) };
        let cycle = cycle.warm_up_share(share).annealing(annealing);
        let (rate, momentum) = (cycle.rate(), cycle.momentum());
        let top = share * steps as f64 - if fastai { 0.0 } else { 1.0 };
        for step in 1..steps {
            let (before, now) = (rate.at(step - 1), rate.at(step));
            if step as f64 <= top {
                prop_assert!(now > before && momentum.at(step) < momentum.at(step - 1));
            } else if (step - 1) as f64 >= top {
                prop_assert!(now < before && momentum.at(step) > momentum.at(step - 1));
            }
        }
    }

    #[test]
    fn law_then_is_associative(m in 0usize..20, n in 0usize..20, step in 0usize..60) {
        let (a, b) = (|| Exponential::new(0.3, 0.9), || Cosine::new(0.2, 7));
        let c = || from_fn(|step| step as f64);
        let left = a().then(m, b()).then(m + n, c());
        let right = a().then(m, b().then(n, c()));
        prop_assert_eq!(left.at(step), right.at(step));
    }

    #[test]
    fn law_a_warm_up_meets_the_schedule_it_leads_to(
        steps in 1usize..50, factor in 0.0..1.0, step in 0usize..100,
    ) {
        let main = StepDecay::new(0.1, 10, 0.5);
        let warmed = main.clone().warm_up(steps, factor);
        if step < steps {
            let expected = 0.1 * (factor + (1.0 - factor) * step as f64 / steps as f64);
            prop_assert!((warmed.at(step) - expected).abs() < 1e-15);
        } else {
            prop_assert_eq!(warmed.at(step), main.at(step - steps));
        }
    }

    #[test]
    fn law_a_product_is_taken_at_every_step(steps in 1usize..50, step in 0usize..100) {
        let product = Linear::new(1.0, steps).times(Exponential::new(0.1, 0.9)).times(Constant(2.0));
        let expected = Linear::new(1.0, steps).at(step) * Exponential::new(0.1, 0.9).at(step) * 2.0;
        prop_assert_eq!(product.at(step), expected);
    }
}
