//! Hammerhead: nn.
