/**
 * Why the socket turned this person away. It closes with a bare code; the console's own page says why to programs,
 * and leads people to what they owe. DOM-free.
 */

/**
 * @param {string} root the console's path
 * @param {(path: string, how: object) => Promise<{status: number, json: () => Promise<any>}>} [ask]
 * @returns {Promise<string|null>} the server's code; null where it has none, or cannot be asked
 */
export async function reasonOf(root, ask = globalThis.fetch) {
  try {
    const answer = await ask(root, { headers: { Accept: "application/json" }, cache: "no-store" });
    const { code } = answer.status === 403 ? await answer.json() : { code: null };
    return typeof code === "string" ? code : null;
  } catch {
    return null; // the page says what it knows by itself
  }
}
