"""The pictures of README and docs: `python -m tests.e2e.screenshots` writes them to docs/images/.

It starts `./run` with a fresh data folder and lets Vera and Alice talk. With `--url` it uses a server with demo data that is running
already, and leaves that conversation there.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, expect

from chatplatform.ports import free_port
from tests.services.browser import Pages, chromium

from .people import Agent, Visitor

ROOT: Final = Path(__file__).resolve().parents[2]
IMAGES: Final = ROOT / "docs" / "images"
LARGEST: Final = 200 * 1024
SCHEMES: Final = ("light", "dark")
SITE_KEY: Final = "pk_demo_acme"
DESK: Final = {"width": 1360, "height": 820}
PHONE: Final = {"width": 390, "height": 844}
PASSWORD: Final = os.environ.get("DEMO_PASSWORD", "demo-only-correct-horse-battery")


@contextmanager
def running() -> Iterator[str]:
    """The product with fresh demo data; its address."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="chatplatform-pictures-") as folder:
        environment = {**os.environ, "PORT": str(port), "VAR_DIR": folder}
        run = subprocess.Popen([ROOT / "run"], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            for line in run.stdout or ():
                sys.stdout.write(line)
                if line.startswith("Ready:"):
                    break
            yield f"http://127.0.0.1:{port}"
        finally:
            run.terminate()
            run.communicate()


def signed_in(pages: Pages, name: str, **options: object) -> Page:
    """Through the sign-in page, with the demo's password."""
    page = pages.open(**options)
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(f"{name}@acme.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url(f"{pages.base_url}/accounts/login/")
    return page


def talk(visitor: Visitor, alice: Agent) -> None:
    """A card number that nobody needs."""
    visitor.page.evaluate("Chat.setAttributes({name: 'Vera Lind', email: 'vera.lind@mail.example'})")
    visitor.open().write("Hi! I was charged twice for my kettle. My card is 4242 4242 4242 4242.")
    alice.row("charged twice").click()
    alice.thread.get_by_role("button", name="Take conversation").click()
    alice.reply("Hello Vera, I am sorry about that! Please never send card numbers: I do not need yours.")
    alice.page.get_by_role("button", name="Private note").click()
    alice.reply("Double capture in the payment log, second one voided.")
    alice.page.get_by_role("button", name="Reply", exact=True).click()
    alice.reply("The second payment is cancelled. It leaves your statement within three days.")
    visitor.say("That was fast, thank you!")
    expect(alice.message("That was fast, thank you!")).to_be_visible()
    tags = alice.page.locator("[data-visitor-pane]")
    tags.get_by_label("Add a tag").fill("billing")
    tags.get_by_role("button", name="Add", exact=True).click()
    expect(tags.locator(".tag")).to_be_visible()


def shoot(page: Page, name: str) -> None:
    """In both schemes; a picture that has grown too large is an error."""
    page.mouse.move(0, 0)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        path = IMAGES / f"{name}-{scheme}.png"
        page.screenshot(path=path, animations="disabled", caret="hide")
        size = path.stat().st_size
        if size > LARGEST:
            raise SystemExit(f"{path.name} has {size // 1024} KB, more than {LARGEST // 1024}.")
        sys.stdout.write(f"{path.relative_to(ROOT)} {size // 1024} KB\n")


def shoot_all(browser: Browser, url: str) -> None:
    """Every picture, from one conversation."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    pages = Pages(browser, url)
    with pages.stack:
        desk = pages.open(viewport={"width": 1100, "height": 760})
        visitor = Visitor(desk).visit(f"/demo/{SITE_KEY}/")
        alice = Agent(signed_in(pages, "alice", viewport=DESK)).enter()
        talk(visitor, alice)
        shoot(desk, "widget")
        shoot(alice.page, "console")
        for page, name in ((desk, "widget-phone"), (alice.page, "console-phone")):
            page.set_viewport_size(PHONE)
            shoot(page, name)
        olga = signed_in(pages, "olga", viewport={"width": 1200, "height": 900})
        olga.goto("/get-started/")
        expect(olga.frame_locator("iframe").locator("[data-standing]")).not_to_be_empty()
        shoot(olga, "get-started")
        olga.goto("/admin/")
        shoot(olga, "admin")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a running server with demo data, such as http://127.0.0.1:8000")
    chosen = parser.parse_args()
    with chromium() as browser:
        if chosen.url:
            shoot_all(browser, chosen.url.rstrip("/"))
        else:
            with running() as url:
                shoot_all(browser, url)


if __name__ == "__main__":
    main()
