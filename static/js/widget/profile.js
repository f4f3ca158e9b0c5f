// @ts-check
const OWN_FIELDS = new Set(["name", "email", "phone"]);

/** What goes into a `profile` frame. @param {string[][]} entries name and value */
export function profileOf(entries) {
  const given = entries.filter(([, value]) => value !== "");
  const own = Object.fromEntries(given.filter(([name]) => OWN_FIELDS.has(name)));
  const fields = Object.fromEntries(given.filter(([name]) => !OWN_FIELDS.has(name)));
  return Object.keys(fields).length ? { ...own, fields } : own;
}
