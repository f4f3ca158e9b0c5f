/**
 * Addresses of the console: `/console/` and `/console/c/<conversation id>`. Pure.
 */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The conversation an address names, or null.
 * @param {string} path
 * @param {string} root the console's own path, ending in "/"
 */
export function conversationOf(path, root) {
  if (!path.startsWith(`${root}c/`)) return null;
  const id = path.slice(root.length + 2).replace(/\/$/, "");
  return UUID.test(id) ? id.toLowerCase() : null;
}

/**
 * @param {string|null} id
 * @param {string} root
 */
export function pathOf(id, root) {
  return id === null ? root : `${root}c/${id}`;
}
