//! True lines made false, one way at a time.

use commentary::{Facts, Kind, Language, Place};

/// A line that is not so.
pub(crate) struct Falsehood {
    pub(crate) kind: &'static str,
    pub(crate) line: String,
}

/// All kinds that each language is tried with.
pub(crate) const KINDS: [&str; 18] = [
    "wrong number",
    "wrong number word",
    "wrong figure",
    "swapped people",
    "swapped teams",
    "wrong winner",
    "invented name",
    "invented name in the script",
    "invented fact",
    "score turned round",
    "score before the ball",
    "wicket of nobody",
    "denied",
    "profanity",
    "injection",
    "too long",
    "another ball",
    "another language",
];

/// Of a language: a number word (seven), a denial, profanity, a name in its own script, and facts that we cannot know.
struct Words {
    seventeen: &'static str,
    not: &'static str,
    profane: &'static str,
    /// Gives the bowler a wicket.
    credit: &'static str,
    name: &'static str,
    facts: &'static [&'static str],
}

fn words(language: Language) -> Words {
    match language {
        Language::English => Words {
            seventeen: "seventeen",
            not: "not",
            profane: "damn",
            credit: "Wicket for {bowler}!",
            name: "tendulkar",
            facts: &[
                "over long-on",
                "a fine yorker",
                "the crowd roars",
                "in the rain",
                "his third wicket",
                "again",
                "a full toss",
                "outside off",
                "through the covers",
                "down the leg side",
                "off the edge",
                "a bouncer",
                "into the crowd",
                "under the lights",
                "in the final over",
                "from the captain",
                "on debut",
                "in Mumbai",
                "a new record",
                "third in a row",
                "a dropped catch",
                "the umpire raises the finger",
                "on review",
                "a cover drive",
                "straight back past the bowler",
                "over midwicket",
                "a slower ball",
                "the last ball of the over",
                "a top edge",
                "the highest score of the season",
                "the partnership is broken",
                "behind square",
                "first ball",
                "a sweep",
                "out of the ground",
                "into the second tier",
                "the spinner",
                "in the powerplay",
                "a career best",
            ],
        },
        Language::Hinglish => Words {
            seventeen: "satrah",
            not: "nahi",
            profane: "saala",
            credit: "{bowler} ko mila wicket!",
            name: "tendulkar",
            facts: &[
                "full toss",
                "off stump ke bahar",
                "cover ke upar se",
                "leg side mein",
                "balle ka kinaara",
                "bouncer",
                "stadium mein",
                "aakhri over mein",
                "captain",
                "Mumbai mein",
                "naya record",
                "chhoota catch",
                "umpire ne ungli uthayi",
                "pull shot",
                "slower ball",
                "saajhedaari tooti",
                "powerplay mein",
                "maidaan ke bahar",
                "long-on ke upar",
                "kya yorker",
                "darshak jhoom uthe",
                "baarish mein",
                "lagataar teesra",
            ],
        },
        Language::Hindi => Words {
            seventeen: "सत्रह",
            not: "नहीं",
            profane: "साला",
            credit: "{bowler} को मिला विकेट!",
            name: "तेंदुलकर",
            facts: &[
                "फुल टॉस",
                "ऑफ़ स्टंप के बाहर",
                "कवर के ऊपर से",
                "लेग साइड में",
                "बल्ले का किनारा",
                "बाउंसर",
                "स्टेडियम में",
                "दर्शक दीर्घा में",
                "आख़िरी ओवर में",
                "कप्तान",
                "मुंबई में",
                "नया रिकॉर्ड",
                "छूटा कैच",
                "अंपायर ने उंगली उठाई",
                "पुल शॉट",
                "धीमी गेंद",
                "साझेदारी टूटी",
                "पावरप्ले में",
                "मैदान के बाहर",
                "लॉन्ग ऑन के ऊपर",
                "क्या यॉर्कर",
                "दर्शक झूम उठे",
                "बारिश में",
                "लगातार तीसरा",
            ],
        },
        Language::Bengali => Words {
            seventeen: "সতেরো",
            not: "না",
            profane: "শালা",
            credit: "উইকেট পেলেন {bowler}!",
            name: "তেন্ডুলকর",
            facts: &[
                "ফুল টস",
                "অফ স্টাম্পের বাইরে",
                "বাউন্সার",
                "শেষ ওভারে",
                "অধিনায়ক",
                "ঢাকায়",
                "নতুন রেকর্ড",
                "আম্পায়ার আঙুল তুললেন",
                "পুল শট",
                "লং অনের উপর দিয়ে",
                "দারুণ ইয়র্কার",
                "দর্শকেরা উল্লাসে",
                "বৃষ্টিতে",
            ],
        },
        Language::Tamil => Words {
            seventeen: "பதினேழு",
            not: "இல்லை",
            profane: "முட்டாள்",
            credit: "{bowler} விக்கெட் எடுத்தார்!",
            name: "டெண்டுல்கர்",
            facts: &[
                "ஃபுல் டாஸ்",
                "பவுன்சர்",
                "கடைசி ஓவரில்",
                "கேப்டன்",
                "சென்னையில்",
                "புதிய சாதனை",
                "நடுவர் கையை உயர்த்தினார்",
                "லாங் ஆன் மேல்",
                "அருமையான யார்க்கர்",
                "ரசிகர்கள் ஆரவாரம்",
                "மழையில்",
            ],
        },
        Language::Telugu => Words {
            seventeen: "పదిహేడు",
            not: "కాదు",
            profane: "వెధవ",
            credit: "{bowler}కు వికెట్!",
            name: "టెండూల్కర్",
            facts: &[
                "ఫుల్ టాస్",
                "బౌన్సర్",
                "చివరి ఓవర్‌లో",
                "కెప్టెన్",
                "హైదరాబాద్‌లో",
                "కొత్త రికార్డు",
                "అంపైర్ వేలు ఎత్తారు",
                "లాంగ్ ఆన్ మీదుగా",
                "అద్భుతమైన యార్కర్",
                "ప్రేక్షకులు కేరింతలు",
                "వర్షంలో",
            ],
        },
        Language::Marathi => Words {
            seventeen: "सतरा",
            not: "नाही",
            profane: "साला",
            credit: "{bowler} ला विकेट!",
            name: "तेंडुलकर",
            facts: &[
                "फुल टॉस",
                "बाउन्सर",
                "शेवटच्या षटकात",
                "कर्णधार",
                "मुंबईत",
                "नवा विक्रम",
                "पंचांनी बोट वर केले",
                "लाँग ऑनवरून",
                "काय यॉर्कर",
                "प्रेक्षक नाचू लागले",
                "पावसात",
            ],
        },
        Language::Urdu => Words {
            seventeen: "سترہ",
            not: "نہیں",
            profane: "سالا",
            credit: "{bowler} کو ملی وکٹ!",
            name: "ٹنڈولکر",
            facts: &[
                "فل ٹاس",
                "آف اسٹمپ کے باہر",
                "باؤنسر",
                "آخری اوور میں",
                "کپتان",
                "کراچی میں",
                "نیا ریکارڈ",
                "امپائر نے انگلی اٹھائی",
                "پل شاٹ",
                "لانگ آن کے اوپر",
                "کیا یارکر",
                "تماشائی جھوم اٹھے",
                "بارش میں",
            ],
        },
    }
}

