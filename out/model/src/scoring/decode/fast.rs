//! One pass over the body that nearly every client sends: `{"data":[[number,…],…]}`.
//!
//! The grammar is a part of JSON (RFC 8259): white space anywhere, one member named exactly `data`, rows of `width` numbers. Everything else,
//! wrong or merely unusual, is left to [`super::json`], so this file decides no refusal.

use super::nearest::nearest;

/// Reads rows of `width` numbers into `values` (cleared by the caller); the answer is the number of rows.
///
/// `None` means "not read here": another form of body, a mistake, more than `most_rows`, or a number beyond the range of f64. `values` then
/// holds leftovers.
pub fn rows(body: &[u8], width: usize, most_rows: usize, values: &mut Vec<f64>) -> Option<usize> {
    let mut at = Cursor { body, at: 0 };
    at.token(b'{')?;
    at.space();
    at.literal(b"\"data\"")?;
    at.token(b':')?;
    at.token(b'[')?;
    let mut rows = 0;
    loop {
        at.token(b'[')?;
        rows += 1;
        if rows > most_rows {
            return None;
        }
        let first = values.len();
        values.resize(first + width, 0.0);
        for (column, value) in values[first..].iter_mut().enumerate() {
            if column > 0 {
                at.token(b',')?;
            }
            at.space();
            (*value, at.at) = many_digits(body, at.at).or_else(|| number(body, at.at))?;
        }
        at.token(b']')?;
        at.space();
        match at.next()? {
            b',' => {}
            b']' => break,
            _ => return None,
        }
    }
    at.token(b'}')?;
    at.space();
    (at.at == body.len()).then_some(rows)
}

struct Cursor<'a> {
    body: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.body.get(self.at).copied()
    }

    #[inline(always)]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    #[inline(always)]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    #[inline(always)]
    fn token(&mut self, token: u8) -> Option<()> {
        self.space();
        (self.next()? == token).then_some(())
    }

    #[inline(always)]
    fn literal(&mut self, literal: &[u8]) -> Option<()> {
        let found = self.body.get(self.at..self.at + literal.len())? == literal;
        self.at += literal.len();
        found.then_some(())
    }

    /// A run of digits added to `mantissa`; the answer is how many there were. The mantissa wraps after 19 digits, which the caller sees
    /// from the count.
    ///
    /// Whether eight more are there is foretold well by what the numbers before had. How many are left then is not, and nothing branches
    /// on it.
    #[inline]
    fn digits(&mut self, mantissa: &mut u64) -> usize {
        const TENS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
        let start = self.at;
        while let Some(eight) = self.body.get(self.at..self.at + 8).and_then(|eight| <[u8; 8]>::try_from(eight).ok()) {
            let bytes = u64::from_le_bytes(eight);
            let others = others(bytes);
            if others != 0 {
                let count = (others.trailing_zeros() / 8) as usize;
                *mantissa = mantissa.wrapping_mul(TENS[count]).wrapping_add(value_of(leading(bytes, count)));
                self.at += count;
                return self.at - start;
            }
            *mantissa = mantissa.wrapping_mul(100_000_000).wrapping_add(value_of(bytes ^ ZEROS));
            self.at += 8;
        }
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        self.at - start
    }

    /// A JSON number as the nearest f64, or `None` when it is none or overflows.
    fn number(&mut self) -> Option<f64> {
        let start = self.at;
        let negative = self.peek()? == b'-';
        self.at += usize::from(negative);
        let mut mantissa = 0_u64;
        let first = self.peek()?;
        let whole = self.digits(&mut mantissa);
        if whole == 0 || (first == b'0' && whole > 1) {
            return None;
        }
        // A nought before the point does not count.
        let mut counted = if first == b'0' { 0 } else { whole };
        let mut power = 0_i64;
        if self.peek() == Some(b'.') {
            self.at += 1;
            let begin = self.at;
            let fraction = self.digits(&mut mantissa);
            if fraction == 0 {
                return None;
            }
            power = -i64::try_from(fraction).ok()?;
            counted += fraction;
            if counted > 19 && first == b'0' {
                // Nor do those behind it, up to the first other digit.
                counted -= self.body[begin..self.at].iter().take_while(|digit| **digit == b'0').count();
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            let below = match self.peek()? {
                sign @ (b'+' | b'-') => {
                    self.at += 1;
                    sign == b'-'
                }
                _ => false,
            };
            let mut exponent = 0;
            let length = self.digits(&mut exponent);
            if length == 0 || length > 4 {
                return None;
            }
            let exponent = i64::try_from(exponent).ok()?;
            power += if below { -exponent } else { exponent };
        }
        // Up to 19 digits the mantissa has not wrapped.
        if counted <= 19
            && let Some(value) = nearest(mantissa, power)
        {
            return Some(f64::from_bits(value.to_bits() | u64::from(negative) << 63));
        }
        let value: f64 = fast_float2::parse(&self.body[start..self.at]).ok()?;
        value.is_finite().then_some(value)
    }
}

