//! `cargo xtask gallery`: every kind of picture in light and dark, as SVG, as PNG and as a terminal shows it, on one
//! page.

mod ansi;
mod pictures;
mod trained;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hammerhead::plot::{Colours, Figure, Terminal, Theme};

use crate::failure::Failure;
use crate::say::say;
use crate::{browser, root};
use pictures::Picture;

/// Write a page with every kind of picture, in light and dark, as SVG, PNG and terminal text.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The folder to write to [default: target/gallery]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Also take pictures of the page into this folder, in light and dark, for desktop and phone
    #[arg(long, value_name = "DIR")]
    screenshots: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask gallery               writes target/gallery/index.html and a file of each picture beside it
  cargo xtask gallery --out DIR

The pictures show the lesson's data and nets trained for a moment on the real digits.";

/// Draws, writes and says where.
pub fn run(args: &Args) -> Result<(), Failure> {
    let folder = match &args.out {
        Some(folder) => folder.clone(),
        None => root::workspace()?.join("target").join("gallery"),
    };
    let count = write(&folder)?;
    let out = folder.join("index.html");
    say(format_args!("{}: {count} kinds of pictures", out.display()));
    if let Some(shots) = &args.screenshots {
        let page = ("gallery".to_owned(), browser::file_address(&out));
        browser::screenshots(shots, std::iter::once(page)).map_err(Failure::check)?;
    }
    Ok(())
}

/// Writes the page and the files, and returns how many kinds of pictures they show.
pub fn write(folder: &Path) -> Result<usize, Failure> {
    let refused = |path: &Path| {
        let path = path.display().to_string();
        move |e| Failure::input(format!("{path}: cannot write: {e}"))
    };
    std::fs::create_dir_all(folder).map_err(refused(folder))?;
    let pictures = pictures::all()?;
    for picture in &pictures {
        for (theme, ending) in [(Theme::Light, ""), (Theme::Dark, "-dark")] {
            for kind in ["svg", "png"] {
                let name = format!("{}{ending}.{kind}", picture.name);
                let figure = picture.figure.clone().theme(theme);
                figure.save(folder.join(name)).map_err(Failure::input)?;
            }
        }
        let name = format!("{}.txt", picture.name);
        picture
            .figure
            .save(folder.join(name))
            .map_err(Failure::input)?;
    }
    let out = folder.join("index.html");
    std::fs::write(&out, page(&pictures)).map_err(refused(&out))?;
    Ok(pictures.len())
}

/// The page, which needs no file beside it.
fn page(pictures: &[Picture]) -> String {
    let mut body = String::new();
    for picture in pictures {
        section(&mut body, picture).expect("text grows");
    }
    include_str!("page.html").replace("{{pictures}}", &body)
}

fn section(out: &mut String, picture: &Picture) -> std::fmt::Result {
    let Picture {
        name,
        title,
        figure,
    } = picture;
    writeln!(out, "<section id=\"{name}\">\n<h2>{title}</h2>")?;
    for (theme, class) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        let figure: Figure = figure.clone().theme(theme);
        writeln!(
            out,
            "<div class=\"{class}\"><h3>SVG</h3>\n{}</div>",
            figure.svg()
        )?;
        writeln!(
            out,
            "<div class=\"{class}\"><h3>PNG</h3>\n<img alt=\"{title} as PNG\" width=\"{}\" src=\"data:image/png;base64,{}\"></div>",
            width(&figure.svg()),
            STANDARD.encode(figure.png())
        )?;
    }
    let html = figure.html();
    if html.starts_with("<table") {
        writeln!(out, "<div class=\"light\"><h3>HTML</h3>\n{html}</div>")?;
    }
    for (heading, class, terminal) in [
        (
            "Terminal, true colours",
            "dark",
            Terminal::plain().colours(Colours::True),
        ),
        (
            "Terminal, 256 colours, light",
            "light",
            Terminal::plain()
                .colours(Colours::Ansi256)
                .theme(Theme::Light),
        ),
        ("Plain text", "dark", Terminal::plain()),
    ] {
        let text = ansi::html(&figure.text(&terminal));
        writeln!(
            out,
            "<div class=\"{class} text\"><h3>{heading}</h3>\n<pre>{text}</pre></div>"
        )?;
    }
    writeln!(out, "</section>")
}

/// The width that a picture likes, which its PNG has twice of.
fn width(svg: &str) -> &str {
    let after = svg.split("width=\"").nth(1).unwrap_or_default();
    after.split('"').next().unwrap_or_default()
}