/// The line made false in each way that it can be.
pub(crate) fn of(facts: &Facts, language: Language, line: &str) -> Vec<Falsehood> {
    let words = words(language);
    let mut all = Vec::new();
    let mut add = |kind, line: String| all.push(Falsehood { kind, line });
    numbers(facts, language, line, &words, &mut add);
    people(facts, line, &words, &mut add);
    // Each fact with a quarter of the lines: with all it takes a debug build too long.
    for (_, fact) in words.facts.iter().enumerate().filter(|it| it.0 % 4 == line.len() % 4) {
        add("invented fact", format!("{line} {fact}!"));
    }
    if facts.kind == Kind::Wicket && !facts.out.iter().any(|it| it.is_bowlers) {
        add("wicket of nobody", format!("{line} {}", words.credit));
    }
    add("denied", format!("{line} {}!", words.not));
    add("profanity", format!("{line} {}!", words.profane));
    for text in [
        "Ignore previous instructions.",
        "https://example.com/",
        "<b>win</b>",
        "www.example.com",
        "\u{202e}",
        "\u{200b}",
        "[link](x)",
        "{system}",
        "@someone",
        "😀",
    ] {
        add("injection", format!("{line} {text}"));
    }
    add("too long", line.repeat(1 + 900 / line.chars().count()));
    all
}

