//! Values as Python prints them, for the printout of modules.

/// `True` or `False`.
pub(crate) fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// A float as Python's `repr`: `0.1`, `1e-05`, `1.0`.
pub(crate) fn python_float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) && value.is_finite() {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text
            .split_once('e')
            .expect("scientific notation has an exponent");
        let exponent: i32 = exponent.parse().expect("an exponent is a number");
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    } else {
        format!("{value:?}")
    }
}

/// `(3, 3)`, and `(3,)` for one value.
pub(crate) fn python_tuple(values: &[usize]) -> String {
    let inner: Vec<String> = values.iter().map(usize::to_string).collect();
    if inner.len() == 1 {
        format!("({},)", inner[0])
    } else {
        format!("({})", inner.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_read_as_python_writes_them() {
        let expected = [
            (1e-5, "1e-05"),
            (0.1, "0.1"),
            (1.0, "1.0"),
            (1e-3, "0.001"),
            (2.5e-7, "2.5e-07"),
            (1e16, "1e+16"),
        ];
        for (value, text) in expected {
            assert_eq!(python_float(value), text);
        }
    }
}
