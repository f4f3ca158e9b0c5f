// @ts-check
/** How well text can be read on a colour, as chat/brand.py chooses it: black or white, whichever contrasts more. */

const EQUAL = 0.179;
const linear = (/** @type {number} */ channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);

/** @param {string} color `#rrggbb` @returns {{text: "#000000"|"#ffffff", ratio: number}} */
export function textOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => linear(parseInt(color.slice(at, at + 2), 16) / 255));
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return light > EQUAL ? { text: "#000000", ratio: (light + 0.05) / 0.05 } : { text: "#ffffff", ratio: 1.05 / (light + 0.05) };
}
