//! Small pictures in the terminal, character for character.

use hammerhead_plot::{
    Colours, Figure, Terminal, Theme, confusion_matrix, pixel_table, seven_steps, show_image,
    show_images,
};
use hammerhead_tensor::{Tensor, tensor};

fn plain() -> Terminal {
    Terminal::plain().columns(40)
}

fn coloured() -> Terminal {
    plain().colours(Colours::True)
}

#[track_caller]
fn prints(figure: &Figure, terminal: &Terminal, expected: &[&str]) {
    let text = figure.text(terminal);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines, expected, "\n{text}");
}

fn parabola() -> Figure {
    let x = Tensor::linspace(-2.0, 2.0, 9);
    Figure::new()
        .scatter(&x, x.pow(2))
        .named("data")
        .line([-2, 2], [0, 4])
        .named("$2x$")
        .title("$x^2$")
        .x_label("x")
        .y_label("y")
        .figsize(6.0, 3.0)
}

#[test]
fn a_chart_in_plain_characters() {
    let expected = [
        "x^2",
        " o  data  ### 2x",
        "y",
        "  | o                           #####o",
        "  |                     ########",
        "  |     o        ########        o",
        "  |       ##o#####           o",
        "0-| ######      o    o   o",
        "  +-+-------+--------+-------+-------+-",
        "   -2       -1       0       1       2",
        "                     x",
    ];
    prints(&parabola(), &plain(), &expected);
}

/// The text without its colours.
fn bare(text: &str) -> Vec<String> {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        if letter == '\u{1b}' {
            rest.by_ref().find(|c| *c == 'm');
        } else {
            out.push(letter);
        }
    }
    out.lines().map(str::to_owned).collect()
}

#[test]
fn a_chart_in_colour_has_finer_lines() {
    let text = parabola().text(&coloured());
    let expected = [
        "x²",
        " ●  data  ⠒⠒⠒ 2x",
        "y",
        "  │ ●                           ⣀⣀⠤⠔⠒●",
        "  │                     ⢀⣀⡠⠤⠔⠒⠉⠉",
        "  │     ●        ⢀⣀⠤⠤⠒⠒⠉⠁        ●",
        "  │       ⣀⣀●⠔⠒⠊⠉⠁           ●",
        "0─│ ⡠⠤⠔⠒⠉⠉      ●    ●   ●",
        "  ╰─┬───────┬────────┬───────┬───────┬─",
        "   −2       −1       0       1       2",
        "                     x",
    ];
    assert_eq!(bare(&text), expected);
    // The colours of the first two series in the dark, and each line ends with the terminal's own.
    assert!(text.contains("\x1b[38;2;74;163;224m●") && text.contains("38;2;245;133;63m"));
    for line in text.lines().filter(|line| line.contains('\x1b')) {
        assert!(
            line.ends_with("\x1b[0m") || line.rfind("\x1b[39m").is_some(),
            "{line:?}"
        );
    }
}

#[test]
fn bars_stand_on_zero() {
    let expected = [
        "  |  _________",
        "  |  #########",
        "2-|  #########",
        "  |  #########",
        "  |  #########   ________",
        "  |  #########   ########",
        "0-|  \"\"\"\"\"\"\"\"\"   \"\"\"\"\"\"\"\"   _________",
        "  |                         #########",
        "  |                         \"\"\"\"\"\"\"\"\"",
        "  +------+-----------+----------+------",
        "         a           b          c",
    ];
    let figure = Figure::new()
        .bars(["a", "b", "c"], [3.0, 1.0, -1.0])
        .figsize(6.0, 2.5);
    prints(&figure, &plain(), &expected);
}

