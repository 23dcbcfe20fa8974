//! Hammerhead: learner.
