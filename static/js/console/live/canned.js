/** The canned responses that the server lets this agent use: asked for when he begins to write, and again after a minute; and those he keeps. */

const FRESH_MS = 60_000;

/**
 * @param {object} options
 * @param {string} options.url @param {() => string|undefined} options.tenant the slug of the console's organisation
 * @param {() => FormData} options.tokens what a form of this page says of itself
 * @param {() => number} options.now @param {AbortSignal} options.signal @param {typeof fetch} [options.ask]
 */
export function cannedResponses({ url, tenant, tokens, now, signal, ask = (...request) => fetch(...request) }) {
  /** @type {import("../model/canned.js").Canned[]} */
  let known = [];
  let asked = -Infinity;

  /** @param {string} path @param {Record<string, string>} fields @returns {Promise<Record<string, string[]>|null>} what is wrong by field, null where it was done */
  async function post(path, fields) {
    const body = tokens();
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    try {
      const response = await ask(url + path, { method: "POST", body, signal, headers: { Accept: "application/json" }, credentials: "same-origin" });
      const answer = await response.json();
      const isDone = response.ok && !answer.errors;
      if (isDone) known = answer.responses;
      return isDone ? null : (answer.errors ?? {});
    } catch {
      return {};
    }
  }

  return {
    /** Keep a reply for oneself. @param {{shortcut: string, title: string, text: string}} given */
    keep: (given) => post("own/", given),
    /** Remove one of one's own. @param {string} id */
    remove: (id) => post(`own/${id}/remove/`, {}),
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
