//! How a tone sounds.

use crate::language::Language;
use serde::{Deserialize, Serialize};

/// A tone in one language, as an editor made it or as we ship it ([`Preset::built_in`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Preset {
    /// What streams call the tone: "hype".
    pub key: String,
    /// Goes up with each change: what was told by an older one is told again.
    pub version: u32,
    pub language: Language,
    /// For fans who choose.
    pub name: String,
    /// How it sounds, for who writes in it.
    pub guide: String,
    /// How balls are told. The words of one that is written with places ("{batter} lifts it, SIX!") are good for the guard, too.
    pub examples: Vec<Example>,
    /// Words that it never says.
    pub never: Vec<String>,
    /// From 0, sober, to 10, beside itself.
    pub warmth: u8,
}

/// What happened, and how the tone tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub ball: String,
    pub told: String,
}

/// Key, warmth, name and guide of the tones that speak English.
const ENGLISH: [(&str, u8, &str, &str); 6] = [
    (
        "analyst",
        2,
        "Analyst",
        "Calm and exact. What happened, then what it means for the score. No adjectives without a reason.",
    ),
    (
        "hype",
        10,
        "Hype",
        "Loud and short. Capitals for the big moments, and never two long sentences in a row.",
    ),
    (
        "grandfather",
        4,
        "Grandfather",
        "Has seen it all and tells it kindly, in slow, round sentences. Fond of everybody.",
    ),
    ("sarcastic", 5, "Sarcastic", "Dry, never cruel. The joke is on the game, never on a person."),
    ("kid", 7, "For kids", "Simple words of everyday, glad about everything. Says what a thing means."),
    ("poet", 6, "Poet", "A small image, a little rhythm, and the facts in it as they were."),
];

/// Language, name and guide of the tone that each other language has of its own.
const LIVELY: [(Language, &str, &str); 7] = [
    (Language::Hindi, "जोशीला", "बोलचाल की हिन्दी, छोटी और जोशीली: पहले क्या हुआ, फिर किसने किया।"),
    (
        Language::Hinglish,
        "Josheela",
        "Roz ki Hinglish, chhoti aur josh bhari: pehle kya hua, phir kisne kiya.",
    ),
    (Language::Bengali, "প্রাণবন্ত", "চলতি বাংলা, ছোট আর প্রাণবন্ত: আগে কী হল, পরে কে করল।"),
    (Language::Tamil, "உற்சாகம்", "பேச்சு வழக்குக்கு நெருக்கமான தமிழ், சுருக்கமாக, உற்சாகமாக."),
    (Language::Telugu, "ఉత్సాహం", "వాడుక తెలుగు, చిన్నగా, ఉత్సాహంగా: ముందు ఏం జరిగింది, తర్వాత ఎవరు చేశారు."),
    (Language::Marathi, "जोशपूर्ण", "बोलीभाषेतली मराठी, थोडक्यात आणि जोशात: आधी काय झाले, मग कोणी केले."),
    (Language::Urdu, "پرجوش", "بول چال کی اردو، مختصر اور پرجوش: پہلے کیا ہوا، پھر کس نے کیا۔"),
];

/// The key of the tone that each language but English has of its own.
pub const LIVELY_KEY: &str = "lively";

impl Preset {
    /// The tones that we ship: six in English, and one in each other language.
    pub fn built_in() -> Vec<Preset> {
        let english = ENGLISH
            .iter()
            .map(|(key, warmth, name, guide)| Preset::new(key, Language::English, *warmth, name, guide));
        let others =
            LIVELY.iter().map(|(language, name, guide)| Preset::new(LIVELY_KEY, *language, 8, name, guide));
        english.chain(others).collect()
    }

    fn new(key: &str, language: Language, warmth: u8, name: &str, guide: &str) -> Preset {
        Preset {
            key: key.to_owned(),
            version: 1,
            language,
            name: name.to_owned(),
            guide: guide.to_owned(),
            examples: crate::phrases::examples(key, language),
            never: Vec::new(),
            warmth,
        }
    }
}
