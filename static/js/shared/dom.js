// @ts-check
/** Elements and listeners. Text only ever becomes a text node: there is no way from a string to markup here. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `class`, `aria-*`, `data-*` …; true: present, false/null/undefined: absent
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {any} the element
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...shown(children));
  return element;
}

/** @param {Element} element @param {Record<string, any>} attributes */
export function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) throw new TypeError("listeners need an owner: use listen()");
    if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Replace what is in `element`. @param {Element} element @param {...(Node|string|null|undefined|false)} children */
export function fill(element, ...children) {
  element.replaceChildren(...shown(children));
}

/** A stroked 24×24 icon, hidden from assistive technology. @param {...string} paths @returns {SVGElement} */
export function icon(...paths) {
  const svg = document.createElementNS(SVG, "svg");
  setAttributes(svg, { viewBox: "0 0 24 24", width: 20, height: 20, fill: "none", stroke: "currentColor",
    "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", focusable: "false" });
  for (const path of paths) {
    const element = document.createElementNS(SVG, "path");
    element.setAttribute("d", path);
    svg.append(element);
  }
  return svg;
}

/**
 * Listen until `signal` aborts: whoever made the signal owns the listener.
 * @param {EventTarget} target @param {string} type @param {(event: any) => void} handler
 * @param {AbortSignal} signal @param {AddEventListenerOptions} [options]
 */
export function listen(target, type, handler, signal, options = {}) {
  target.addEventListener(type, handler, { ...options, signal });
}

/** The element with this `data-…` hook; missing is a defect of the template. @param {ParentNode} root @param {string} name @returns {any} */
export function hook(root, name) {
  const element = root.querySelector(`[data-${name}]`);
  if (!element) throw new Error(`template has no data-${name}`);
  return element;
}

/** @param {(Node|string|null|undefined|false)[]} children @returns {(Node|string)[]} */
function shown(children) {
  return /** @type {(Node|string)[]} */ (children.filter((child) => child !== null && child !== undefined && child !== false));
}
