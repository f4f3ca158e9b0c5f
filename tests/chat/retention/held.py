"""A legal hold and a change that waits, for tests that ask at every address."""

from __future__ import annotations

from django.utils import timezone

from chat.models import Conversation, LegalHold, RetentionChange
from security.crypto import keyring
from security.crypto.sealed import seal_text
from security.masking import mask
from tenants.models import Membership


def held_and_changed(conversation: Conversation) -> dict[str, str]:
    """Their ids, by the words of addresses; in scope."""
    hold = LegalHold(conversation=conversation.public_id, placed_by=Membership.objects.order_by("pk")[0])
    hold.reason = seal_text(mask("A case"), keyring.tenant_key(), b"of no place")
    hold.save()
    now = timezone.now()
    change = RetentionChange.objects.create(primary_months=1, afterwards="archive", asked_at=now, due_at=now)
    return {"hold": str(hold.public_id), "change": str(change.public_id)}
