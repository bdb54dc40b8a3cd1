// What <crease-wallet> says, and how it writes numbers and times. English comes with the script; another language is
// one small file, which only a page that speaks it downloads. xtask puts the files of this folder into one block:
// they share their names.

/** By name, as widget/languages/wallet.en.txt has them. */
const ENGLISH = __CREASE_WORDS__;
/** Tags of the languages beside English. */
const LANGUAGES = __CREASE_LANGUAGES__;
/** Read from right to left. */
const RTL = ["ur"];
/** Assets that are money, which Intl knows how to write. */
const MONEY = ["inr", "usd"];
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const tables = {};

/** A language's texts by name; English where there are none, or they cannot be had. */
const table = (file, english) =>
  (tables[file] ??= fetch(`${base}bundle/${BUNDLE}/${file}.txt`)
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer)))
    // A table has the texts alone, in the order of the English ones.
    .then((text) => text.split("\n"))
    .then((texts) => Object.fromEntries(Object.keys(english).map((name, at) => [name, texts[at] || english[name]])))
    .catch((error) => {
      // The next element asks again.
      delete tables[file];
      throw error;
    }));

const filled = (text, values) => text?.replace(/\{(\d)\}/g, (_, at) => values[at]);

/** How a language speaks: resolves with functions that make texts. */
const speechOf = async (tag) => {
  // A page may say more than we tell apart: "hi-IN".
  let name = tag.split("-")[0].toLowerCase();
  let words = ENGLISH;
  if (LANGUAGES.includes(name)) {
    try {
      words = await table(`wallet.${name}`, ENGLISH);
    } catch {
      name = "en";
    }
  }
  let lang = name;
  try {
    // The region decides how thousands are grouped and days written.
    if (tag.toLowerCase().startsWith(name)) lang = Intl.getCanonicalLocales(tag)[0] || name;
  } catch {
    // No tag at all.
  }
  if (name !== "en" && !LANGUAGES.includes(name)) lang = "en";
  const plurals = new Intl.PluralRules(lang);
  const times = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
  const wholeTimes = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "short" });
  const days = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", year: "numeric" });
  const ago = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });

  const say = (name, ...values) => filled(words[name], values);
  /** The same with the words of another part, whose English ones come with it; where they cannot be had, in English. */
  const also = async (part, english) => {
    const own = LANGUAGES.includes(name) ? await table(`${part}.${name}`, english).catch(() => english) : english;
    return (name, ...values) => filled(own[name], values);
  };
  /** An amount of an asset: units of its smallest part. */
  const amount = (asset, units, places, signs = "auto") => {
    const money = MONEY.includes(asset) && { style: "currency", currency: asset, currencyDisplay: "narrowSymbol" };
    const digits = { minimumFractionDigits: places, maximumFractionDigits: places, signDisplay: signs };
    return new Intl.NumberFormat(lang, { ...money, ...digits }).format(units / 10 ** places).replace("-", "\u2212");
  };
  /** What an asset is called. */
  const nameOf = (asset) => {
    if (asset === "points" || asset === "coins") return words[`${asset.toUpperCase()}_NAME`];
    return MONEY.includes(asset) ? new Intl.DisplayNames(lang, { type: "currency" }).of(asset.toUpperCase()) : asset;
  };
  /** What stands around the number in "120 points". */
  const around = (asset, units) => {
    const forms = (words[asset.toUpperCase()] ?? "{0}").split("|");
    return forms[plurals.select(units) === "one" ? 0 : forms.length - 1].split("{0}");
  };
  const counted = (asset, units, places, signs) =>
    asset === "points" || asset === "coins"
      ? around(asset, units).join(amount(asset, units, places, signs))
      : amount(asset, units, places, signs);
  /** "12 minutes ago" within a day, else the day and the hour. */
  const when = (at) => {
    const past = Date.now() - at;
    if (past < MINUTE_MS) return words.NOW;
    if (past < HOUR_MS) return ago.format(-Math.floor(past / MINUTE_MS), "minute");
    return past < DAY_MS ? ago.format(-Math.floor(past / HOUR_MS), "hour") : times.format(at);
  };
  const reason = (entry) => words[`REASON_${String(entry.reason).toUpperCase().replace(/-/g, "_")}`] ?? words.OTHER;
  const dir = RTL.includes(name) ? "rtl" : "";
  return {
    lang,
    dir,
    say,
    also,
    amount,
    nameOf,
    around,
    counted,
    when,
    reason,
    whole: (at) => wholeTimes.format(at),
    day: (at) => days.format(at),
  };
};