/// The JSON number that begins at `at`, and where it ends. By itself, so that what it works with stays in registers.
#[inline(never)]
fn number(body: &[u8], at: usize) -> Option<(f64, usize)> {
    let mut cursor = Cursor { body, at };
    let value = cursor.number()?;
    Some((value, cursor.at))
}

/// The same of what computers write most: one digit before the point and 16 to 19 behind it. `None` of all others.
///
/// Whether there is a sign and how many digits there are cannot be foretold, and nothing branches on it.
#[inline(always)]
fn many_digits(body: &[u8], at: usize) -> Option<(f64, usize)> {
    const TENS: [u64; 4] = [1, 10, 100, 1_000];
    let negative = *body.get(at)? == b'-';
    let at = at + usize::from(negative);
    let window: &[u8; 32] = body.get(at..at + 32)?.try_into().ok()?;
    let eight = |from: usize| u64::from_le_bytes(std::array::from_fn(|place| window[from + place]));
    let (one, two, three) = (eight(2), eight(10), eight(18));
    let whole = u64::from(window[0] ^ b'0');
    let others_behind = others(three);
    let count = (others_behind.trailing_zeros() / 8) as usize;
    if window[1] != b'.' || others(one) | others(two) != 0 || count > 3 || whole > 9 || (count == 3 && whole > 0) {
        return None;
    }
    if window[18 + count] | 0x20 == b'e' {
        return None;
    }
    let (one, two) = (value_of(one ^ ZEROS), value_of(two ^ ZEROS));
    let mantissa = (whole * 100_000_000 + one) * 100_000_000 + two;
    let mantissa = mantissa * TENS[count] + value_of(leading(three, count));
    let value = nearest(mantissa, -16 - count as i64)?;
    Some((f64::from_bits(value.to_bits() | u64::from(negative) << 63), at + 18 + count))
}

const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Marks the highest bit of the first of eight characters, that in the lowest byte, that is no digit, and of some behind it.
#[inline]
fn others(bytes: u64) -> u64 {
    // What is left of a digit is at most 9; a carry reaches only bytes behind one that is marked itself.
    let rest = bytes ^ ZEROS;
    (rest.wrapping_add(0x7676_7676_7676_7676) | rest) & 0x8080_8080_8080_8080
}

/// The first `count` of eight digits, fewer than all, with noughts before them in place of what is behind.
#[inline]
fn leading(bytes: u64, count: usize) -> u64 {
    // In two steps, as no digit at all leaves nothing.
    ((bytes ^ ZEROS) << (56 - 8 * count)) << 8
}

