// @ts-check
/** Times and days in the reader's language and zone. Formatters are costly to make, so each is made once. */

/** @param {Date} a @param {Date} b @returns {boolean} the same day in the reader's zone */
export function sameDay(a, b) {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();
}

/** @param {string|undefined} locale BCP 47; undefined or unknown: the browser's */
export function formats(locale) {
  const known = supported(locale);
  const clock = new Intl.DateTimeFormat(known, { hour: "numeric", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(known, { weekday: "long", day: "numeric", month: "long" });
  const dayAndYear = new Intl.DateTimeFormat(known, { day: "numeric", month: "long", year: "numeric" });
  // With the zone: who answers from two places, or reads a picture of a conversation, sees whose clock it is.
  const full = new Intl.DateTimeFormat(known, {
    weekday: "long", year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short",
  });
  const relative = new Intl.RelativeTimeFormat(known, { numeric: "auto" });
  const number = new Intl.NumberFormat(known);
  return {
    /** @param {Date} at */
    clock: (at) => clock.format(at),
    /** @param {Date} at */
    full: (at) => full.format(at),
    /** @param {number} value */
    number: (value) => number.format(value),
    /** "Today", "Yesterday", "Monday 3 March" or, in another year, with it. @param {Date} at @param {Date} now */
    day: (at, now) => {
      const back = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
      if (sameDay(at, now)) return capital(relative.format(0, "day"), known);
      if (sameDay(at, back)) return capital(relative.format(-1, "day"), known);
      return at.getFullYear() === now.getFullYear() ? day.format(at) : dayAndYear.format(at);
    },
    /** How long something has lasted, in one unit, rounded down. @param {number} milliseconds */
    span: (milliseconds) => span(known, milliseconds),
  };
}

/** @param {string|undefined} locale @param {number} milliseconds */
function span(locale, milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [size, unit] = seconds < 60 ? [1, "second"] : seconds < 3600 ? [60, "minute"] : seconds < 86_400 ? [3600, "hour"] : [86_400, "day"];
  return new Intl.NumberFormat(locale, { style: "unit", unit: String(unit), unitDisplay: "narrow" }).format(Math.floor(seconds / Number(size)));
}

/** @param {string} word @param {string|undefined} locale */
function capital(word, locale) {
  const [first = "", ...rest] = word;
  return first.toLocaleUpperCase(locale) + rest.join("");
}

/** @param {string|undefined} locale @returns {string|undefined} */
function supported(locale) {
  try {
    return locale ? Intl.DateTimeFormat.supportedLocalesOf(locale)[0] : undefined;
  } catch {
    return undefined; // not a language tag at all
  }
}
