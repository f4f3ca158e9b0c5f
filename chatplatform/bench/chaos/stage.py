"""`python -m chatplatform.bench.chaos.stage make N|read`: what happens inside the installation under test, in a process of its own.

Its answer is one line of JSON on stdout.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
django.setup()  # what follows imports models

from django.conf import settings
from django.test import Client

from chat.models import Conversation
from chat.transcript import Change, changes_after
from chatplatform.bench.chaos.words import spelled
from security.accounts.people import create_person
from security.scoping import tenant_ids, tenant_scope
from tenants.models import Tenant
from tenants.services import create_tenant
from tenants.services.sites import add_site

AGENT = "olga"


def make(count: int) -> list[dict[str, Any]]:
    """So many organisations, each with a website and an owner who answers; what clients need of each."""
    made = []
    for number in range(count):
        word = spelled(number)
        owner = create_person(
            email=f"{AGENT}@{word}.example", full_name=AGENT.title(), password=None, is_confirmed=True
        )
        founded = create_tenant(slug=word, name=word.title(), owner=owner)
        with tenant_scope(founded.tenant_id):
            site = add_site(name=word.title(), websites=[f"https://{word}.example"])
        browser = Client(SERVER_NAME="127.0.0.1")
        browser.force_login(owner, settings.AUTHENTICATION_BACKENDS[-1])
        browser.get("/get-started/status/")  # chooses the organisation
        made.append(
            {"word": word, "site_key": site.key, "session": browser.cookies[settings.SESSION_COOKIE_NAME].value}
        )
    return made


def read() -> list[dict[str, Any]]:
    """Every conversation of every organisation with every message in it, in the order of `seq`, opened as for its author."""
    found = []
    for tenant_id in tenant_ids():
        with tenant_scope(tenant_id):
            word = Tenant.objects.get().slug
            for conversation in Conversation.objects.order_by("pk"):
                changes = sorted(changes_after(conversation, rev=0), key=lambda change: change.message.seq)
                found.append(
                    {
                        "tenant": word,
                        "id": str(conversation.public_id),
                        "last_seq": conversation.last_seq,
                        "messages": [_told(change) for change in changes],
                    }
                )
    return found


def _told(change: Change) -> dict[str, Any]:
    view = change.message
    return {
        "id": str(view.id),
        "seq": view.seq,
        "rev": view.rev,
        "author": view.author.kind.value,
        "client_id": str(view.client_id) if view.client_id else None,
        "text": str(view.text),
        "gone": view.gone,
        "is_visible": change.is_visible,
    }


def main(act: str, *arguments: str) -> None:
    """Do it, and print what it gives."""
    answer = make(int(arguments[0])) if act == "make" else read()
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
