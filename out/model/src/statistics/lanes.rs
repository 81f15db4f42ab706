//! The values of one row in one panel.

use pulp::Simd;
use std::ops::{Deref, DerefMut};

/// The columns of a panel: the widest vector registers (AVX-512) hold so many values.
pub(super) const LANES: usize = 8;

/// The values of one row in one panel. It fills a cache line, so that no load or store touches two.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
pub(super) struct Lanes(pub [f64; LANES]);

impl Lanes {
    /// One value everywhere.
    pub const fn splat(value: f64) -> Self {
        Self([value; LANES])
    }

    /// The vector registers that hold the values.
    #[inline(always)]
    pub fn registers<S: Simd>(&self) -> &[S::f64s] {
        S::as_simd_f64s(&self.0).0
    }

    /// The vector registers that hold the values, to be changed.
    #[inline(always)]
    pub fn registers_mut<S: Simd>(&mut self) -> &mut [S::f64s] {
        S::as_mut_simd_f64s(&mut self.0).0
    }
}

impl Deref for Lanes {
    type Target = [f64; LANES];

    fn deref(&self) -> &[f64; LANES] {
        &self.0
    }
}

impl DerefMut for Lanes {
    fn deref_mut(&mut self) -> &mut [f64; LANES] {
        &mut self.0
    }
}
