//! A small text buffer on the stack, filled from the back: how amounts and times print fast.

/// At most `N` ASCII bytes, written from the last to the first.
pub(in crate::value) struct Ascii<const N: usize> {
    bytes: [u8; N],
    start: usize,
}

impl<const N: usize> Ascii<N> {
    pub(in crate::value) const fn new() -> Self {
        Self {
            bytes: [0; N],
            start: N,
        }
    }

    /// Puts one ASCII byte before what is written so far; a full buffer stays as it is.
    #[inline]
    pub(in crate::value) fn push(&mut self, byte: u8) {
        if let Some(start) = self.start.checked_sub(1)
            && let Some(slot) = self.bytes.get_mut(start)
        {
            *slot = byte;
            self.start = start;
        }
    }

    /// Puts a text before what is written so far.
    #[inline]
    pub(in crate::value) fn push_str(&mut self, text: &str) {
        text.bytes().rev().for_each(|byte| self.push(byte));
    }

    /// Puts exactly the last `width` decimal digits of a number before what is written so far.
    #[inline]
    pub(in crate::value) fn push_digits(&mut self, mut number: u64, width: usize) {
        for _ in 0..width {
            self.push(digit(number % 10));
            number /= 10;
        }
    }

    /// Puts `mantissa / 10^scale` with exactly `scale` decimals before what is written so far.
    #[inline]
    pub(in crate::value) fn push_decimal(&mut self, mantissa: i128, scale: u32) {
        let mut written = 0_u32;
        let mut large = mantissa.unsigned_abs();
        // Division of 128-bit numbers is slow; nearly every mantissa fits in 64.
        let mut small = loop {
            if let Ok(small) = u64::try_from(large) {
                break small;
            }
            let low = u64::try_from(large % 10).unwrap_or_default();
            self.push_placed(low, &mut written, scale);
            large /= 10;
        };
        while small > 0 || written <= scale {
            self.push_placed(small % 10, &mut written, scale);
            small /= 10;
        }
        if mantissa < 0 {
            self.push(b'-');
        }
    }

    fn push_placed(&mut self, value: u64, written: &mut u32, scale: u32) {
        if scale > 0 && *written == scale {
            self.push(b'.');
        }
        self.push(digit(value));
        *written = written.saturating_add(1);
    }

    /// What is written.
    #[inline]
    pub(in crate::value) fn as_str(&self) -> &str {
        // Only ASCII goes in, so neither fallback is ever taken.
        let written = self.bytes.get(self.start..).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

fn digit(value: u64) -> u8 {
    u8::try_from(value % 10).map_or(b'0', |value| b'0' + value)
}

#[cfg(test)]
mod tests {
    use super::Ascii;

    fn decimal(mantissa: i128, scale: u32) -> String {
        let mut buffer = Ascii::<48>::new();
        buffer.push_decimal(mantissa, scale);
        buffer.as_str().to_owned()
    }

    #[test]
    fn decimals_print_with_exactly_their_scale() {
        assert_eq!(decimal(0, 0), "0");
        assert_eq!(decimal(0, 2), "0.00");
        assert_eq!(decimal(5, 2), "0.05");
        assert_eq!(decimal(-5, 2), "-0.05");
        assert_eq!(decimal(1250, 2), "12.50");
        assert_eq!(decimal(1200, 0), "1200");
        assert_eq!(decimal(-7, 0), "-7");
        assert_eq!(
            decimal(1_000_000_000_000_000_000_001, 6),
            "1000000000000000.000001"
        );
        assert_eq!(
            decimal(100_000_000_000_000_000_000, 20),
            "1.00000000000000000000"
        );
    }

    #[test]
    fn digits_keep_their_width() {
        let mut buffer = Ascii::<8>::new();
        buffer.push_digits(7, 3);
        buffer.push_str("x");
        buffer.push_digits(1234, 2);
        assert_eq!(buffer.as_str(), "34x007");
    }

    #[test]
    fn a_full_buffer_takes_no_more() {
        let mut buffer = Ascii::<2>::new();
        buffer.push_str("abc");
        assert_eq!(buffer.as_str(), "bc");
    }
}
