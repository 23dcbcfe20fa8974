//! A scene on a grid of characters: text, braille dots for lines, half blocks for areas, box lines for axes.

use unicode_width::UnicodeWidthChar;

use crate::color::{Color, Rgb, Theme, mix};
use crate::draw::medium::CELL;
use crate::draw::scene::{Anchor, Point, Role, Scene, Shape, Turn};

/// The directions in which a box line leaves its cell.
pub(super) const UP: u8 = 1;
pub(super) const DOWN: u8 = 2;
pub(super) const LEFT: u8 = 4;
pub(super) const RIGHT: u8 = 8;

/// One character's place; what comes first in this list hides what comes after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    /// A letter and its colour; `None` as colour is the terminal's own.
    pub letter: Option<(char, Option<Rgb>)>,
    /// The cell is the second half of the wide letter before it.
    pub covered: bool,
    /// The head of an arrow.
    pub head: Option<(char, Rgb)>,
    /// A point.
    pub point: Option<Rgb>,
    /// Dots of lines: bit `4 * column + row` of two columns and four rows.
    pub dots: u8,
    pub dots_rgb: Rgb,
    /// Directions of box lines.
    pub lines: u8,
    pub lines_rgb: Rgb,
    /// Fill of the upper and the lower half.
    pub halves: [Option<(Rgb, Role)>; 2],
}

/// Cells row by row.
pub(super) struct Cells {
    pub columns: usize,
    pub cells: Vec<Cell>,
    /// The colours of points and lines in the order in which they were drawn.
    pub series: Vec<Rgb>,
}

/// More points than this are drawn as dots, which are finer.
const POINTS: usize = 400;

impl Cells {
    pub fn of(scene: &Scene) -> Self {
        let columns = (scene.width / CELL.0).ceil().max(1.0) as usize;
        let rows = (scene.height / CELL.1).ceil().max(1.0) as usize;
        let mut cells = Self {
            columns,
            cells: vec![Cell::default(); columns * rows],
            series: Vec::new(),
        };
        let points = scene
            .shapes
            .iter()
            .filter(|shape| matches!(shape, Shape::Dot { .. }))
            .count();
        for shape in &scene.shapes {
            if let Shape::Line { paint, .. } | Shape::Dot { paint, .. } = shape
                && !cells.series.contains(&paint.rgb)
            {
                cells.series.push(paint.rgb);
            }
            cells.draw(shape, scene.theme, points <= POINTS);
        }
        cells.close_corners();
        cells
    }

    fn at(&mut self, column: f64, row: f64) -> Option<&mut Cell> {
        if column < 0.0 || row < 0.0 || column as usize >= self.columns {
            return None;
        }
        self.cells
            .get_mut(row as usize * self.columns + column as usize)
    }

    fn draw(&mut self, shape: &Shape, theme: Theme, few: bool) {
        match shape {
            Shape::Rule { from, to, rgb, .. } => self.rule(*from, *to, *rgb),
            Shape::Line { points, paint, .. } => {
                for pair in points.windows(2) {
                    self.segment(pair[0], pair[1], paint.rgb);
                }
            }
            Shape::Arrow { points, rgb } => self.arrow(points, *rgb),
            Shape::Rect {
                at,
                size,
                paint,
                role,
            } => {
                let rgb = mix(theme.background(), paint.rgb, paint.alpha);
                self.fill(*at, *size, |_, _| rgb, *role);
            }
            Shape::Frame {
                at, size, border, ..
            } => self.frame(*at, *size, *border),
            Shape::Dot { at, paint, .. } => {
                let (column, row) = ((at.0 / CELL.0).floor(), (at.1 / CELL.1).floor());
                if !few {
                    self.dot(*at, paint.rgb);
                } else if let Some(cell) = self.at(column, row) {
                    cell.point = Some(paint.rgb);
                }
            }
            Shape::Text {
                at,
                text,
                size,
                anchor,
                turn: Turn::Level,
                rgb,
            } => {
                let rgb = (*rgb != theme.shade(Color::Ink)).then_some(*rgb);
                self.text(*at, text, *size, *anchor, rgb);
            }
            // Nothing is laid out upwards for cells.
            Shape::Text { .. } => {}
            Shape::Picture {
                at,
                size,
                columns,
                pixels,
            } => self.picture(*at, *size, *columns, pixels),
        }
    }

