//! One way of writing values to and from serialised text.

/// Implements `Serialize` and `Deserialize` as one string, through `Display` and `FromStr`, so that
/// deserialising validates as parsing does and allocates nothing of its own.
macro_rules! serde_as_text {
    ($type:ty, $expecting:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.with_text(|text| serializer.serialize_str(text))
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct TextVisitor;

                impl serde::de::Visitor<'_> for TextVisitor {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse::<$type>().map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(TextVisitor)
            }
        }
    };
}

pub(in crate::value) use serde_as_text;

/// The start of a refused text, short enough for an error message, control characters replaced.
pub(crate) fn shortened(text: &str) -> String {
    const CHARS_SHOWN: usize = 40;
    let mut chars = text.chars();
    let mut short: String = chars
        .by_ref()
        .take(CHARS_SHOWN)
        .map(|c| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_refused_text_is_shown_short_and_without_control_characters() {
        assert_eq!(shortened("abc"), "abc");
        assert_eq!(shortened("a\0b\n"), "a\u{FFFD}b\u{FFFD}");
        assert_eq!(shortened(&"x".repeat(40)), "x".repeat(40));
        assert_eq!(shortened(&"ü".repeat(41)), format!("{}…", "ü".repeat(40)));
    }
}
