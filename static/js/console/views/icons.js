/** The console's icons: strokes on a 24 × 24 field. */
import { icon } from "../../shared/dom.js";

const PATHS = Object.freeze({
  inbox: ["M3 13h5l1.5 3h5L16 13h5", "M5.5 5h13L21 13v6H3v-6z"],
  next: ["M5 5l7 7-7 7", "M13 5l7 7-7 7"],
  help: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7", "M12 17h.01"],
  command: ["M4 6h16M4 12h10M4 18h6"],
  back: ["M15 5l-7 7 7 7"],
  pane: ["M4 5h16v14H4z", "M15 5v14"],
  transfer: ["M4 8h13", "M13 4l4 4-4 4", "M20 16H7", "M11 12l-4 4 4 4"],
  close: ["M5 12.5l4.5 4.5L19 7"],
  cross: ["M6 6l12 12M18 6L6 18"],
  eye: ["M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z", "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"],
  take: ["M12 4v10", "M8 10.5l4 4 4-4", "M4 19h16"],
  reopen: ["M4 12a8 8 0 1 0 2.5-5.8", "M4 4v4.5h4.5"],
  shield: ["M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6z", "M8.5 12l2.5 2.5 4.5-5"],
  unknown: ["M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6z", "M12 8.5v4M12 16h.01"],
});

/** @param {keyof typeof PATHS} name */
export const symbol = (name) => icon(...PATHS[name]);

/**
 * A person's initials, at most two.
 * @param {string} name
 */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words.slice(0, 1);
  return ends.map((word) => [...word][0]).join("") || "?";
}
