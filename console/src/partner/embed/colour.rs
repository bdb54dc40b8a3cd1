//! Colours, and whether text in them can be read.

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    const fn new(red: u8, green: u8, blue: u8) -> Colour {
        Colour { red, green, blue }
    }

    /// Of `#rrggbb`, as a browser's colour picker says it.
    pub fn parse(text: &str) -> Option<Colour> {
        let digits = text.strip_prefix('#').filter(|it| it.len() == 6 && it.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Colour { red: part(0)?, green: part(2)?, blue: part(4)? })
    }

    /// WCAG 2.2's relative luminance.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// WCAG 2.2's contrast ratio, from 1 to 21.
    pub fn contrast(self, other: Colour) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

/// A theme's own colours: what `widget/src/theme.css` says of those that a page is asked for, and of the lesser text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usual {
    /// The theme's name.
    pub(super) theme: &'static str,
    pub(super) paper: Colour,
    pub(super) ink: Colour,
    pub(super) soft: Colour,
    pub(super) accent: Colour,
}

pub(super) const LIGHT: Usual = Usual {
    theme: "light",
    paper: Colour::new(0xff, 0xff, 0xff),
    ink: Colour::new(0x14, 0x20, 0x1b),
    soft: Colour::new(0x56, 0x63, 0x5c),
    accent: Colour::new(0x0b, 0x6b, 0x4a),
};

pub(super) const DARK: Usual = Usual {
    theme: "dark",
    paper: Colour::new(0x12, 0x17, 0x14),
    ink: Colour::new(0xee, 0xf3, 0xf0),
    soft: Colour::new(0x9f, 0xad, 0xa6),
    accent: Colour::new(0x4f, 0xd1, 0xa0),
};

/// What WCAG 2.2 asks of text (1.4.3).
const CONTRAST_MIN: f64 = 4.5;

/// What is said of text on a ground where that is hard to read; `place` says in which theme, where that matters.
pub(super) fn complaint(what: &str, text: Colour, ground: Colour, place: &str) -> Option<String> {
    let ratio = text.contrast(ground);
    // Cut, not rounded: 4.48 is not 4.5.
    let shown = (ratio * 10.0).floor() / 10.0;
    (ratio < CONTRAST_MIN)
        .then(|| format!("{what} on the background{place}: {shown:.1} to 1, where 4.5 is needed."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        let colour = |text| Colour::parse(text).unwrap();
        for (one, two, ratio) in [
            ("#000000", "#ffffff", 21.0),
            ("#ffffff", "#ffffff", 1.0),
            ("#767676", "#ffffff", 4.54),
            ("#777777", "#ffffff", 4.48),
        ] {
            assert!((colour(one).contrast(colour(two)) - ratio).abs() < 0.01, "{one} {two}");
        }
    }

    #[test]
    fn a_themes_own_colours_are_those_of_the_widget() {
        let css = include_str!("../../../../widget/src/theme.css");
        for (name, light, dark) in [
            ("paper", LIGHT.paper, DARK.paper),
            ("ink", LIGHT.ink, DARK.ink),
            ("ink-soft", LIGHT.soft, DARK.soft),
            ("accent", LIGHT.accent, DARK.accent),
        ] {
            let said = format!("var(--crease-{name}, var(--light, {light}) var(--dark, {dark}))");
            assert!(css.contains(&said), "{said}");
        }
    }
}
