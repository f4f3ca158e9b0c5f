"""Stored talk for tests of what is done to it later: rows as the services leave them, and rules as administrators make them."""

from __future__ import annotations

import uuid
from uuid import UUID

from django.utils import timezone

from chat import sealing
from chat.live.protocol.shapes import Author, AuthorKind
from chat.models import Conversation, Message, Status, Visitor
from chat.personal import Page, Profile, seal_page, seal_profile
from chat.services.messages import append
from security.crypto import keyring
from security.masking import MaskingPolicy, mask
from security.models import KeySubject
from security.scoping import tenant_scope
from tenants.models import MaskingDraft, MaskingVersion, Site
from tenants.rules import Rule, RuleKind
from tenants.services.masking import drafting
from tests.cast import Organisation

STAFF = Rule(public_id=UUID(int=1), name="Staff number", kind=RuleKind.FORMAT, value=("EMP-######",), label="staff")


def talk(of: Organisation, *texts: str, note: str = "", status: Status = Status.WAITING) -> UUID:
    """A conversation in which a visitor said this, and a member noted that; its public id."""
    with tenant_scope(of.tenant_id):
        site = Site.objects.get()
        visitor = Visitor.objects.create(site=site)
        visitor.profile = seal_profile(visitor.public_id, Profile(name="Vera EMP-999999", fields={"id": "EMP-888888"}))
        visitor.page = seal_page(visitor.public_id, Page(url="https://acme.example/EMP-777777", title="Shoes"))
        visitor.save(update_fields=["profile", "page"])
        conversation = Conversation.objects.create(
            site=site, visitor=visitor, status=status.value, waiting_since=timezone.now()
        )
        keyring.data_key(KeySubject.CONVERSATION, conversation.public_id)
        author = Author(AuthorKind.VISITOR, visitor.public_id, "Vera")
        for text in texts:
            say(conversation, author, text)
        if note:
            say(conversation, Author(AuthorKind.NOTE, uuid.uuid4(), "Alice"), note)
    return conversation.public_id


def say(conversation: Conversation, author: Author, text: str) -> None:
    append(conversation, author=author, text=mask(text, MaskingPolicy()), now=timezone.now())


def add_rule(of: Organisation, rule: Rule = STAFF, *, is_activated: bool = True) -> None:
    grant = of.grant("ada")
    with tenant_scope(of.tenant_id):
        drafting.add_rule(grant=grant, rule=rule)
    if is_activated:
        activate(of)


def activate(of: Organisation) -> MaskingVersion:
    grant = of.grant("ada")
    with tenant_scope(of.tenant_id):
        revision = MaskingDraft.objects.get().revision
        return drafting.activate(grant=grant, revision=revision, now=timezone.now())


def texts(of: Organisation, conversation: UUID) -> list[str]:
    """What is stored now, in order."""
    with tenant_scope(of.tenant_id):
        rows = Message.objects.filter(conversation__public_id=conversation).order_by("seq")
        return [str(sealing.open_message(row, conversation=conversation)) for row in rows]
