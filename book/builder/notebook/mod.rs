//! The lesson's pages as notebooks for evcxr, Jupyter's kernel for Rust.
//!
//! A notebook is made of a page ([`cells`]): its words are the book's ([`words`]), its code is the listings', each in what
//! it needs around it in a notebook ([`frames`]). [`file`](mod@file) reads and writes `.ipynb` files, and [`judge`]
//! compares what the cells of an executed notebook left with what the listings printed.

pub mod cells;
pub mod file;
pub mod frames;
pub mod judge;
pub mod words;

pub use cells::{Cell, Notebook, notebooks};