    fn text(&mut self, at: Point, text: &str, size: f64, anchor: Anchor, rgb: Option<Rgb>) {
        let width: usize = text.chars().filter_map(UnicodeWidthChar::width).sum();
        let width = width as f64 * CELL.0;
        let left = match anchor {
            Anchor::Start => at.0,
            Anchor::Middle => at.0 - width / 2.0,
            Anchor::End => at.0 - width,
        };
        let row = ((at.1 - size * crate::font::CAPITALS / 2.0) / CELL.1).floor();
        let mut column = (left / CELL.0).round();
        for letter in text.chars() {
            let Some(wide @ 1..) = letter.width() else {
                continue;
            };
            if let Some(cell) = self.at(column, row) {
                cell.letter = Some((letter, rgb));
            }
            for next in 1..wide {
                if let Some(cell) = self.at(column + next as f64, row) {
                    cell.covered = true;
                }
            }
            column += wide as f64;
        }
    }

    /// Marks on axes are as long as a cell or shorter, and point away from the data.
    fn rule(&mut self, from: Point, to: Point, rgb: Rgb) {
        let level = from.1 == to.1;
        let length = (to.0 - from.0).abs() + (to.1 - from.1).abs();
        let (low, high) = (
            (from.0.min(to.0), from.1.min(to.1)),
            (from.0.max(to.0), from.1.max(to.1)),
        );
        if length <= CELL.0 + 0.1 {
            let bit = if level { LEFT } else { DOWN };
            self.line((low.0 / CELL.0).floor(), (low.1 / CELL.1).floor(), bit, rgb);
        } else if level {
            let row = (low.1 / CELL.1).floor();
            for column in (low.0 / CELL.0).round() as i64..(high.0 / CELL.0).round() as i64 {
                self.line(column as f64, row, LEFT | RIGHT, rgb);
            }
        } else {
            let column = (low.0 / CELL.0).floor();
            for row in (low.1 / CELL.1).round() as i64..(high.1 / CELL.1).round() as i64 {
                self.line(column, row as f64, UP | DOWN, rgb);
            }
        }
    }

    fn line(&mut self, column: f64, row: f64, bits: u8, rgb: Rgb) {
        if let Some(cell) = self.at(column, row) {
            cell.lines |= bits;
            cell.lines_rgb = rgb;
        }
    }

    fn frame(&mut self, at: Point, size: Point, rgb: Rgb) {
        let (left, top) = ((at.0 / CELL.0).round(), (at.1 / CELL.1).round());
        let (right, bottom) = (
            left + (size.0 / CELL.0).round() - 1.0,
            top + (size.1 / CELL.1).round() - 1.0,
        );
        for column in left as i64 + 1..right as i64 {
            self.line(column as f64, top, LEFT | RIGHT, rgb);
            self.line(column as f64, bottom, LEFT | RIGHT, rgb);
        }
        for row in top as i64 + 1..bottom as i64 {
            self.line(left, row as f64, UP | DOWN, rgb);
            self.line(right, row as f64, UP | DOWN, rgb);
        }
        self.line(left, top, RIGHT | DOWN, rgb);
        self.line(right, top, LEFT | DOWN, rgb);
        self.line(left, bottom, RIGHT | UP, rgb);
        self.line(right, bottom, LEFT | UP, rgb);
    }

    fn arrow(&mut self, points: &[Point], rgb: Rgb) {
        // A point on the border of two cells belongs to the one that the arrow runs through.
        let cell = |at: Point, towards: Point| {
            let inside = |a: f64, b: f64| a + (b - a).signum() * if a == b { 0.0 } else { 0.01 };
            (
                (inside(at.0, towards.0) / CELL.0).floor(),
                (inside(at.1, towards.1) / CELL.1).floor(),
            )
        };
        let Some(last) = points.len().checked_sub(1) else {
            return;
        };
        let mut place = cell(points[0], points[1]);
        let mut heading = None;
        for (i, pair) in points.windows(2).enumerate() {
            let end = if i + 1 == last {
                cell(pair[1], pair[0])
            } else {
                cell(pair[1], pair[1])
            };
            let (dx, dy) = (sign(end.0 - place.0), sign(end.1 - place.1));
            let (leave, enter) = match (dx, dy) {
                (1, _) => (RIGHT, LEFT),
                (-1, _) => (LEFT, RIGHT),
                (_, 1) => (DOWN, UP),
                (_, -1) => (UP, DOWN),
                _ => continue,
            };
            if heading.is_none() {
                self.line(place.0, place.1, enter, rgb);
            }
            heading = Some(leave);
            while place != end {
                self.line(place.0, place.1, leave, rgb);
                place = (place.0 + dx as f64, place.1 + dy as f64);
                self.line(place.0, place.1, enter, rgb);
            }
        }
        let head = match heading {
            Some(LEFT) => '◀',
            Some(UP) => '▲',
            Some(DOWN) => '▼',
            _ => '▶',
        };
        if let Some(cell) = self.at(place.0, place.1) {
            cell.head = Some((head, rgb));
        }
    }

