// Words of a part of what stands beside a score, and what it is made of. English comes with its module; another language is one small file, which only a page that speaks
// it downloads. xtask puts this before each part's own.

/** By name, as the part's file in widget/languages has them in English. */
const ENGLISH = __CREASE_WORDS__;
/** Tags of the languages beside English. */
const LANGUAGES = __CREASE_LANGUAGES__;
/** Read from right to left. */
const RTL = ["ar", "fa", "he", "ps", "sd", "ug", "ur", "yi"];

const tables = {};

const base = (tag) => tag.split("-")[0].toLowerCase();

/** How a text of a language runs. */
export const directionOf = (tag) => (RTL.includes(base(tag)) ? "rtl" : "ltr");

/** Resolves with a language's texts by name; English where there are none, or they cannot be had. */
const wordsOf = async (tag) => {
  const name = base(tag);
  if (!LANGUAGES.includes(name)) return ENGLISH;
  tables[name] ??= fetch(new URL(`__CREASE_PART__.${name}.txt`, import.meta.url))
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer)))
    // A table has the texts alone, in the order of the English ones.
    .then((text) => text.split("\n"))
    .then((texts) => Object.fromEntries(Object.keys(ENGLISH).map((name, at) => [name, texts[at] || ENGLISH[name]])));
  return tables[name].catch(() => {
    delete tables[name];
    return ENGLISH;
  });
};

/** The language that words are in, for their `lang`. */
const tagOf = (words, tag) => (words === ENGLISH ? "en" : base(tag));

const filled = (text, values) => text?.replace(/\{(\d)\}/g, (_, at) => values[at]);

export const element = (tag, className, ...children) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
};