#[test]
fn pictures_are_magnified_and_halves_of_cells_are_pixels() {
    let figure = show_images(&[Tensor::eye(4), Tensor::ones([4, 4])], ["eye", "ones"]);
    let diagonal = |i: usize| {
        format!(
            "{}@@@@{}  @@@@@@@@@@@@@@@@",
            " ".repeat(4 * i),
            " ".repeat(12 - 4 * i)
        )
    };
    let mut expected = vec!["       eye              ones".to_owned()];
    expected.extend((0..8).map(|row| diagonal(row / 2)));
    prints(
        &figure,
        &plain(),
        &expected.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    // 40 rows of pixels in 20 lines, two colours in each character.
    let rows: Vec<f32> = (0..40 * 40).map(|i| (i / 40 % 2) as f32).collect();
    let text = show_image(&Tensor::from_vec(rows, [40, 40])).text(&coloured());
    let line = format!(
        "\x1b[38;2;21;25;31;48;2;230;233;237m{}\x1b[0m",
        "▀".repeat(40)
    );
    assert_eq!(text.lines().collect::<Vec<_>>(), vec![line; 20]);
}

#[test]
fn colours_are_those_of_the_terminal() {
    let figure = show_image(&tensor([[0.0, 1.0]]));
    let text = |terminal: Terminal| {
        figure
            .text(&terminal)
            .lines()
            .next()
            .unwrap()
            .trim_start()
            .to_owned()
    };
    assert_eq!(
        text(coloured()),
        "\x1b[48;2;21;25;31m    \x1b[48;2;230;233;237m    \x1b[0m"
    );
    assert_eq!(
        text(coloured().theme(Theme::Light)),
        "\x1b[48;2;255;255;255m    \x1b[48;2;31;35;40m    \x1b[0m"
    );
    assert_eq!(
        text(plain().colours(Colours::Ansi256)),
        "\x1b[48;5;234m    \x1b[48;5;255m    \x1b[0m"
    );
}

#[test]
fn tables() {
    prints(
        &confusion_matrix([50, 0, 3, 45], ["3", "7"]),
        &plain(),
        &[
            "actual",
            "     3  50   *",
            "     7   3  45",
            "         3   7",
            "       predicted",
        ],
    );
    let bytes = Tensor::from_vec(vec![0u8, 29, 150, 254], [2, 2]);
    prints(&pixel_table(&bytes), &plain(), &["  0    29", " 150  254"]);
    let first = pixel_table(&bytes).text(&coloured());
    assert_eq!(
        first.lines().next(),
        Some(
            "\x1b[48;2;21;25;31m  \x1b[38;2;255;255;255m0\x1b[39m  \x1b[48;2;45;49;55m  \
             \x1b[38;2;255;255;255m29\x1b[39m \x1b[0m"
        )
    );
}

#[test]
fn the_seven_steps() {
    prints(
        &seven_steps(),
        &plain(),
        &[
            "               +-------------- repeat -------------+",
            "               v                                   |",
            "+------+  +---------+  +------+  +----------+  +------+  +------+",
            "| init |->| predict |->| loss |->| gradient |->| step |->| stop |",
            "+------+  +---------+  +------+  +----------+  +------+  +------+",
        ],
    );
    assert_eq!(
        bare(&seven_steps().text(&coloured())),
        [
            "               ╭────────────── repeat ─────────────╮",
            "               ▼                                   │",
            "╭──────╮  ╭─────────╮  ╭──────╮  ╭──────────╮  ╭──────╮  ╭──────╮",
            "│ init │─▶│ predict │─▶│ loss │─▶│ gradient │─▶│ step │─▶│ stop │",
            "╰──────╯  ╰─────────╯  ╰──────╯  ╰──────────╯  ╰──────╯  ╰──────╯",
        ]
    );
}

#[test]
fn plain_text_is_ascii_and_no_wider_than_asked() {
    let figure = Figure::new()
        .title("größe → ∞, $10^{-3}$, 数")
        .line([1e-7, 1.0], [1e7, 2e7])
        .x_log()
        .named("αβγ");
    for columns in [20, 40, 80, 200] {
        let text = figure.text(&Terminal::plain().columns(columns));
        assert!(text.is_ascii(), "{text}");
        assert!(
            text.lines().skip(1).all(|line| line.len() <= columns + 8),
            "{text}"
        );
    }
    assert!(
        figure.to_string().starts_with("gr??e > ?, 10^-3, ?"),
        "{figure}"
    );
}

#[test]
fn wide_letters_take_two_places() {
    let figure = Figure::new().bars(["数", "b"], [1, 2]).figsize(6.0, 2.5);
    let text = figure.text(&coloured());
    let last = bare(&text).pop().unwrap();
    assert_eq!(last.trim_start(), "数               b");
}

#[test]
fn panels_stand_beside_each_other_where_there_is_room() {
    let figure = Figure::grid(
        2,
        [Figure::new().title("left"), Figure::new().title("right")],
    );
    let beside = figure.text(&Terminal::plain());
    assert!(beside.lines().next().unwrap().starts_with("left"));
    assert!(beside.lines().next().unwrap().ends_with("right"));
    let below = figure.text(&plain());
    assert!(!below.lines().next().unwrap().contains("right") && below.contains("\nright\n"));
}