    /// Where a line begins beside another that points to the same empty corner, the corner joins them.
    fn close_corners(&mut self) {
        let lines: Vec<(u8, Rgb)> = self
            .cells
            .iter()
            .map(|cell| (cell.lines, cell.lines_rgb))
            .collect();
        for i in self.columns..self.cells.len() {
            let (above, right) = (
                lines[i - self.columns],
                lines.get(i + 1).copied().unwrap_or_default(),
            );
            let last = (i + 1).is_multiple_of(self.columns);
            if lines[i].0 == 0 && above.0 & DOWN != 0 && !last && right.0 & LEFT != 0 {
                self.cells[i].lines = UP | RIGHT;
                self.cells[i].lines_rgb = above.1;
            }
        }
    }

    fn dot(&mut self, at: Point, rgb: Rgb) {
        let (column, row) = ((at.0 / CELL.0 * 2.0).floor(), (at.1 / CELL.1 * 4.0).floor());
        if let Some(cell) = self.at((column / 2.0).floor(), (row / 4.0).floor()) {
            cell.dots |= 1 << (4 * (column as usize % 2) + row as usize % 4);
            cell.dots_rgb = rgb;
        }
    }

    fn segment(&mut self, from: Point, to: Point, rgb: Rgb) {
        // An end on the lower or right edge belongs to the cell before it.
        let steps = ((to.0 - from.0).abs() / 4.0)
            .max((to.1 - from.1).abs() / 4.0)
            .ceil()
            .max(1.0);
        for step in 0..=steps as usize {
            let share = step as f64 / steps;
            let at = (
                from.0 + (to.0 - from.0) * share,
                from.1 + (to.1 - from.1) * share,
            );
            self.dot((at.0 - 0.01, at.1 - 0.01), rgb);
        }
    }

    /// Fills halves of cells, at least one, so that nothing vanishes.
    fn fill(&mut self, at: Point, size: Point, rgb: impl Fn(usize, usize) -> Rgb, role: Role) {
        let half = CELL.1 / 2.0;
        let (left, top) = ((at.0 / CELL.0).round(), (at.1 / half).round());
        let right = ((at.0 + size.0) / CELL.0).round().max(left + 1.0);
        let bottom = ((at.1 + size.1) / half).round().max(top + 1.0);
        for row in 0..(bottom - top) as usize {
            for column in 0..(right - left) as usize {
                let place = (left + column as f64, top + row as f64);
                if place.1 < 0.0 {
                    continue;
                }
                if let Some(cell) = self.at(place.0, (place.1 / 2.0).floor()) {
                    cell.halves[place.1 as usize % 2] = Some((rgb(column, row), role));
                }
            }
        }
    }

    /// Each half of a cell takes the mean of the pixels that it covers.
    fn picture(&mut self, at: Point, size: Point, columns: usize, pixels: &[Rgb]) {
        let rows = pixels.len() / columns;
        let across = (size.0 / CELL.0).round().max(1.0);
        let down = (size.1 / CELL.1 * 2.0).round().max(1.0);
        let span = |i: usize, of: f64, count: usize| {
            let start = (i as f64 * count as f64 / of) as usize;
            let end = (((i + 1) as f64 * count as f64 / of).ceil() as usize)
                .clamp(start + 1, count.max(1));
            start.min(count - 1)..end
        };
        let mean = |column: usize, row: usize| {
            let mut sum = [0usize; 3];
            let mut count = 0;
            for y in span(row, down, rows) {
                for x in span(column, across, columns) {
                    let pixel = pixels[y * columns + x];
                    (0..3).for_each(|i| sum[i] += usize::from(pixel[i]));
                    count += 1;
                }
            }
            sum.map(|channel| (channel / count) as u8)
        };
        self.fill(at, size, mean, Role::Pixel);
    }
}

/// The sign of a whole number, 0 of 0.
fn sign(difference: f64) -> i64 {
    (difference as i64).signum()
}
