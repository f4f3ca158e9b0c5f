/**
 * One value that changes only through a pure reducer, and listeners that hear of it once a turn. DOM-free.
 */

/**
 * @template S, A
 * @param {(state: S, action: A) => S} reduce
 * @param {S} initial
 * @param {(run: () => void) => void} schedule when listeners run: an animation frame in the page, at once in tests
 */
export function createStore(reduce, initial, schedule) {
  let state = initial;
  let told = initial;
  let due = false;
  /** @type {Set<(state: S, before: S) => void>} */
  const listeners = new Set();

  function tell() {
    due = false;
    const before = told;
    told = state;
    for (const listener of [...listeners]) listener(told, before);
  }

  return {
    /** The present state. */
    get state() {
      return state;
    },
    /** @param {A} action */
    dispatch(action) {
      const after = reduce(state, action);
      if (after === state) return;
      state = after;
      if (due) return;
      due = true;
      schedule(tell);
    },
    /**
     * @param {(state: S, before: S) => void} listener
     * @returns {() => void} ends it
     */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
