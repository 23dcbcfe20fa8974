//! The rows of the lesson, each asserted by a test of its name.

mod book;
mod by_hand;
mod learner;
mod loss;
mod models;
mod tensors;
