// @ts-check
/**
 * What the visitor writes, as it may leave the device. The engine and the packs that the site switched on are fetched at the
 * first letter, not before somebody writes.
 */

/** @typedef {import("../shared/masking/engine.js").Finding} Finding */
/** `undone` are the packs that the visitor called wrong and that would hide something. @typedef {{text: string, findings: Finding[], shown: string[], undone: string[]}} Look */

export class Masking {
  /** @type {import("../shared/masking/policy.js").Rules} as the server told them last */
  #rules = {};
  #known = "{}";
  /** @type {Promise<(text: string, without: ReadonlySet<string>) => Look>|null} */
  #ready = null;

  /** @param {import("../shared/masking/policy.js").Rules|undefined} rules @returns {boolean} whether they are others than before */
  follow(rules = {}) {
    const known = JSON.stringify(rules);
    if (known === this.#known) return false;
    [this.#rules, this.#known, this.#ready] = [rules, known, null];
    return true;
  }

  /** Whether a visitor may say that this kind of finding is wrong: a pack, where the site allows it. @param {string} kind */
  mayUndo(kind) {
    return this.#rules.may_undo === true && (this.#rules.packs ?? []).includes(kind);
  }

  /** @param {string} text @param {ReadonlySet<string>} [undone] kinds that the visitor called wrong @returns {Promise<Look>} */
  async look(text, undone = new Set()) {
    try {
      this.#ready ??= this.#load();
      return (await this.#ready)(text, new Set([...undone].filter((kind) => this.mayUndo(kind))));
    } catch {
      this.#ready = null;
      return { text, findings: [], shown: [], undone: [] }; // the server masks too, and it fails closed
    }
  }

  async #load() {
    const rules = this.#rules;
    const [{ look }, { policyFrom }] = await Promise.all([import("../shared/masking/engine.js"), import("../shared/masking/policy.js")]);
    const policy = await policyFrom(rules);
    return (/** @type {string} */ text, /** @type {ReadonlySet<string>} */ without) => {
      const all = look(text, policy);
      const undone = [...new Set(all.findings.map(({ kind }) => kind))].filter((kind) => without.has(kind));
      if (!undone.length) return { ...all, undone };
      const packs = policy.packs.filter(({ name }) => !without.has(name));
      return { ...look(text, { ...policy, packs }), undone };
    };
  }
}
