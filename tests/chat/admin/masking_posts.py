"""What an administrator posts to the Masking page, with all that a form of it carries."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from security.scoping import tenant_scope
from tenants.middleware import FIELD
from tenants.models import MaskingDraft
from tests.cast import Organisation

PAGE = "/admin/masking/"


def post(of: Organisation, client: Client, path: str, **data: Any) -> Any:
    if path == "settings/":
        data = {"revision": revision_of(of), **data}
    return client.post(PAGE + path, {FIELD: str(of.public_id), **data}, follow=True)


def revision_of(of: Organisation) -> int:
    """What a page that is opened now says of the draft."""
    with tenant_scope(of.tenant_id):
        draft = MaskingDraft.objects.first()
    return draft.revision if draft else 0


def shown(response: Any) -> str:
    return " ".join(response.content.decode().split())


def trying(of: Organisation, client: Client, **typed: str) -> Any:
    answer = client.post(f"{PAGE}try/", {FIELD: str(of.public_id), **typed}, headers={"accept": "application/json"})
    assert answer.status_code == 200
    return json.loads(answer.content)
