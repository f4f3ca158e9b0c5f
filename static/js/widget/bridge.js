// @ts-check
/**
 * The line to the page that embeds us: one port, handed over once by the window that frames us. The
 * browser has checked by frame-ancestors who that may be. Out of here go states and counts, never text.
 */

/**
 * @param {Record<string, (value: any) => void>} commands what the page may ask for
 * @param {Window} [frame]
 * @returns {Promise<import("./types").Bridge|null>} null: this window is not in a frame
 */
export function bridge(commands, frame = window) {
  if (frame.parent === frame) return Promise.resolve(null);
  return new Promise((resolve) => {
    const attach = (event) => {
      const [port] = event.ports;
      if (event.source !== frame.parent || event.data?.type !== "attach" || !port) return;
      frame.removeEventListener("message", attach);
      port.onmessage = ({ data }) => Object.hasOwn(commands, data.type) && commands[data.type](data.value);
      resolve({
        origin: event.origin,
        department: event.data.department ?? null,
        seen: event.data.seen ?? null,
        page: event.data.page ?? null,
        tell: (type, value) => port.postMessage({ type, value }),
      });
    };
    frame.addEventListener("message", attach);
  });
}
