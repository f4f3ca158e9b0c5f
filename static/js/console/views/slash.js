/**
 * The menu of canned responses in the composer.
 *
 * HTML allows a text area no role but its own, so it is a text box with a list: options are its active descendants, as in a combobox.
 * It opens at a slash and closes with Escape, which leaves the text as it is; it opens again with the next slash.
 */
import { el, fill, listen, setAttributes } from "../../shared/dom.js";
import { say } from "../messages.js";
import { gapsIn, inserted, matching, nextGap, slashAt } from "../model/canned.js";

const SHOWN = 50;

/** Whose it is, where it is not everybody's. @param {import("../model/canned.js").Canned} one */
const where = (one) => (one.own ? say.canned.own : one.department);

/** @param {import("../model/canned.js").Canned} one @param {number} index @param {boolean} chosen */
function option(one, index, chosen) {
  return el(
    "li",
    { class: "slash__option", role: "option", id: `slash-${index}`, "aria-selected": String(chosen), "data-index": index },
    el("span", { class: "slash__head" }, el("span", { class: "slash__code" }, `/${one.shortcut}`), el("span", { dir: "auto" }, one.title), where(one) && el("span", { class: "slash__where", dir: "auto" }, where(one))),
    el("span", { class: "slash__text", dir: "auto" }, one.text),
  );
}

export class SlashMenu {
  /** @param {HTMLTextAreaElement} field @param {{all: any[], refresh: () => Promise<boolean>}} canned @param {AbortSignal} signal */
  constructor(field, canned, signal) {
    this.field = field;
    this.canned = canned;
    this.at = 0;
    /** @type {number|null} where the slash is that Escape was pressed for */
    this.dismissed = null;
    /** @type {import("../model/canned.js").Canned[]} */
    this.rows = [];
    this.list = el("ul", { class: "slash", role: "listbox", id: "slash-options", "aria-label": say.canned.title, hidden: true });
    listen(field, "input", () => this.look(), signal);
    listen(field, "blur", () => this.close(), signal);
    listen(this.list, "pointerdown", (event) => event.preventDefault(), signal); // the focus stays in the field
    listen(this.list, "click", (event) => {
      const row = event.target.closest("[data-index]");
      if (row) this.choose(Number(row.dataset.index));
    }, signal);
  }

  get open() {
    return !this.list.hidden;
  }

  /** What the text before the caret asks for. */
  async look() {
    this.at = 0;
    this.render();
    if (this.slash() && (await this.canned.refresh()) && document.activeElement === this.field) this.render();
  }

  slash() {
    const { value, selectionStart, selectionEnd } = this.field;
    const found = selectionStart === selectionEnd ? slashAt(value, selectionStart) : null;
    if (found?.from !== this.dismissed) this.dismissed = null;
    return found && this.dismissed === null ? found : null;
  }

  render() {
    const slash = this.slash();
    this.rows = slash ? matching(this.canned.all, slash.query).slice(0, SHOWN) : [];
    if (this.rows.length === 0) {
      this.close();
      return;
    }
    this.at = Math.min(this.at, this.rows.length - 1);
    fill(this.list, ...this.rows.map((one, index) => option(one, index, index === this.at)));
    this.list.hidden = false;
    setAttributes(this.field, {
      "aria-haspopup": "listbox", "aria-autocomplete": "list",
      "aria-controls": this.list.id, "aria-activedescendant": `slash-${this.at}`,
    });
    this.list.children[this.at].scrollIntoView({ block: "nearest" });
  }

  close() {
    this.list.hidden = true;
    setAttributes(this.field, { "aria-haspopup": null, "aria-autocomplete": null, "aria-controls": null, "aria-activedescendant": null });
  }

  /** @param {number} index */
  choose(index) {
    const [slash, row] = [this.slash(), this.rows[index]];
    if (!slash || !row) return;
    const edited = inserted(this.field.value, slash, this.field.selectionStart, row.text);
    this.close();
    this.field.value = edited.text;
    this.field.setSelectionRange(edited.start, edited.end);
    this.field.dispatchEvent(new Event("input", { bubbles: true })); // the draft and the counter learn it as if it were typed
  }

  /** Whether this key was the menu's. @param {KeyboardEvent} event */
  took(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (!this.open) return event.key === "Tab" && this.toGap(event.shiftKey);
    const step = { ArrowDown: 1, ArrowUp: -1 }[/** @type {"ArrowUp"} */ (event.key)];
    if (step) {
      this.at = (this.at + step + this.rows.length) % this.rows.length;
      this.render();
    } else if (event.key === "Escape") {
      this.dismissed = this.slash()?.from ?? null;
      this.close();
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) {
      this.choose(this.at);
    } else return false;
    return true;
  }

  /** Select the next gap. @param {boolean} back */
  toGap(back) {
    const { value, selectionStart: start, selectionEnd: end } = this.field;
    const gap = nextGap(gapsIn(value, this.canned.all), { start, end }, back);
    if (gap) this.field.setSelectionRange(gap.start, gap.end);
    return gap !== null;
  }

  /** The name of what is still to be filled in, selected; null where nothing is. */
  unfilled() {
    const [gap] = gapsIn(this.field.value, this.canned.all);
    if (!gap) return null;
    this.field.focus();
    this.field.setSelectionRange(gap.start, gap.end);
    return gap.name;
  }
}
