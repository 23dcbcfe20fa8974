//! The files, a picture, and its pixels.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use hammerhead::datasets::{Colour, Picture, cache_folder};
use hammerhead::prelude::*;

use crate::chapters::prelude::*;

// ANCHOR: list
/// A list that says how long it is, and shows its first ten items.
struct L<T>(Vec<T>);

impl<T: Display> Display for L<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<String> = self.0.iter().take(10).map(T::to_string).collect();
        let more = if self.0.len() > 10 { "..." } else { "" };
        write!(f, "(#{}) [{}{more}]", self.0.len(), shown.join(","))
    }
}
// ANCHOR_END: list

// ANCHOR: ls
/// The names in a folder, sorted as text.
fn ls(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    Ok(paths)
}

fn names(paths: &[PathBuf]) -> L<String> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    L(paths.iter().map(name).collect())
}
// ANCHOR_END: ls

type Files = (Vec<PathBuf>, Vec<PathBuf>);

/// The files of the training threes and sevens.
pub fn run(course: &mut Course<'_>) -> Result<Files, Box<dyn Error>> {
    let path = course.listing("unpack", || -> Result<PathBuf, Box<dyn Error>> {
        // ANCHOR: unpack
        let path = MnistSample::unpack(cache_folder()?)?;
        println!("{}", names(&ls(&path)?));
        // ANCHOR_END: unpack
        Ok(path)
    })?;
    course.row("P1", equal(course.line(0), "(#3) [labels.csv,train,valid]"));
    let sum = path.with_extension("checksum");
    course.row("P1", holds("a checksum beside it", sum.is_file()));

    lists(course);
    let (threes, sevens) = course.listing("threes", || -> std::io::Result<Files> {
        // ANCHOR: threes
        let threes = ls(&path.join("train").join("3"))?;
        let sevens = ls(&path.join("train").join("7"))?;
        println!("{}", names(&threes));
        println!("{}", names(&sevens));
        // ANCHOR_END: threes
        Ok((threes, sevens))
    })?;
    let starts = |line: String, start: &str| holds(start, line.starts_with(start));
    course.row(
        "P3",
        starts(course.line(0), "(#6131) [10.png,10000.png,10011.png,"),
    );
    course.row("P3", starts(course.line(1), "(#6265) ["));

    let im3 = course.listing("open", || -> Result<Tensor, Box<dyn Error>> {
        // ANCHOR: open
        let im3 = Picture::open(&threes[1], Colour::Grey)?;
        println!("{} x {} pixels of {:?}", im3.width, im3.height, im3.colour);
        let im3 = Tensor::from_vec(im3.pixels, [im3.height, im3.width]);
        show_image(&im3).show();
        // ANCHOR_END: open
        Ok(im3)
    })?;
    course.row("P4", equal(course.line(0), "28 x 28 pixels of Grey"));
    block(course, &im3);
    Ok((threes, sevens))
}

fn lists(course: &mut Course<'_>) {
    course.listing("lists", || {
        // ANCHOR: lists
        let mut numbers: Vec<i64> = (0..20).rev().collect();
        println!("{}", L(numbers.clone()));
        numbers.sort();
        println!("{}", L(numbers.iter().map(|n| n * n).collect()));

        let rows = [[0.64, 0.50, 0.4956], [0.52, 0.19, 0.8474]];
        println!("{}", L(rows.iter().map(|row| row[2]).collect()));
        println!("{}", L(rows.concat()));
        // ANCHOR_END: lists
    });
    course.row(
        "P2",
        equal(course.line(0), "(#20) [19,18,17,16,15,14,13,12,11,10...]"),
    );
    course.row(
        "P2",
        equal(course.line(1), "(#20) [0,1,4,9,16,25,36,49,64,81...]"),
    );
    course.row("P2", equal(course.line(2), "(#2) [0.4956,0.8474]"));
    course.row(
        "P2",
        equal(course.line(3), "(#6) [0.64,0.5,0.4956,0.52,0.19,0.8474]"),
    );
}

fn block(course: &mut Course<'_>, im3: &Tensor) {
    course.listing("block", || {
        // ANCHOR: block
        let block = im3.i((4..10, 4..10));
        println!("{}", block.numpy_repr());
        println!("{block}");
        // ANCHOR_END: block
    });
    let rows = [
        "[  0,   0,   0,   0,   0,   0]",
        "[  0,   0,   0,   0,   0,  29]",
        "[  0,   0,   0,  48, 166, 224]",
        "[  0,  93, 244, 249, 253, 187]",
        "[  0, 107, 253, 253, 230,  48]",
        "[  0,   3,  20,  20,  15,   0]",
    ];
    let numpy = format!("array([{}], dtype=uint8)", rows.join(",\n       "));
    let torch = format!("tensor([{}], dtype=torch.uint8)", rows.join(",\n        "));
    course.row("P5", equal(course.text(), format!("{numpy}\n{torch}")));

    course.listing("pixel_table", || {
        // ANCHOR: pixel_table
        pixel_table(&im3.i((4..15, 4..22))).show();
        // ANCHOR_END: pixel_table
    });
    let svg = course.picture().svg();
    let cells = svg.matches("<text").count();
    course.row("P6", holds("254 in a cell", svg.contains(">254<")));
    course.row("P6", at_least(cells as f64, 11.0 * 18.0));
}
