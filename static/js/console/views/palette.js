/** The command palette: a combobox over the shortcuts' table. */
import { el, fill, listen, setAttributes } from "../../shared/dom.js";
import { commands, SHORTCUTS } from "../model/shortcuts.js";
import { say } from "../messages.js";
import { openDialog } from "./dialog.js";
import { keyCaps } from "./dialogs.js";

/** @param {any} app */
export function openPalette(app) {
  const list = el("ul", { class: "options", role: "listbox", id: "palette-options", "aria-label": say.paletteTitle });
  const empty = el("p", { class: "hint", role: "status" });
  const field = el("input", {
    class: "input palette__field", type: "text", role: "combobox", "aria-label": say.paletteField, placeholder: say.paletteField,
    "aria-controls": "palette-options", "aria-expanded": "true", "aria-autocomplete": "list", autocomplete: "off",
  });
  const { dialog, close } = openDialog({ title: say.paletteTitle, body: [field, list, empty], onSubmit: () => run(rows[at]) });
  const ending = new AbortController();
  listen(dialog, "close", () => ending.abort(), ending.signal);
  /** @type {ReadonlyArray<Readonly<import("../model/shortcuts.js").Shortcut>>} */
  let rows = [];
  let at = 0;

  /** @param {Readonly<import("../model/shortcuts.js").Shortcut>|undefined} row */
  function run(row) {
    if (!row) return;
    close();
    // After the dialog has given the focus back: the command may want to put it elsewhere.
    queueMicrotask(() => app.run(row.id));
  }

  function render() {
    rows = commands(SHORTCUTS, field.value);
    at = Math.max(0, Math.min(at, rows.length - 1));
    fill(
      list,
      ...rows.map((row, index) =>
        el("li", { class: "option", role: "option", id: `palette-${row.id}`, "aria-selected": String(index === at), "data-index": index },
          el("span", {}, row.label), el("span", {}, ...keyCaps(row.keys))),
      ),
    );
    list.hidden = rows.length === 0;
    empty.textContent = rows.length === 0 ? say.paletteEmpty : "";
    setAttributes(field, { "aria-activedescendant": rows[at] ? `palette-${rows[at].id}` : null, "aria-expanded": String(rows.length > 0) });
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  listen(field, "input", () => { at = 0; render(); }, ending.signal);
  listen(field, "keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[/** @type {"ArrowUp"} */ (event.key)];
    if (!step || rows.length === 0) return;
    event.preventDefault();
    at = (at + step + rows.length) % rows.length;
    render();
  }, ending.signal);
  listen(list, "click", (event) => {
    const option = event.target.closest("[data-index]");
    if (option) run(rows[Number(option.dataset.index)]);
  }, ending.signal);
  render();
  field.focus();
}
