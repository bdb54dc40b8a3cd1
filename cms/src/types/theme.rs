//! Themes of widgets.

use super::order::in_order;
use super::{Colour, Content, Facts, Number, Review, Targets};
use crate::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The least contrast of text with what it stands on (WCAG 2.2, 1.4.3), in hundredths.
const TEXT_MIN: u32 = 450;
/// The least contrast of what is not text (1.4.11).
const SHAPE_MIN: u32 = 300;

/// How a widget looks on a partner's pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Theme {
    #[schemars(title = "Name", length(min = 1, max = 60))]
    pub name: String,
    #[schemars(title = "By day")]
    pub light: Colours,
    #[schemars(title = "By night")]
    pub dark: Colours,
    /// Of corners, pixels.
    #[serde(default)]
    #[schemars(title = "Radius", range(min = 0, max = 24))]
    pub radius_px: u8,
    #[schemars(title = "Typeface")]
    pub typeface: Typeface,
    #[serde(default)]
    #[schemars(title = "Who sees it")]
    pub targets: Targets,
}

/// The colours of a theme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Self>)]
pub struct Colours {
    #[schemars(title = "Ground")]
    pub ground: Colour,
    #[schemars(title = "Text")]
    pub text: Colour,
    #[schemars(title = "Quiet text")]
    pub quiet: Colour,
    /// Buttons and what is selected.
    #[schemars(title = "Accent")]
    pub accent: Colour,
    #[schemars(title = "Text on the accent")]
    pub on_accent: Colour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Typeface {
    System,
    Serif,
    OfThePage,
}

impl Content for Theme {
    const FACTS: Facts = Facts {
        name: "theme",
        noun: "Theme",
        plural: "Themes",
        title: "name",
        number: Number::Many,
        review: Review::Free,
    };

    fn check(&self) -> Vec<Problem> {
        let mut problems = self.targets.check("/targets");
        for (path, it) in [("/light", &self.light), ("/dark", &self.dark)] {
            for (field, one, other, least) in [
                ("text", &it.text, &it.ground, TEXT_MIN),
                ("quiet", &it.quiet, &it.ground, TEXT_MIN),
                ("on_accent", &it.on_accent, &it.accent, TEXT_MIN),
                ("accent", &it.accent, &it.ground, SHAPE_MIN),
            ] {
                let found = one.contrast(other);
                if found < least {
                    let hundredths = |it: u32| format!("{}.{:02}", it / 100, it % 100);
                    let what = format!(
                        "is hard to see: its contrast is {}:1, and {}:1 is needed",
                        hundredths(found),
                        hundredths(least)
                    );
                    problems.push(Problem::new(format!("{path}/{field}"), what));
                }
            }
        }
        problems
    }
}

impl Colour {
    /// The contrast of two colours (WCAG 2.2), in hundredths, rounded down: 2100 of black and white.
    pub fn contrast(&self, other: &Colour) -> u32 {
        let (one, other) = (self.luminance(), other.luminance());
        ((one.max(other) + 0.05) / (one.min(other) + 0.05) * 100.0 + 1e-6) as u32
    }

    /// Relative luminance, from 0 to 1; of what is no colour that of black.
    fn luminance(&self) -> f64 {
        let part = |at: usize| {
            let value = self.0.get(at..at + 2).and_then(|it| u8::from_str_radix(it, 16).ok()).unwrap_or(0);
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrasts_are_those_of_wcag() {
        for (one, other, expected) in [
            ("#000000", "#ffffff", 2100),
            ("#ffffff", "#ffffff", 100),
            // The lightest gray that text may have on white, and the first that it may not.
            ("#767676", "#ffffff", 454),
            ("#777777", "#ffffff", 447),
        ] {
            assert_eq!(Colour(one.into()).contrast(&Colour(other.into())), expected, "{one} {other}");
        }
    }
}
