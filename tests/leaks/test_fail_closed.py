"""When masking fails, whatever way the text came in by: it is withheld, kept nowhere, and told; the process lives."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from chat.live.work import unscoped
from chat.models import Conversation, Tag, Visitor
from chat.personal import open_page, open_profile
from chatplatform.embedded.process import wait_until
from security.masking import WITHHELD
from security.models import AuditEvent
from security.scoping import tenant_scope
from tenants.models import MaskingDraft, MaskingVersion
from tenants.rules import Rule, RuleKind
from tenants.services.masking import drafting
from tests.cast import Organisation, acme
from tests.chat.live.sockets import Door, door_to
from tests.services.web import WebServer
from tests.sources import PROJECT

from .asking import Asking
from .canaries import Canaries
from .places import database_dump, memory

SAID = "zqwithheld7b1f"


def break_rules(of: Organisation) -> None:
    """As a restored backup whose keys are other ones leaves them: sealed for another row, so they do not open."""
    grant = of.grant("ada")
    with tenant_scope(of.tenant_id):
        rule = Rule(public_id=uuid4(), name="Staff", kind=RuleKind.FORMAT, value=("EMP-######",), label="staff")
        drafting.add_rule(grant=grant, rule=rule)
        drafting.activate(grant=grant, revision=MaskingDraft.objects.get().revision, now=timezone.now())
        good = MaskingVersion.objects.get()
        MaskingVersion.objects.create(number=good.number + 1, content=good.content)


def stored(of: Organisation) -> dict[str, Any]:
    """What was kept of the visitor and of tags."""
    with tenant_scope(of.tenant_id):
        visitor = Visitor.objects.get()
        profile, page = open_profile(visitor.public_id, visitor.profile), open_page(visitor.public_id, visitor.page)
        return {
            "profile": profile,
            "page": page,
            "tags": list(Tag.objects.values_list("name", flat=True)),
            "outcome": Conversation.objects.get().outcome,
            "withheld": [e.entry for e in AuditEvent.objects.filter(action="masking.withheld")],
        }


async def say_everything(door: Door, of: Organisation) -> list[dict[str, Any]]:
    """In each field of both sides that takes text; all that anybody was sent."""
    vera = await door.visitor(
        of.site_key,
        profile={
            "name": f"Vera {SAID}",
            "email": f"{SAID}@home.example",
            "phone": "+43 1 234567",
            "fields": {"order": SAID},
        },
        page={"url": f"https://shop.example/{SAID}", "title": SAID},
    )
    ack = await vera.say(f"first {SAID}")
    assert (ack["text"], ack["masked"]) == (WITHHELD, [{"kind": "withheld", "count": 1}])
    alice, on = await door.agent(of, "alice"), {"conversation": ack["conversation"]}
    await alice.ask("claim", "assigned", **on)
    assert (await vera.say(f"again {SAID}"))["text"] == WITHHELD
    await vera.send("typing", active=True, preview=SAID)
    assert "preview" not in await alice.expect("typing")
    reply = await alice.say(f"reply {SAID}", **on)
    assert reply["text"] == WITHHELD
    assert (await alice.ask("edit", "revised", id=reply["id"], text=SAID, **on))["text"] == WITHHELD
    await alice.send("note", client_id=uuid4(), text=SAID, ref=1, **on)
    assert (await alice.expect("ack", ref=1))["text"] == WITHHELD
    await alice.send("tag", add=[SAID], remove=[], ref=2, **on)
    assert (await alice.expect("error", ref=2))["code"] == "unavailable"
    await vera.ask("rate", "status", score=1, comment=SAID)
    await alice.ask("history", "history", **on)
    await alice.ask("close", "conversation", outcome=SAID, **on)
    await vera.ask("ping", "pong")
    return [*vera.heard, *alice.heard]


async def test_rules_that_cannot_be_read_withhold_every_text(server: WebServer) -> None:
    of = await unscoped(acme)
    await unscoped(break_rules, of)
    async with door_to(server) as door:
        heard = await say_everything(door, of)
    found = await unscoped(stored, of)
    assert SAID not in str(heard)
    profile = found["profile"]
    assert (profile.name, profile.email, profile.phone, dict(profile.fields)) == (WITHHELD, "", "", {})
    assert (found["page"].title, found["page"].url) == (WITHHELD, "")
    assert (found["tags"], found["outcome"]) == ([], WITHHELD)
    for name, content in {**await asyncio.to_thread(database_dump), **await asyncio.to_thread(memory)}.items():
        assert SAID.encode() not in content, name
    assert SAID not in server.log.read_text()


async def test_it_is_an_alarm_and_an_event(server: WebServer) -> None:
    of = await unscoped(acme)
    await unscoped(break_rules, of)
    before = _counter(server)
    async with door_to(server) as door:
        vera = await door.visitor(of.site_key)
        await vera.say(SAID)
    await unscoped(
        lambda: wait_until(
            lambda: bool(stored(of)["withheld"]), alive=lambda: True, seconds=20, failure=lambda: "no event came"
        )
    )
    assert _counter(server) > before


async def test_a_form_is_refused(server: WebServer) -> None:
    of = await unscoped(acme)
    await unscoped(break_rules, of)

    def send() -> str:
        olga = Asking(server, Canaries(), of.session("olga"))
        _, page = olga.ask("GET", "/admin/chat/tag/add/")
        shown_in = re.search(r'name="_tenant" value="([^"]+)"', page)
        assert shown_in is not None
        status, said = olga.post("/admin/chat/tag/add/", {"_tenant": shown_in[1], "name": SAID})
        assert status == 200
        return said

    said = await unscoped(send)
    assert SAID not in said
    assert "could not be checked" in said
    assert (await unscoped(tags, of)) == []


def tags(of: Organisation) -> list[str]:
    with tenant_scope(of.tenant_id):
        return list(Tag.objects.values_list("name", flat=True))


@pytest.mark.parametrize("left", [b"", b"{", b'{"issuers": 7}'])
def test_tables_that_cannot_be_read_withhold_every_text(left: bytes, tmp_path: Path) -> None:
    """For real: the engine as it is, with a damaged file of tables, in a process of its own."""
    shutil.copytree(PROJECT / "security/masking", tmp_path / "security/masking", ignore=shutil.ignore_patterns("__py*"))
    (tmp_path / "security/__init__.py").touch()
    (tmp_path / "security/masking/tables.json").write_bytes(left)
    script = (
        "from security.masking import mask_or_withhold\n"
        f"for text in ('4242 4242 4242 4242', '{SAID} 123456789012', '{SAID}\\u0661\\u0662\\u0663'):\n"
        "    found = mask_or_withhold(text)\n"
        "    print(found, [each.kind for each in found.findings])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert SAID not in ended.stderr + ended.stdout
    assert ended.stdout.splitlines() == [f"{WITHHELD} ['withheld']"] * 3, ended.stderr
    assert ended.returncode == 0


def _counter(server: WebServer) -> float:
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as answer:  # noqa: S310
        found = re.search(r"^chatplatform_masking_withheld_total (\S+)", answer.read().decode(), re.MULTILINE)
    assert found is not None
    return float(found[1])