/// The value of eight digits, the first in the lowest byte.
#[inline]
fn value_of(digits: u64) -> u64 {
    let pairs = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    (fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str, width: usize) -> Option<Vec<f64>> {
        let mut values = Vec::new();
        rows(body.as_bytes(), width, 100, &mut values).map(|_| values)
    }

    #[test]
    fn plain_rows_are_read() {
        assert_eq!(read(r#"{"data":[[1,2.5],[-3e2,0.1]]}"#, 2), Some(vec![1.0, 2.5, -300.0, 0.1]));
        assert_eq!(read(" {\t\"data\" :\r\n[ [ 1 , 2 ] ] } \n", 2), Some(vec![1.0, 2.0]));
    }

    #[test]
    fn digits_at_once_are_their_value_up_to_what_is_none() {
        for text in ["00000000", "12345678", "99999999", "10000000", "00000001"] {
            let whole = u64::from_le_bytes(text.as_bytes().try_into().unwrap());
            assert_eq!((others(whole), value_of(whole ^ ZEROS)), (0, text.parse().unwrap()), "{text}");
            for count in 0..8 {
                for other in [b':', b'/', b' ', b'.', b',', b']', b'e', 0, 0xb0, 0xff] {
                    let mut bytes: [u8; 8] = text.as_bytes().try_into().unwrap();
                    bytes[count..].fill(other);
                    let bytes = u64::from_le_bytes(bytes);
                    assert_eq!(others(bytes).trailing_zeros() as usize / 8, count, "{text} {count} {other}");
                    let expected = if count == 0 { 0 } else { text[..count].parse().unwrap() };
                    assert_eq!(value_of(leading(bytes, count)), expected, "{text} {count} {other}");
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn what_computers_write_is_read_as_the_standard_library_does(
            whole in 0_u8..10, digits in "[0-9]{1,22}", negative: bool, behind in "(e-?[0-9]{1,2})?[ ,\\]]?"
        ) {
            let text = format!("{}{whole}.{digits}{behind}", if negative { "-" } else { "" });
            // So that the window has room.
            let body = format!("{text}                                ");
            let own = text.trim_end_matches([' ', ',', ']']);
            let (value, end) = number(body.as_bytes(), 0).unwrap();
            proptest::prop_assert_eq!((value.to_bits(), end), (own.parse::<f64>().unwrap().to_bits(), own.len()));
            if let Some((value, end)) = many_digits(body.as_bytes(), 0) {
                proptest::prop_assert_eq!((value.to_bits(), end), (own.parse::<f64>().unwrap().to_bits(), own.len()));
            }
        }
    }

    #[test]
    fn many_digits_are_those_from_sixteen_on() {
        let read = |text: &str| many_digits(format!("{text},                       ").as_bytes(), 0);
        assert_eq!(read("0.0380759064334230"), Some((0.038_075_906_433_423, 18)));
        assert_eq!(read("-0.0380759064334230263"), Some((-0.038_075_906_433_423_026, 22)));
        assert_eq!(read("9.999999999999999999"), Some((10.0, 20)));
        for other in [
            "0.038075906433423",
            "0.03807590643342302630",
            "1.0380759064334230263",
            "10.0380759064334230",
            "0.0380759064334230e1",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn whatever_else_is_left_to_serde_json() {
        for body in [
            "",
            "{}",
            r#"{"data":[]}"#,
            r#"{"data":[[]]}"#,
            r#"{"data":[[1]]}"#,
            r#"{"data":[[1,2,3]]}"#,
            r#"{"data":[[1,2],]}"#,
            r#"{"data":[[1,2]]"#,
            r#"{"data":[[1,2]]}x"#,
            r#"{"data":[[01,2]]}"#,
            r#"{"data":[[1.,2]]}"#,
            r#"{"data":[[.5,2]]}"#,
            r#"{"data":[[+1,2]]}"#,
            r#"{"data":[[1e,2]]}"#,
            r#"{"data":[[1e400,2]]}"#,
            r#"{"data":[[NaN,2]]}"#,
            r#"{"data":[["1",2]]}"#,
            r#"{"columns":["a","b"],"data":[[1,2]]}"#,
            r#"{"data":[[1,2]],"data":[[1,2]]}"#,
            r#"{"\u0064ata":[[1,2]]}"#,
        ] {
            assert_eq!(read(body, 2), None, "{body}");
        }
    }
}
