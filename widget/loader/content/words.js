// What is said beside what editors write.

/** A day as it is written in a language. */
export const dayOf = (at, tag) => {
  try {
    return new Intl.DateTimeFormat(tag, { day: "numeric", month: "long", year: "numeric" }).format(at);
  } catch {
    return "";
  }
};