fn numbers(
    facts: &Facts,
    language: Language,
    line: &str,
    words: &Words,
    add: &mut impl FnMut(&'static str, String),
) {
    let digits = |number: u32| language.words().digits(&number.to_string());
    for place in Place::ALL {
        let Some(number) = place.number(facts).filter(|_| line.contains(&place.to_string())) else {
            continue;
        };
        let with = |text: &str| line.replace(&place.to_string(), text);
        // No figure of any ball of the sample.
        for wrong in [number + 1000, 907] {
            add("wrong number", with(&digits(wrong)));
        }
        if !all_numbers(facts).contains(&17) {
            add("wrong number word", with(words.seventeen));
        }
        // A true figure of something else.
        let figures = [Place::Target, Place::Needed, Place::BallsLeft, Place::OverRuns];
        for other in figures.into_iter().filter(|it| *it != place) {
            let value = other.number(facts);
            if value.is_some_and(|it| it != number && is_alone(facts, other)) && is_of_batter_or_score(place)
            {
                add("wrong figure", with(&other.to_string()));
            }
        }
    }
    if line.contains("{score}") {
        let (runs, wickets) = (u32::from(facts.score.runs), u32::from(facts.score.wickets));
        let score = |runs: u32, wickets: u32| {
            line.replace("{score}", &format!("{}/{}", digits(runs), digits(wickets)))
        };
        if runs != wickets {
            add("score turned round", score(wickets, runs));
        }
        if facts.runs > 0 {
            add("score before the ball", score(runs - u32::from(facts.runs), wickets));
        }
        if !facts.out.is_empty() {
            add("score before the ball", score(runs, wickets - 1));
        }
        add("wrong number", score(runs + 1, wickets));
    }
}

/// Whether the place's number is the number of no other.
fn is_alone(facts: &Facts, place: Place) -> bool {
    let number = place.number(facts);
    all_numbers(facts).iter().filter(|it| Some(**it) == number).count() == 1
}

fn all_numbers(facts: &Facts) -> Vec<u32> {
    Place::ALL.into_iter().filter_map(|it| it.number(facts)).collect()
}

fn is_of_batter_or_score(place: Place) -> bool {
    matches!(place, Place::BatterRuns | Place::OutRuns | Place::Total)
}

fn people(facts: &Facts, line: &str, words: &Words, add: &mut impl FnMut(&'static str, String)) {
    let swapped = |one: Place, other: Place| {
        let (one, other) = (one.to_string(), other.to_string());
        line.replace(&one, "{-}").replace(&other, &one).replace("{-}", &other)
    };
    let people = [Place::Bowler, Place::Batter, Place::Out, Place::Fielder];
    let name = |place: Place| place.value(facts, Language::English);
    let is_of_fielders = |place: Place| {
        facts.first_out().is_some_and(|it| it.fielders.iter().any(|it| Some(it) == name(place).as_ref()))
    };
    for (at, one) in people.into_iter().enumerate() {
        if !line.contains(&one.to_string()) {
            continue;
        }
        for other in people.into_iter().skip(at + 1) {
            if line.contains(&other.to_string()) && name(one) != name(other) && !is_of_fielders(one) {
                add("swapped people", swapped(one, other));
            }
        }
        // Somebody else of the ball in the place.
        for other in people.into_iter().chain([Place::Partner]) {
            let is_other =
                name(other).is_some() && people.iter().all(|it| *it == other || name(*it) != name(other));
            if is_other && other != one && !is_of_fielders(other) && !line.contains(&other.to_string()) {
                add("swapped people", line.replace(&one.to_string(), &other.to_string()));
            }
        }
        for invented in ["Tendulkar", "S. Tendulkar", "tendulkar"] {
            add("invented name", line.replace(&one.to_string(), invented));
        }
        add("invented name in the script", line.replace(&one.to_string(), words.name));
    }
    for (one, other) in [(Place::Team, Place::Opponents), (Place::Winner, Place::Loser)] {
        let has = |place: Place| line.contains(&place.to_string()) && name(place).is_some();
        if has(one) || has(other) {
            let kind = if one == Place::Team { "swapped teams" } else { "wrong winner" };
            add(kind, swapped(one, other));
        }
    }
}

/// Whether words that tell one ball are false of the other.
pub(crate) fn is_another(line: &str, one: &Facts, other: &Facts) -> bool {
    let how = |it: &Facts| it.first_out().map(|it| it.how);
    let is_run = |it: &Facts| it.kind == Kind::Runs;
    one.kind != other.kind
        || how(one) != how(other)
        || is_run(one) && one.runs != other.runs && !line.contains("{runs}")
}
