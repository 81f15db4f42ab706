//! From digits and a power of ten to the nearest f64, without a second look at the text (Lemire 2021, "Number parsing at a gigabyte
//! per second").

/// The greatest power of ten, either way, that is done here: beyond it one product of 128 bits may not tell.
const MOST: i64 = 27;

/// `5^power` for powers from -27 to 27, the highest bit of 128 set; below 0 rounded up, as the method wants them.
const FIVES: [u128; 55] = fives();

const fn fives() -> [u128; 55] {
    let mut table = [0; 55];
    let mut power = 0;
    let mut five: u128 = 1;
    while power <= MOST as usize {
        table[MOST as usize + power] = five << five.leading_zeros();
        if power > 0 {
            // 2^b / 5^power with 128 bits, by hand: 5^27 has 63.
            let b = 128 - five.leading_zeros() + 127;
            let (mut rest, mut quotient, mut bit) = (0, 0, 0);
            while bit <= b {
                rest = (rest << 1) | (bit == 0) as u128;
                quotient <<= 1;
                if rest >= five {
                    rest -= five;
                    quotient |= 1;
                }
                bit += 1;
            }
            table[MOST as usize - power] = quotient + 1;
        }
        five *= 5;
        power += 1;
    }
    table
}

/// `mantissa · 10^power` as the nearest f64, of two the even one; `None` for powers beyond 27 and for what is no normal number.
#[inline(always)]
pub(super) fn nearest(mantissa: u64, power: i64) -> Option<f64> {
    if mantissa == 0 {
        return Some(0.0);
    }
    let five = *FIVES.get(usize::try_from(power + MOST).ok()?)?;
    let zeros = mantissa.leading_zeros();
    let wide = u128::from(mantissa << zeros);
    let mut product = wide * (five >> 64);
    if (product >> 64) & 0x1ff == 0x1ff {
        // The low half of the power may carry into the bits that count.
        product += (wide * (five & u128::from(u64::MAX))) >> 64;
    }
    let (high, low) = ((product >> 64) as u64, product as u64);
    let upper = (high >> 63) as u32;
    let shift = upper + 64 - 52 - 3;
    let mut digits = high >> shift;
    // 217706 / 65536 is log2(10).
    let exponent = ((217_706 * power) >> 16) + 63 + i64::from(upper) - i64::from(zeros) + 1023;
    if exponent <= 0 {
        return None;
    }
    if low <= 1 && (-4..=23).contains(&power) && digits & 3 == 1 && digits << shift == high {
        // Halfway between two numbers: to the even one.
        digits &= !1;
    }
    digits = (digits + (digits & 1)) >> 1;
    let carried = u64::from(digits >= 1 << 53);
    let bits = ((digits >> carried) & !(1 << 52)) | ((u64::try_from(exponent).ok()? + carried) << 52);
    (bits >> 52 < 0x7ff).then_some(f64::from_bits(bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_text(mantissa: u64, power: i64) -> f64 {
        format!("{mantissa}e{power}").parse().unwrap()
    }

    #[test]
    fn every_power_gives_the_nearest_number_and_halves_go_to_the_even_one() {
        let awkward =
            [0, 1, 9, 10, (1 << 53) - 1, 1 << 53, (1 << 53) + 1, (1 << 53) + 3, 1 << 63, u64::MAX, u64::MAX - 1];
        for mantissa in awkward.into_iter().chain((0..64).map(|bit| (1 << bit) + 1)) {
            for power in -27..=27 {
                let found = nearest(mantissa, power).map(f64::to_bits);
                assert_eq!(found, Some(by_text(mantissa, power).to_bits()), "{mantissa}e{power}");
            }
        }
        assert_eq!((nearest(1, 28), nearest(1, -28)), (None, None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn any_digits_give_the_nearest_number(mantissa: u64, power in -27_i64..=27) {
            prop_assert_eq!(nearest(mantissa, power).unwrap().to_bits(), by_text(mantissa, power).to_bits());
        }

        #[test]
        fn halves_are_told_from_what_is_next_to_them(number in 1_u64..1 << 53, power in 0_u32..11, near in -1_i64..=1) {
            // A whole number between two neighbours, and those beside it.
            let half = (2 * number + 1) << power;
            let mantissa = half.wrapping_add_signed(near);
            prop_assert_eq!(nearest(mantissa, 0).unwrap().to_bits(), by_text(mantissa, 0).to_bits());
        }
    }
}
