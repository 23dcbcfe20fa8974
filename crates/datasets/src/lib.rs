//! Hammerhead: datasets.
