// @ts-check
/** What a test must pin: time, chance and the network. Nothing of the product itself is replaced. */

/** Lets promise callbacks run. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A clock that moves when told to, and runs what is due in order. */
export class Clock {
  constructor() {
    this.time = 0;
    this.serial = 0;
    /** @type {{id: number, at: number, run: () => void}[]} */
    this.timers = [];
  }

  now() {
    return this.time;
  }

  /** @param {() => void} run @param {number} after */
  setTimeout(run, after) {
    this.serial += 1;
    this.timers.push({ id: this.serial, at: this.time + after, run });
    return this.serial;
  }

  /** @param {number} id */
  clearTimeout(id) {
    this.timers = this.timers.filter((timer) => timer.id !== id);
  }

  /** @param {number} by milliseconds */
  advance(by) {
    const until = this.time + by;
    for (;;) {
      const [due] = this.timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at || a.id - b.id);
      if (!due) break;
      this.clearTimeout(due.id);
      this.time = due.at;
      due.run();
    }
    this.time = until;
  }
}

/** A network whose other end is the test. `sockets` holds every socket that was opened. */
export function network() {
  /** @type {any[]} */
  const sockets = [];
  class FakeSocket {
    /** @param {string} url */
    constructor(url) {
      this.url = url;
      /** @type {any[]} */
      this.sent = [];
      this.closedWith = null;
      this.onopen = this.onmessage = this.onclose = /** @type {any} */ (null);
      sockets.push(this);
    }

    /** @param {string} text */
    send(text) {
      this.sent.push(JSON.parse(text));
    }

    /** @param {number} code */
    close(code) {
      this.closedWith = code;
    }

    accept() {
      this.onopen?.({});
    }

    /** @param {object} frame */
    says(frame) {
      this.onmessage?.({ data: JSON.stringify(frame) });
    }

    /** @param {number} code */
    drops(code) {
      this.onclose?.({ code });
    }
  }
  return { FakeSocket, sockets, get last() { return sockets[sockets.length - 1]; } };
}
