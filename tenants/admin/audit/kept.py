"""What the trail's page says and asks about how long it is kept, and who keeps its checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from security.audit.copies import MAILBOX, OWN
from security.models import AuditCopy
from security.permissions import Grant, has
from tenants.admin.audit.forms import KeepingForm, MailboxForm
from tenants.services.audit.keeping import RIGHT, read_kept
from tenants.services.settings import read_policy

_KINDS: Final[dict[str, str | Promise]] = {
    "file": _("A folder of the operator's"),
    "s3+https": _("A bucket at %(host)s that is asked to let nobody delete them"),
    "s3+http": _("A bucket at %(host)s that is asked to let nobody delete them"),
    "sftp": _("An SFTP server at %(host)s"),
    MAILBOX: _("A mailbox of the operator's"),
    OWN: _("This organisation's own mailbox"),
}
_FAILURES: Final[dict[str, str | Promise]] = {
    "not_locked": _("it does not keep them locked for as long as was asked"),
    "forbidden": _("it does not let us write"),
    "full": _("it is full"),
    "certificate": _("its certificate is not good"),
}
_FAILED: Final = _("it could not be reached, or did not take them")


@dataclass(frozen=True, slots=True)
class Copies:
    """A line of the page: what a place is, what it has, and why it has no more."""

    title: str
    row: AuditCopy
    failure: str


def copies_shown(rows: Iterable[AuditCopy]) -> Iterator[Copies]:
    """In words, without what signs in there."""
    for row in rows:
        title = str(_KINDS.get(row.kind, row.kind)) % {"host": row.host}
        yield Copies(title, row, str(_FAILURES.get(row.failure, _FAILED)) if row.failed_at else "")


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
