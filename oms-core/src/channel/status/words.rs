//! One way of declaring the words a channel uses.

/// Declares the words of one field: an enum, the list of its words, and a total reading of text.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $($word:literal)|+),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $name { $($variant),* }

        impl $name {
            /// Every word, in lower case.
            pub(super) const WORDS: &'static [&'static str] = &[$($($word),+),*];

            /// The meaning of a word in any letter case; `None` for a word nobody documented.
            pub(super) fn read(word: &str) -> Option<Self> {
                match word.to_ascii_lowercase().as_str() {
                    $($($word)|+ => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

pub(in crate::channel) use words;
