/**
 * The one table of keyboard shortcuts: handlers, the `?` overlay and the command palette are all made from it.
 * Single keys never fire while somebody types and can be switched off (WCAG 2.1.4); chords with Ctrl, ⌘ or Alt
 * and Escape are not single keys and stay.
 */

/**
 * @typedef {object} Shortcut
 * @property {string} id names the handler
 * @property {string} keys "n", "g m" (one after the other) or "Mod+Shift+e"
 * @property {string} label
 * @property {"general"|"list"|"conversation"|"writing"} group
 * @property {"anywhere"|"outside"|"composer"} where `composer` entries are the composer's own keys, listed for the reader
 * @property {boolean} [command] also offered in the palette
 */

/** @type {ReadonlyArray<Readonly<Shortcut>>} */
export const SHORTCUTS = Object.freeze([
  { id: "help", keys: "?", label: "Show shortcuts", group: "general", where: "outside", command: true },
  { id: "palette", keys: "Mod+k", label: "Open commands", group: "general", where: "anywhere" },
  { id: "escape", keys: "Escape", label: "Leave the field, close what is open", group: "general", where: "anywhere" },
  { id: "availability", keys: "g o", label: "Switch between online and away", group: "general", where: "outside", command: true },
  { id: "foldPane", keys: "]", label: "Fold or unfold visitor details", group: "general", where: "outside", command: true },
  { id: "foldList", keys: "[", label: "Fold or unfold the list", group: "general", where: "outside", command: true },
  { id: "search", keys: "/", label: "Filter the list", group: "list", where: "outside", command: true },
  { id: "down", keys: "j", label: "Next conversation", group: "list", where: "outside", command: true },
  { id: "up", keys: "k", label: "Previous conversation", group: "list", where: "outside", command: true },
  { id: "next", keys: "n", label: "Take next from the queue", group: "list", where: "outside", command: true },
  { id: "viewQueue", keys: "g q", label: "Go to Queue", group: "list", where: "outside", command: true },
  { id: "viewMine", keys: "g m", label: "Go to Mine", group: "list", where: "outside", command: true },
  { id: "viewAll", keys: "g a", label: "Go to All", group: "list", where: "outside", command: true },
  { id: "reply", keys: "r", label: "Reply", group: "conversation", where: "outside", command: true },
  { id: "note", keys: "p", label: "Write a private note", group: "conversation", where: "outside", command: true },
  { id: "tags", keys: "t", label: "Tags", group: "conversation", where: "outside", command: true },
  { id: "transfer", keys: "a", label: "Transfer", group: "conversation", where: "outside", command: true },
  { id: "close", keys: "e", label: "Close conversation", group: "conversation", where: "outside", command: true },
  { id: "block", keys: "b", label: "Block the visitor, or let them in again", group: "conversation", where: "outside", command: true },
  { id: "closeNext", keys: "Mod+Shift+e", label: "Close and take next", group: "conversation", where: "anywhere", command: true },
  { id: "editLast", keys: "Alt+ArrowUp", label: "Edit your last message", group: "conversation", where: "anywhere", command: true },
  { id: "send", keys: "Enter", label: "Send", group: "writing", where: "composer" },
  { id: "newLine", keys: "Shift+Enter", label: "New line", group: "writing", where: "composer" },
]);

const SEQUENCE_WITHIN_MS = 1200;

/** @typedef {{key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean, shiftKey?: boolean, repeat?: boolean, isComposing?: boolean}} Press */

/**
 * One key press in the table's spelling. Shift counts only with another modifier or a named key:
 * "?" needs Shift on one keyboard and not on the next.
 * @param {Press} press
 */
export function spell(press) {
  const mod = Boolean(press.ctrlKey || press.metaKey);
  const single = press.key.length === 1;
  const letter = single && press.key.toLowerCase() !== press.key.toUpperCase();
  const shift = Boolean(press.shiftKey) && (mod || press.altKey || !single || letter);
  const key = single ? press.key.toLowerCase() : press.key;
  return [mod && "Mod", press.altKey && "Alt", shift && "Shift", key].filter(Boolean).join("+");
}

/**
 * Reads key presses and tells which shortcut they make.
 * @param {ReadonlyArray<Readonly<Shortcut>>} table
 * @param {() => number} now milliseconds, for sequences such as "g m"
 */
export function createMatcher(table, now) {
  const active = table.filter((row) => row.where !== "composer");
  let prefix = "";
  let since = 0;

  /**
   * @param {Press} press
   * @param {{typing: boolean, singleKeys: boolean}} situation
   * @returns {string|null} the shortcut's id
   */
  return function match(press, { typing, singleKeys }) {
    if (press.isComposing || ["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(press.key)) return null;
    const spelled = spell(press);
    const anywhere = active.find((row) => row.where === "anywhere" && row.keys === spelled);
    if (anywhere || typing || !singleKeys || press.repeat) {
      prefix = "";
      return anywhere && !press.repeat ? anywhere.id : null;
    }
    const whole = prefix && now() - since <= SEQUENCE_WITHIN_MS ? `${prefix} ${spelled}` : spelled;
    prefix = "";
    const hit = active.find((row) => row.keys === whole);
    if (hit) return hit.id;
    if (active.some((row) => row.keys.startsWith(`${spelled} `))) {
      prefix = spelled;
      since = now();
    }
    return null;
  };
}

/**
 * The caps a person sees for a shortcut.
 * @param {string} keys
 * @param {boolean} mac
 * @returns {string[][]} steps of caps: [["G"], ["M"]] or [["Ctrl", "K"]]
 */
export function caps(keys, mac) {
  /** @type {Record<string, string>} */
  const names = { Mod: mac ? "⌘" : "Ctrl", Alt: mac ? "⌥" : "Alt", ArrowUp: "↑", Escape: "Esc" };
  return keys.split(" ").map((step) => step.split("+").map((cap) => names[cap] ?? (cap.length === 1 ? cap.toUpperCase() : cap)));
}

/**
 * The palette's rows for what was typed: every word must occur in the label.
 * @param {ReadonlyArray<Readonly<Shortcut>>} table
 * @param {string} query
 */
export function commands(table, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return table.filter((row) => row.command && words.every((word) => row.label.toLowerCase().includes(word)));
}
