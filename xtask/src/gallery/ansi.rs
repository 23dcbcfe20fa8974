//! A terminal's text as a page shows it.

use std::fmt::Write;

/// Text with colours of 16 million or of 256 as HTML.
pub fn html(text: &str) -> String {
    let mut out = String::new();
    let (mut front, mut behind): (Option<[u8; 3]>, Option<[u8; 3]>) = (None, None);
    let mut rest = text;
    while let Some(start) = rest.find("\x1b[") {
        write_run(&mut out, &rest[..start], front, behind);
        let code = &rest[start + 2..];
        let end = code.find('m').unwrap_or(code.len());
        let mut numbers = code[..end]
            .split(';')
            .map(|number| number.parse::<u8>().unwrap_or(0));
        while let Some(number) = numbers.next() {
            match number {
                38 => front = colour(&mut numbers),
                48 => behind = colour(&mut numbers),
                39 => front = None,
                49 => behind = None,
                _ => (front, behind) = (None, None),
            }
        }
        rest = code.get(end + 1..).unwrap_or_default();
    }
    write_run(&mut out, rest, front, behind);
    out
}

fn write_run(out: &mut String, text: &str, front: Option<[u8; 3]>, behind: Option<[u8; 3]>) {
    let mut whole = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => whole += "&amp;",
            '<' => whole += "&lt;",
            // Few fonts have dots of the width of their letters.
            '\u{2800}'..='\u{28ff}' => write!(whole, "<i>{letter}</i>").expect("text grows"),
            _ => whole.push(letter),
        }
    }
    let text = whole;
    let mut style = String::new();
    for (property, rgb) in [("color", front), ("background", behind)] {
        if let Some([r, g, b]) = rgb {
            write!(style, "{property}:rgb({r} {g} {b});").expect("text grows");
        }
    }
    if style.is_empty() || text.is_empty() {
        *out += &text;
    } else {
        write!(out, "<span style=\"{style}\">{text}</span>").expect("text grows");
    }
}

fn colour(numbers: &mut impl Iterator<Item = u8>) -> Option<[u8; 3]> {
    if numbers.next()? == 2 {
        return Some([numbers.next()?, numbers.next()?, numbers.next()?]);
    }
    let level = |i: u8| if i == 0 { 0 } else { 55 + 40 * i };
    Some(match numbers.next()? {
        i @ 232.. => [8 + 10 * (i - 232); 3],
        i @ 16.. => [
            level((i - 16) / 36),
            level((i - 16) / 6 % 6),
            level((i - 16) % 6),
        ],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn colours_become_spans() {
        assert_eq!(html("a<b ⠒"), "a&lt;b <i>⠒</i>");
        assert_eq!(
            html("\x1b[38;2;1;2;3mx\x1b[39m y\x1b[48;5;196mz\x1b[0m."),
            "<span style=\"color:rgb(1 2 3);\">x</span> y<span style=\"background:rgb(255 0 0);\">z</span>."
        );
        assert_eq!(
            html("\x1b[38;5;244mg"),
            "<span style=\"color:rgb(128 128 128);\">g</span>"
        );
    }
}
