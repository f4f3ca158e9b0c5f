"""Every shortcut of the console's own table does what it says, and none of them while somebody types."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.tenants.people import Organisation

from .conftest import EnterConsole
from .people import Agent
from .talks import begin

TABLE = "import('/static/js/console/model/shortcuts.js').then(({SHORTCUTS}) => SHORTCUTS.map((row) => ({...row})))"
Row = dict[str, str]


def press(agent: Agent, keys: str) -> None:
    """In the table's spelling."""
    for step in keys.split(" "):
        agent.page.keyboard.press(step.replace("Mod", "Control"))


def leave_field(agent: Agent) -> None:
    agent.page.evaluate("document.activeElement.blur()")


class Effects:
    """For each shortcut's id: press its keys and see what it does. They follow one another in one console."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.page = agent.page
        self.shell = agent.page.locator("[data-console]")

    def _dialog(self, keys: str, name: str) -> None:
        press(self.agent, keys)
        dialog = self.page.get_by_role("dialog", name=name)
        expect(dialog).to_be_visible()
        press(self.agent, "Escape")
        expect(dialog).to_be_hidden()

    def _folds(self, keys: str, attribute: str) -> None:
        before = self.shell.get_attribute(attribute)
        press(self.agent, keys)
        expect(self.shell).not_to_have_attribute(attribute, str(before))
        press(self.agent, keys)
        expect(self.shell).to_have_attribute(attribute, str(before))

    def _tab(self, keys: str, name: str) -> None:
        press(self.agent, keys)
        expect(self.page.locator(f"#tab-{name}")).to_have_attribute("aria-selected", "true")

    def _mode(self, keys: str, mode: str) -> None:
        press(self.agent, keys)
        expect(self.agent.field).to_be_focused()
        expect(self.page.locator("form.composer")).to_have_attribute("data-mode", mode)
        leave_field(self.agent)

    def help(self, keys: str) -> None:
        self._dialog(keys, "Keyboard shortcuts")

    def palette(self, keys: str) -> None:
        self._dialog(keys, "Commands")

    def escape(self, keys: str) -> None:
        self.page.get_by_role("searchbox").focus()
        press(self.agent, keys)
        expect(self.page.get_by_role("searchbox")).not_to_be_focused()

    def availability(self, keys: str) -> None:
        dot = self.page.locator(".rail__presence .presence")
        for status in ("away", "online"):
            press(self.agent, keys)
            expect(dot).to_have_attribute("data-status", status)

    def foldPane(self, keys: str) -> None:  # noqa: N802 - the table's name
        self._folds(keys, "data-visitor")

    def foldList(self, keys: str) -> None:  # noqa: N802
        self._folds(keys, "data-list")

    def search(self, keys: str) -> None:
        press(self.agent, keys)
        expect(self.page.get_by_role("searchbox")).to_be_focused()
        leave_field(self.agent)

    def down(self, keys: str) -> None:
        press(self.agent, keys)
        expect(self.agent.rows.nth(0)).to_have_attribute("aria-current", "true")
        press(self.agent, keys)
        expect(self.agent.rows.nth(1)).to_have_attribute("aria-current", "true")

    def up(self, keys: str) -> None:
        press(self.agent, keys)
        expect(self.agent.rows.nth(0)).to_have_attribute("aria-current", "true")

    def next(self, keys: str) -> None:
        press(self.agent, keys)
        expect(self.agent.field).to_be_focused()
        leave_field(self.agent)

    def viewQueue(self, keys: str) -> None:  # noqa: N802
        self._tab(keys, "queue")

    def viewMine(self, keys: str) -> None:  # noqa: N802
        self._tab(keys, "mine")

    def viewAll(self, keys: str) -> None:  # noqa: N802
        self._tab(keys, "all")

    def reply(self, keys: str) -> None:
        self._mode(keys, "reply")

    def note(self, keys: str) -> None:
        self._mode(keys, "note")
        self._mode("r", "reply")

    def tags(self, keys: str) -> None:
        press(self.agent, keys)
        expect(self.page.get_by_label("Add a tag")).to_be_focused()
        leave_field(self.agent)

    def transfer(self, keys: str) -> None:
        self._dialog(keys, "Transfer conversation")

    def close(self, keys: str) -> None:
        self._dialog(keys, "Close conversation")

    def block(self, keys: str) -> None:
        self._dialog(keys, "Block visitor")

    def editLast(self, keys: str) -> None:  # noqa: N802
        press(self.agent, "r")
        self.agent.reply("A first try")
        press(self.agent, keys)
        expect(self.agent.field).to_have_value("A first try")
        press(self.agent, "Escape")
        expect(self.agent.field).to_have_value("")
        leave_field(self.agent)

    def send(self, keys: str) -> None:
        self.agent.field.fill("Sent by a key")
        press(self.agent, keys)
        expect(self.agent.message("Sent by a key")).to_be_visible()

    def newLine(self, keys: str) -> None:  # noqa: N802
        self.agent.field.fill("One")
        press(self.agent, keys)
        expect(self.agent.field).to_have_value("One\n")
        self.agent.field.fill("")
        leave_field(self.agent)

    def closeNext(self, keys: str) -> None:  # noqa: N802
        name = self.page.locator(".thread__name")
        before = str(name.text_content())
        press(self.agent, keys)
        expect(name).not_to_have_text(before)
        expect(self.agent.field).to_be_focused()


@pytest.fixture
def olga(acme: Organisation, enter_console: EnterConsole) -> Agent:
    """Who may do all that there is a key for."""
    for number in range(4):
        begin(acme, f"Visitor {number}", f"Question {number}", minutes_ago=10 - number)
    agent = enter_console("olga", viewport={"width": 1360, "height": 800})
    expect(agent.rows).to_have_count(4)
    return agent


def test_every_shortcut_of_the_table_works(olga: Agent) -> None:
    rows: list[Row] = olga.page.evaluate(TABLE)
    effects = Effects(olga)
    last = ("send", "newLine", "closeNext")  # these change what the others stand on
    by_id = {row["id"]: row["keys"] for row in sorted(rows, key=lambda row: row["id"] in last)}
    assert len(by_id) >= 20
    for name, keys in by_id.items():
        check: Callable[[str], None] = getattr(effects, name)
        check(keys)


def test_no_single_key_does_anything_while_somebody_types(olga: Agent) -> None:
    rows: list[Row] = olga.page.evaluate(TABLE)
    keys = [step for row in rows if row["where"] == "outside" for step in row["keys"].split(" ")]
    press(olga, "n")
    expect(olga.field).to_be_focused()
    address = olga.page.url
    for key in keys:
        press(olga, key)
    expect(olga.field).to_have_value("".join(keys))
    expect(olga.page.get_by_role("dialog")).to_have_count(0)
    expect(olga.page.locator("#tab-mine")).to_have_attribute("aria-selected", "true")  # where taking led
    expect(olga.page.locator("form.composer")).to_have_attribute("data-mode", "reply")
    assert olga.page.url == address
    olga.field.fill("")


CLOSE_AND_PRESS = """() => {
  document.querySelector("dialog").close();
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "e", bubbles: true, cancelable: true }));
}"""


def test_a_key_that_follows_a_dialog_at_once_is_heard(olga: Agent) -> None:
    """The focus lies in the closed dialog's field until the browser draws again."""
    press(olga, "n")
    expect(olga.field).to_be_focused()
    leave_field(olga)
    press(olga, "a")
    expect(olga.page.get_by_role("dialog", name="Transfer conversation")).to_be_visible()
    olga.page.evaluate(CLOSE_AND_PRESS)
    expect(olga.page.get_by_role("dialog", name="Close conversation")).to_be_visible()
