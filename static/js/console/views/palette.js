/** The command palette: a combobox over the shortcuts' table. */
import { el, fill, listen, setAttributes } from "../../shared/dom.js";
import { say } from "../messages.js";
import { commands, SHORTCUTS } from "../model/shortcuts.js";
import { openDialog } from "./dialog.js";
import { keyCaps } from "./dialogs.js";

/** @typedef {Readonly<import("../model/shortcuts.js").Shortcut>} Row */

/** @param {Row} row @param {number} index @param {boolean} chosen */
function option(row, index, chosen) {
  const attributes = { class: "option", role: "option", id: `palette-${row.id}`, "aria-selected": String(chosen), "data-index": index };
  return el("li", attributes, el("span", {}, row.label), el("span", {}, ...keyCaps(row.keys)));
}

class Palette {
  /** @param {(row: Row) => void} choose */
  constructor(choose) {
    this.choose = choose;
    /** @type {readonly Row[]} */
    this.rows = [];
    this.at = 0;
    this.list = el("ul", { class: "options", role: "listbox", id: "palette-options", "aria-label": say.paletteTitle });
    this.empty = el("p", { class: "hint", role: "status" });
    this.field = el("input", {
      class: "input palette__field", type: "text", role: "combobox", "aria-label": say.paletteField, placeholder: say.paletteField,
      "aria-controls": "palette-options", "aria-expanded": "true", "aria-autocomplete": "list", autocomplete: "off",
    });
  }

  render() {
    this.rows = commands(SHORTCUTS, this.field.value);
    this.at = Math.max(0, Math.min(this.at, this.rows.length - 1));
    const chosen = this.rows[this.at];
    fill(this.list, ...this.rows.map((row, index) => option(row, index, index === this.at)));
    this.list.hidden = this.rows.length === 0;
    this.empty.textContent = chosen ? "" : say.paletteEmpty;
    setAttributes(this.field, { "aria-activedescendant": chosen ? `palette-${chosen.id}` : null, "aria-expanded": String(Boolean(chosen)) });
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    listen(this.field, "input", () => {
      this.at = 0;
      this.render();
    }, signal);
    listen(this.field, "keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[/** @type {"ArrowUp"} */ (event.key)];
      if (!step || this.rows.length === 0) return;
      event.preventDefault();
      this.at = (this.at + step + this.rows.length) % this.rows.length;
      this.render();
    }, signal);
    listen(this.list, "click", (event) => {
      const row = event.target.closest("[data-index]");
      if (row) this.choose(this.rows[Number(row.dataset.index)]);
    }, signal);
  }
}

/** @param {any} app */
export function openPalette(app) {
  const palette = new Palette((row) => {
    opened.close();
    queueMicrotask(() => app.run(row.id)); // after the dialog gave the focus back: the command may want it elsewhere
  });
  const opened = openDialog({
    title: say.paletteTitle,
    body: [palette.field, palette.list, palette.empty],
    onSubmit: () => {
      const row = palette.rows[palette.at];
      if (row) palette.choose(row);
    },
  });
  const ending = new AbortController();
  listen(opened.dialog, "close", () => ending.abort(), ending.signal);
  palette.listen(ending.signal);
  palette.render();
  palette.field.focus();
}
