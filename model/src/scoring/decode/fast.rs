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
        for column in 0..width {
            if column > 0 {
                at.token(b',')?;
            }
            at.space();
            values.push(at.number()?);
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
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.body.get(self.at).copied()
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    #[inline]
    fn token(&mut self, token: u8) -> Option<()> {
        self.space();
        (self.next()? == token).then_some(())
    }

    fn literal(&mut self, literal: &[u8]) -> Option<()> {
        let found = self.body.get(self.at..self.at + literal.len())? == literal;
        self.at += literal.len();
        found.then_some(())
    }

    /// A run of digits added to `mantissa`; the answer is how many there were. The mantissa wraps after 19 digits, which the caller sees
    /// from the count.
    #[inline]
    fn digits(&mut self, mantissa: &mut u64) -> usize {
        let start = self.at;
        while let Some(eight) = self.body.get(self.at..self.at + 8).and_then(|eight| <[u8; 8]>::try_from(eight).ok()) {
            let Some(value) = eight_digits(u64::from_le_bytes(eight)) else { break };
            *mantissa = mantissa.wrapping_mul(100_000_000).wrapping_add(value);
            self.at += 8;
        }
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        self.at - start
    }

    /// A JSON number as the nearest f64, or `None` when it is none or overflows.
    #[inline]
    fn number(&mut self) -> Option<f64> {
        let start = self.at;
        let negative = self.peek()? == b'-';
        if negative {
            self.at += 1;
        }
        let mut mantissa = 0_u64;
        let first = self.peek()?;
        let whole = self.digits(&mut mantissa);
        if whole == 0 || (first == b'0' && whole > 1) {
            return None;
        }
        let (mut fraction, mut nought) = (0, 0);
        if self.peek() == Some(b'.') {
            self.at += 1;
            let begin = self.at;
            fraction = self.digits(&mut mantissa);
            if first == b'0' {
                // Noughts before the first digit that counts.
                nought = 1 + self.body[begin..self.at].iter().take_while(|digit| **digit == b'0').count();
            }
            if fraction == 0 {
                return None;
            }
        }
        let mut exponent = 0_i64;
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            let below = match self.peek()? {
                sign @ (b'+' | b'-') => {
                    self.at += 1;
                    sign == b'-'
                }
                _ => false,
            };
            let mut power = 0;
            let length = self.digits(&mut power);
            if length == 0 || length > 4 {
                return None;
            }
            let power = i64::try_from(power).ok()?;
            exponent = if below { -power } else { power };
        }
        // Up to 19 digits the mantissa has not wrapped.
        if whole + fraction - nought <= 19 {
            let power = exponent - i64::try_from(fraction).ok()?;
            // Both factors are exact in f64, so that one rounding gives the nearest value (Clinger 1990, the fast case).
            let value = if mantissa <= 1 << 53 { exact(mantissa, power) } else { None };
            if let Some(value) = value.or_else(|| nearest(mantissa, power)) {
                return Some(if negative { -value } else { value });
            }
        }
        let value: f64 = fast_float2::parse(&self.body[start..self.at]).ok()?;
        value.is_finite().then_some(value)
    }
}

/// `mantissa · 10^power` where that needs a single rounding.
#[inline]
fn exact(mantissa: u64, power: i64) -> Option<f64> {
    const POWERS: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ];
    let factor = *POWERS.get(usize::try_from(power.unsigned_abs()).ok()?)?;
    #[expect(clippy::cast_precision_loss, reason = "the caller keeps the mantissa within 2^53")]
    let mantissa = mantissa as f64;
    Some(if power < 0 { mantissa / factor } else { mantissa * factor })
}

/// The value of eight ASCII digits, the first in the lowest byte; `None` when one is no digit.
#[inline]
fn eight_digits(bytes: u64) -> Option<u64> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    // A digit has the high nibble 3, before and after adding 6.
    let high = bytes & 0xF0F0_F0F0_F0F0_F0F0;
    let carried = bytes.wrapping_add(0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0;
    if high != ZEROS || carried != ZEROS {
        return None;
    }
    let digits = bytes - ZEROS;
    let pairs = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    Some((fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF)
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
    fn eight_digits_at_once_are_their_value() {
        for text in ["00000000", "12345678", "99999999", "10000000", "00000001"] {
            let bytes = u64::from_le_bytes(text.as_bytes().try_into().unwrap());
            assert_eq!(eight_digits(bytes), Some(text.parse().unwrap()), "{text}");
        }
        for text in ["1234567:", "/2345678", "1234 678", "12345.78", "\u{ff}123456"] {
            let bytes = u64::from_le_bytes(text.as_bytes()[..8].try_into().unwrap());
            assert_eq!(eight_digits(bytes), None, "{text}");
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
