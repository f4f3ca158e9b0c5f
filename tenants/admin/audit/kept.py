"""What the trail's page says and asks about how long it is kept, and who keeps its checkpoints."""

from __future__ import annotations

from typing import Any

from security.permissions import Grant, has
from tenants.admin.audit.forms import KeepingForm, MailboxForm
from tenants.services.audit.keeping import RIGHT, read_kept
from tenants.services.settings import read_policy


def kept_context(grant: Grant) -> dict[str, Any]:
    """Nothing for who may not change it."""
    if not has(grant, RIGHT):
        return {}
    kept, policy = read_kept(grant=grant), read_policy(grant=grant, permission=RIGHT)
    return {
        "kept": kept,
        "keeping": KeepingForm(initial={"months": kept.months}, label_suffix=""),
        "mailbox": MailboxForm(instance=policy),
        "asked": policy.audit_checkpoint_email,
        "confirmed_at": policy.audit_mailbox_confirmed_at,
    }
