//! The Mersenne Twister as numpy's legacy `RandomState` uses it (Matsumoto and Nishimura, "Mersenne Twister: A
//! 623-dimensionally equidistributed uniform pseudorandom number generator", 1998; seeding of the 2002 version).

const STATE: usize = 624;
const SHIFT: usize = 397;

pub(super) struct Mt19937 {
    state: [u32; STATE],
    next: usize,
}

impl Mt19937 {
    pub fn seeded(seed: u32) -> Self {
        let mut state = [seed; STATE];
        for i in 1..STATE {
            let previous = state[i - 1];
            state[i] = 1_812_433_253u32.wrapping_mul(previous ^ (previous >> 30)).wrapping_add(i as u32);
        }
        Self { state, next: STATE }
    }

    /// A number from 0 to `greatest`, both inclusive: masked to the bits of `greatest`, and drawn again if above.
    pub fn up_to(&mut self, greatest: u32) -> u32 {
        let mask = u32::MAX.checked_shr(greatest.leading_zeros()).unwrap_or(0);
        loop {
            let value = self.draw() & mask;
            if value <= greatest {
                return value;
            }
        }
    }

    fn draw(&mut self) -> u32 {
        if self.next == STATE {
            self.twist();
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    fn twist(&mut self) {
        for i in 0..STATE {
            let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % STATE] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + SHIFT) % STATE] ^ (y >> 1) ^ odd;
        }
        self.next = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::Mt19937;

    #[test]
    fn the_sequence_is_that_of_the_reference() {
        // The 10,000th number for seed 5489, as the C++ standard gives it ([rand.predef], mt19937).
        let mut random = Mt19937::seeded(5489);
        let last = (0..10_000).map(|_| random.draw()).last();
        assert_eq!(last, Some(4_123_659_995));
    }
}
