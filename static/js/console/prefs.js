/** What an agent likes, kept in this browser: never content, never a person. Works without storage too. */

const DEFAULTS = Object.freeze({ singleKeys: true, view: "queue", visitor: true, list: true });

/** @typedef {typeof DEFAULTS} Prefs */

/** @param {() => Storage} storage reached through a function: reading it may throw already */
export function createPrefs(storage) {
  /** @type {Record<string, unknown>} */
  let values = { ...DEFAULTS };
  try {
    const kept = JSON.parse(storage().getItem("console") ?? "{}");
    for (const [name, value] of Object.entries(DEFAULTS)) {
      if (typeof kept?.[name] === typeof value) values[name] = kept[name];
    }
  } catch {
    values = { ...DEFAULTS }; // storage forbidden or spoilt: the defaults do
  }
  return {
    /** @template {keyof Prefs} N @param {N} name @returns {Prefs[N]} */
    get: (name) => /** @type {any} */ (values[name]),
    /** @template {keyof Prefs} N @param {N} name @param {Prefs[N]} value */
    set(name, value) {
      values = { ...values, [name]: value };
      try {
        storage().setItem("console", JSON.stringify(values));
      } catch {
        return; // kept for this page only
      }
    },
  };
}
