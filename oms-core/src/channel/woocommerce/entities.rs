//! HTML entities, which WordPress leaves in names.

use std::borrow::Cow;

/// Names of U+00A0 to U+00FF, in that order.
const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg \
    macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 \
    iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave \
    Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc \
    Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc \
    euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave \
    uacute ucirc uuml yacute thorn yuml";

/// The others that shops send.
const OTHERS: [(&str, char); 28] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("hellip", '…'),
    ("bull", '•'),
    ("prime", '′'),
    ("Prime", '″'),
    ("euro", '€'),
    ("trade", '™'),
    ("rarr", '→'),
    ("minus", '−'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("lrm", '\u{200e}'),
    ("rlm", '\u{200f}'),
];

/// The letters and signs that HTML 4 has names for beside those, each behind its name.
const SIGNS: &str = "OElig Œ oelig œ Scaron Š scaron š Yuml Ÿ fnof ƒ circ ˆ tilde ˜ Alpha Α \
    Beta Β Gamma Γ Delta Δ Epsilon Ε Zeta Ζ Eta Η Theta Θ Iota Ι Kappa Κ Lambda Λ Mu Μ Nu Ν Xi Ξ \
    Omicron Ο Pi Π Rho Ρ Sigma Σ Tau Τ Upsilon Υ Phi Φ Chi Χ Psi Ψ Omega Ω alpha α beta β gamma γ \
    delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ omicron ο pi π \
    rho ρ sigmaf ς sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω thetasym ϑ upsih ϒ piv ϖ \
    dagger † Dagger ‡ permil ‰ lsaquo ‹ rsaquo › oline ‾ frasl ⁄ larr ← uarr ↑ darr ↓ harr ↔ \
    crarr ↵ lArr ⇐ uArr ⇑ rArr ⇒ dArr ⇓ hArr ⇔ forall ∀ part ∂ exist ∃ empty ∅ nabla ∇ isin ∈ \
    notin ∉ ni ∋ prod ∏ sum ∑ lowast ∗ radic √ prop ∝ infin ∞ ang ∠ and ∧ or ∨ cap ∩ cup ∪ int ∫ \
    there4 ∴ sim ∼ cong ≅ asymp ≈ ne ≠ equiv ≡ le ≤ ge ≥ sub ⊂ sup ⊃ nsub ⊄ sube ⊆ supe ⊇ oplus ⊕ \
    otimes ⊗ perp ⊥ sdot ⋅ lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ loz ◊ spades ♠ clubs ♣ hearts ♥ \
    diams ♦";

/// Longest entity looked for between `&` and `;`.
const NAME_BYTES_MAX: usize = 10;

/// Decodes named and numeric entities once; what is none stays as it is.
pub(in crate::channel) fn decode_entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        match entity(after) {
            Some((character, left)) => {
                decoded.push(character);
                rest = left;
            }
            None => {
                decoded.push('&');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// The character an entity stands for, and what follows it.
fn entity(after: &str) -> Option<(char, &str)> {
    let end = after
        .bytes()
        .take(NAME_BYTES_MAX)
        .position(|byte| byte == b';')?;
    let (name, left) = (after.get(..end)?, after.get(end.checked_add(1)?..)?);
    let character = match name.strip_prefix('#') {
        Some(number) => numeric(number)?,
        None => named(name)?,
    };
    Some((character, left))
}

fn numeric(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) if !hex.starts_with('+') => u32::from_str_radix(hex, 16).ok()?,
        Some(_) => return None,
        None if number.starts_with('+') => return None,
        None => number.parse().ok()?,
    };
    char::from_u32(code).filter(|c| !c.is_control())
}

fn named(name: &str) -> Option<char> {
    if let Some((_, character)) = OTHERS.iter().find(|(known, _)| *known == name) {
        return Some(*character);
    }
    let mut signs = SIGNS.split_ascii_whitespace();
    while let Some((known, sign)) = signs.next().zip(signs.next()) {
        if known == name {
            return sign.chars().next();
        }
    }
    let position = LATIN
        .split_ascii_whitespace()
        .position(|known| known == name)?;
    char::from_u32(u32::try_from(position).ok()?.checked_add(0xA0)?)
}

#[cfg(test)]
mod tests {
    use super::{LATIN, SIGNS, decode_entities};

    #[test]
    fn entities_become_characters_once() {
        for (text, plain) in [
            ("Ship Your Idea &ndash; Color", "Ship Your Idea – Color"),
            ("Salt &amp; Pepper", "Salt & Pepper"),
            ("&amp;ndash;", "&ndash;"),
            ("&#8211;&#x2013;&#X2013;", "–––"),
            (
                "J&uuml;rgen &Eacute;toile &yuml;&nbsp;.",
                "Jürgen Étoile ÿ\u{a0}.",
            ),
            ("&szlig;&times;&divide;", "ß×÷"),
            (
                "&Scaron;tefan &lsaquo;&alpha;&Omega;&rsaquo;",
                "Štefan ‹αΩ›",
            ),
            ("&OElig;uvre &dagger;&le;&hearts;", "Œuvre †≤♥"),
            ("a&thinsp;b&zwnj;c", "a\u{2009}b\u{200c}c"),
            ("5 &lt; 6 &quot;x&quot;&apos;", "5 < 6 \"x\"'"),
            ("no entity", "no entity"),
        ] {
            assert_eq!(decode_entities(text), plain, "{text}");
        }
    }

    #[test]
    fn what_is_no_entity_stays() {
        for text in [
            "A & B",
            "&",
            "&;",
            "&#;",
            "&#x;",
            "&nosuch;",
            "&Š;",
            "&#0;",
            "&#10;",
            "&#xD800;",
            "&#+65;",
            "&#x+41;",
            "&#99999999999;",
            "&amp",
            "R&D; done",
            "&äöü;",
            "a&",
        ] {
            assert_eq!(decode_entities(text), text);
        }
    }

    #[test]
    fn the_tables_are_complete() {
        assert_eq!(LATIN.split_ascii_whitespace().count(), 96);
        let signs: Vec<&str> = SIGNS.split_ascii_whitespace().collect();
        for pair in signs.chunks(2) {
            assert!(
                pair[0].is_ascii() && pair[1].chars().count() == 1,
                "{pair:?}"
            );
        }
    }
}
