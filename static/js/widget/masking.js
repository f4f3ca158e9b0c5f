// @ts-check
/**
 * What the visitor writes, as it may leave the device. The engine and the packs that the site switched on are fetched at the
 * first letter, not before somebody writes.
 */

/** @typedef {{text: string, findings: import("../shared/masking/engine.js").Finding[], shown: string[]}} Look */

export class Masking {
  /** @type {import("../shared/masking/policy.js").Rules} as the server told them last */
  #rules = {};
  #known = "{}";
  /** @type {Promise<(text: string) => Look>|null} */
  #ready = null;

  /** @param {import("../shared/masking/policy.js").Rules|undefined} rules */
  follow(rules = {}) {
    const known = JSON.stringify(rules);
    if (known === this.#known) return;
    [this.#rules, this.#known, this.#ready] = [rules, known, null];
  }

  /** @param {string} text @returns {Promise<Look>} */
  async look(text) {
    try {
      this.#ready ??= this.#load();
      return (await this.#ready)(text);
    } catch {
      this.#ready = null;
      return { text, findings: [], shown: [] }; // the server masks too, and it fails closed
    }
  }

  async #load() {
    const rules = this.#rules;
    const [{ look }, { policyFrom }] = await Promise.all([import("../shared/masking/engine.js"), import("../shared/masking/policy.js")]);
    const policy = await policyFrom(rules);
    return (/** @type {string} */ text) => look(text, policy);
  }
}
