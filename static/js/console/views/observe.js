/** Connects views to the store: a view runs when something it picked has changed, and rows keep their elements. */

/**
 * Run `render` now and whenever one of the picked values is another one.
 * @template S
 * @param {{state: S, subscribe: (listener: (state: S) => void) => () => void}} store
 * @param {(state: S) => unknown[]} pick
 * @param {(state: S) => void} render
 * @param {AbortSignal} signal
 */
export function observe(store, pick, render, signal) {
  /** @type {unknown[]|null} */
  let last = null;
  const run = (/** @type {S} */ state) => {
    const picked = pick(state);
    if (last !== null && picked.every((value, index) => value === /** @type {unknown[]} */ (last)[index])) return;
    last = picked;
    render(state);
  };
  run(store.state);
  signal.addEventListener("abort", store.subscribe(run), { once: true });
}

/**
 * Make the children of `parent` those of `items`, in order. An element stays the same for the same key, so
 * focus and reading position survive; it is filled again only when one of its `facts` has changed.
 * @template T
 * @param {Element} parent
 * @param {readonly T[]} items
 * @param {{key: (item: T) => string, create: (item: T) => HTMLElement, facts: (item: T) => unknown[],
 *   update: (element: HTMLElement, item: T) => void}} how
 */
export function reconcile(parent, items, { key, create, facts, update }) {
  const known = keptIn(parent);
  const present = new Set(items.map(key));
  for (const [name, entry] of known) {
    if (present.has(name)) continue;
    entry.element.remove();
    known.delete(name);
  }
  let at = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    const told = facts(item);
    let entry = known.get(name);
    if (!entry) {
      entry = { element: create(item), told: [] };
      known.set(name, entry);
      update(entry.element, item);
    } else if (told.some((fact, index) => fact !== entry?.told[index])) {
      update(entry.element, item);
    }
    entry.told = told;
    if (entry.element === at) at = at.nextElementSibling;
    else parent.insertBefore(entry.element, at);
  }
}

/** @type {WeakMap<Element, Map<string, {element: HTMLElement, told: unknown[]}>>} */
const parents = new WeakMap();

/** @param {Element} parent */
function keptIn(parent) {
  let known = parents.get(parent);
  if (!known) {
    known = new Map();
    parents.set(parent, known);
  }
  return known;
}
