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

    /// Puts ASCII bytes before what is written so far; those that do not fit are left out.
    #[inline]
    fn push_bytes(&mut self, bytes: &[u8]) {
        if let Some(start) = self.start.checked_sub(bytes.len())
            && let Some(room) = self.bytes.get_mut(start..self.start)
        {
            room.copy_from_slice(bytes);
            self.start = start;
        } else {
            bytes.iter().rev().for_each(|byte| self.push(*byte));
        }
    }

    /// Puts a text before what is written so far.
    #[inline]
    pub(in crate::value) fn push_str(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// Puts exactly the last `width` decimal digits of a number before what is written so far.
    #[inline]
    pub(in crate::value) fn push_digits(&mut self, mut number: u64, width: usize) {
        // Two at a time: half the divisions.
        for _ in 0..width / 2 {
            self.push_bytes(&pair(number));
            number /= 100;
        }
        if width % 2 == 1 {
            self.push(digit(number));
        }
    }

    /// Puts a number before what is written so far, with as many digits as it has.
    #[inline]
    fn push_number(&mut self, mut number: u64) {
        while number >= 100 {
            self.push_bytes(&pair(number));
            number /= 100;
        }
        if number >= 10 {
            self.push_bytes(&pair(number));
        } else {
            self.push(digit(number));
        }
    }

    /// Puts `mantissa / 10^scale` with exactly `scale` decimals before what is written so far.
    #[inline]
    pub(in crate::value) fn push_decimal(&mut self, mantissa: i128, scale: u32) {
        match (u64::try_from(mantissa), scale) {
            // An amount of most currencies: two digits at a time.
            (Ok(cents), 2) => {
                self.push_bytes(&pair(cents));
                self.push(b'.');
                self.push_number(cents / 100);
            }
            (Ok(_) | Err(_), _) => self.push_any(mantissa, scale),
        }
    }

    /// The same digit by digit.
    fn push_any(&mut self, mantissa: i128, scale: u32) {
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

/// The last two digits of a number.
fn pair(value: u64) -> [u8; 2] {
    let pair = u8::try_from(value % 100).unwrap_or_default();
    [b'0' + pair / 10, b'0' + pair % 10]
}

#[cfg(test)]
mod tests {
    use super::Ascii;
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn amounts_print_as_any_decimal_does(large in any::<i128>(), bits in 0_u32..128) {
            // Of every length.
            let mantissa = large >> bits;
            let mut plain = Ascii::<48>::new();
            plain.push_any(mantissa, 2);
            prop_assert_eq!(decimal(mantissa, 2), plain.as_str());
        }

        #[test]
        fn digits_are_the_last_ones_of_the_number(number in any::<u64>(), width in 0_usize..20) {
            let mut buffer = Ascii::<48>::new();
            buffer.push_digits(number, width);
            let all = format!("{number:020}");
            prop_assert_eq!(buffer.as_str(), &all[20 - width..]);
        }
    }
}
