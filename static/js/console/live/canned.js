/** The canned responses that the server lets this agent use: asked for when he begins to write, and again after a minute. */

const FRESH_MS = 60_000;

/**
 * @param {object} options
 * @param {string} options.url @param {() => string|undefined} options.tenant the slug of the console's organisation
 * @param {() => number} options.now @param {AbortSignal} options.signal @param {typeof fetch} [options.ask]
 */
export function cannedResponses({ url, tenant, now, signal, ask = (...request) => fetch(...request) }) {
  /** @type {import("../model/canned.js").Canned[]} */
  let known = [];
  let asked = -Infinity;
  return {
    /** What was known last; nothing of another organisation's, which this browser may have gone to in another tab. */
    get all() {
      return known;
    },
    /** @returns {Promise<boolean>} whether there is something new to show */
    async refresh() {
      if (now() - asked < FRESH_MS) return false;
      asked = now();
      try {
        const response = await ask(url, { signal, headers: { Accept: "application/json" }, credentials: "same-origin" });
        const found = response.ok ? await response.json() : null;
        if (found === null || found.tenant !== tenant()) throw new Error("not the console's");
        known = found.responses;
        return true;
      } catch {
        asked = -Infinity; // the next slash asks again; what is known stays
        return false;
      }
    },
  };
}
