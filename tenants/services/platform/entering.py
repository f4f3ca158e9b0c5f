"""Break-glass: an operator in a tenant for a time, with a reason, before its owners' eyes.

Danger: whoever runs the platform could look into every organisation, unseen, for as long as he likes. Rule: there is no way in but a membership
that ends by itself within four hours, gives no more than `ENTRY_MAY`, is told to every owner in the transaction that opens it, and can be ended
by the organisation at any moment; where the organisation wants to be asked first, it is. It is never made longer: a second stay is a second
entry with its own reason and notice. Proof: tests/tenants/test_entering.py.

Each function runs in the scope of the organisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from security.accounts.mail import send
from security.audit import Action, record
from security.errors import Conflict, Denied, Invalid, NotFound
from security.masking import MaskedText
from security.models import RevocationKind, User
from security.permissions import Grant, Permission, require
from security.revocation import revoke
from tenants.access import owners_to_tell
from tenants.models import (
    LONGEST_STAY,
    EntryEnd,
    EntryStatus,
    Membership,
    MembershipStatus,
    OperatorEntry,
    Policy,
    Role,
    Tenant,
    TenantStatus,
    usable,
)
from tenants.roles import ENTRY_ROLES, ROLE_NAMES

SHORTEST_REASON: Final = 10
ANSWERED_WITHIN: Final = timedelta(hours=24)
"""A question that nobody answered is worth nothing after this."""
_NAME_LENGTH: Final = 120


@dataclass(frozen=True, slots=True)
class Visit:
    """An operator who is in at this moment, as everybody of the organisation is shown him."""

    entry: UUID
    name: str
    until: datetime
    reason: str
    is_own: bool

    @property
    def sentence(self) -> str:
        """Such as "Oscar (platform) is in here until 14:05 UTC: a question about masking"."""
        said = {"name": self.name, "until": f"{localtime(self.until):%H:%M %Z}", "reason": self.reason}
        return _("%(name)s is in here until %(until)s: %(reason)s") % said


def visits(*, grant: Grant, now: datetime | None = None) -> list[Visit]:
    """Who of the platform is in; for every member, whatever his rights."""
    rows = Membership.objects.filter(usable(now or timezone.now()), entry__isnull=False).order_by("pk")
    values = rows.values_list("entry__public_id", "name", "expires_at", "reason", "pk")
    return [
        Visit(entry, name, until, why, pk == grant.membership_id) for entry, name, until, why, pk in values if until
    ]


@transaction.atomic
def ask_to_enter(*, operator: User, role: str, reason: MaskedText, stay: timedelta, now: datetime) -> OperatorEntry:
    """Enter, or ask the owners first where the organisation wants that: `status` says which.

    Invalid("entry_role"|"entry_reason"|"entry_stay"); Conflict for who is a member, is in or has asked already, and for an organisation that is
    suspended or has nobody who could be told.
    """
    # Held before anything is looked at: whoever locks an owner's account holds his own as well.
    if not _operator_now(operator.pk).is_working_operator:
        raise Denied
    if role not in ENTRY_ROLES:
        raise Invalid("entry_role")
    if len(" ".join(reason.split())) < SHORTEST_REASON:
        raise Invalid("entry_reason")
    if not timedelta(0) < stay <= LONGEST_STAY:
        raise Invalid("entry_stay")
    if not Tenant.objects.filter(status=TenantStatus.ACTIVE.value).exists():
        raise Conflict("entry_suspended")
    _forget_unanswered(operator, now)
    entry = OperatorEntry(operator=operator, role=role, reason=reason, stay_minutes=stay // timedelta(minutes=1))
    entry.asked_at, entry.status = now, EntryStatus.ASKED.value
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError:  # one at a time
        raise Conflict("entry_exists") from None
    if not Policy.objects.values_list("entry_needs_consent", flat=True).get():
        return _open(entry, now)
    _require_no_member(operator, now)
    record(Action.OPERATOR_ENTRY_ASKED, on=entry, role=role, reason=reason, minutes=entry.stay_minutes)
    _tell_owners("entry_asked", entry)
    return entry


@transaction.atomic
def allow_entry(*, grant: Grant, entry: UUID, now: datetime) -> OperatorEntry:
    """Let the one who asked in; his time begins now. An owner's to decide. Conflict("entry_not_asked"), too for who is no operator any more."""
    require(grant, Permission.CONFIGURATION_ACCOUNT)
    asked_by = OperatorEntry.objects.filter(public_id=entry).values_list("operator", flat=True).first()
    if asked_by is None:
        raise NotFound
    if not _operator_now(asked_by).is_working_operator:
        raise Conflict("entry_not_asked")
    found = _locked(entry)
    if found.status != EntryStatus.ASKED.value or found.asked_at <= now - ANSWERED_WITHIN:
        raise Conflict("entry_not_asked")
    return _open(found, now)


@transaction.atomic
def refuse_entry(*, grant: Grant, entry: UUID, now: datetime) -> OperatorEntry:
    """Do not let him in. Conflict("entry_not_asked")."""
    require(grant, Permission.CONFIGURATION_ACCOUNT)
    found = _locked(entry)
    if found.status != EntryStatus.ASKED.value:
        raise Conflict("entry_not_asked")
    found.status, found.ended_at, found.ended_by = EntryStatus.REFUSED.value, now, EntryEnd.ORGANISATION.value
    found.save(update_fields=["status", "ended_at", "ended_by"])
    record(Action.OPERATOR_ENTRY_REFUSED, on=found)
    return found


@transaction.atomic
def end_entry(*, grant: Grant, entry: UUID, now: datetime) -> OperatorEntry:
    """Send an operator out. For who looks after the members; never for the one who is in himself, who leaves as an operator."""
    require(grant, Permission.CONFIGURATION_MEMBERS)
    found = _locked(entry)
    close_entry(entry=found, by=EntryEnd.ORGANISATION, now=now)
    return found


@transaction.atomic
def leave(*, operator: User, entry: UUID, now: datetime) -> OperatorEntry:
    """End a stay, or take a question back, as an operator: one's own or a colleague's."""
    if not operator.is_working_operator:
        raise Denied
    found = _locked(entry)
    if found.status == EntryStatus.ASKED.value:
        _take_back(found, now)
        return found
    close_entry(entry=found, by=EntryEnd.OPERATOR, now=now)
    return found


@transaction.atomic
def end_entries_of(*, operator: User, now: datetime) -> None:
    """End a person's stay in the organisation and take his question back, whichever there is: his account is being locked."""
    own = OperatorEntry.objects.select_for_update(of=("self",)).filter(operator=operator).order_by("pk")
    for entry in own.filter(status__in=(EntryStatus.ASKED.value, EntryStatus.OPEN.value)):
        if entry.status == EntryStatus.ASKED.value:
            _take_back(entry, now)
        else:
            close_entry(entry=entry, by=EntryEnd.OPERATOR, now=now)


@transaction.atomic
def end_open_entries(*, by: EntryEnd, now: datetime) -> int:
    """End every stay of the organisation, or by TIME those alone that are over; how many."""
    entries = OperatorEntry.objects.select_for_update(of=("self",)).filter(status=EntryStatus.OPEN.value)
    if by is EntryEnd.TIME:
        entries = entries.filter(expires_at__lte=now)
    found = list(entries.order_by("pk"))
    for entry in found:
        close_entry(entry=entry, by=by, now=now)
    return len(found)


def close_entry(*, entry: OperatorEntry, by: EntryEnd, now: datetime) -> None:
    """As part of the caller's transaction, of a locked row: the membership, the sockets, the event, the mail. Conflict("entry_not_open")."""
    if entry.status != EntryStatus.OPEN.value:
        raise Conflict("entry_not_open")
    entry.status, entry.ended_at, entry.ended_by = EntryStatus.ENDED.value, now, by.value
    entry.save(update_fields=["status", "ended_at", "ended_by"])
    for membership in Membership.objects.select_for_update(of=("self",)).filter(entry=entry):
        membership.status = MembershipStatus.SUSPENDED.value
        membership.expires_at = min(membership.expires_at or now, now)
        membership.save(update_fields=["status", "expires_at"])
        membership.in_departments.all().delete()
        membership.department_roles.all().delete()
        revoke(RevocationKind.MEMBERSHIP, membership.public_id)
    record(Action.OPERATOR_LEFT, on=entry, by=by.value)
    _tell_owners("entry_ended", entry)


def _open(entry: OperatorEntry, now: datetime) -> OperatorEntry:
    """The membership, the event and the mails to all owners: one transaction. Denied if his account was locked since he was asked for it."""
    if not _operator_now(entry.operator_id).is_working_operator:
        raise Denied
    entry.status, entry.opened_at = EntryStatus.OPEN.value, now
    entry.expires_at = now + timedelta(minutes=entry.stay_minutes)
    entry.save(update_fields=["status", "opened_at", "expires_at"])
    role = Role.objects.get(slug=entry.role, is_builtin=True)
    membership = _require_no_member(entry.operator, now) or Membership(user=entry.operator)
    membership.role, membership.entry, membership.reason = role, entry, entry.reason
    membership.name = _("%(name)s (platform)") % {"name": entry.operator.full_name[: _NAME_LENGTH - 20]}
    membership.status, membership.expires_at = MembershipStatus.ACTIVE.value, entry.expires_at
    membership.password_change_required_at = membership.sessions_ended_at = None
    membership.save()
    record(Action.OPERATOR_ENTERED, on=entry, role=entry.role, reason=entry.reason, until=entry.expires_at)
    _tell_owners("entry_opened", entry)
    return entry


def _operator_now(pk: int) -> User:
    """The account as it is, held until the transaction ends: whoever locks it waits, or has locked it already. Before any lock of an entry."""
    return User.objects.select_for_update(no_key=True).get(pk=pk)


def _take_back(entry: OperatorEntry, now: datetime) -> None:
    entry.status, entry.ended_at, entry.ended_by = EntryStatus.ENDED.value, now, EntryEnd.OPERATOR.value
    entry.save(update_fields=["status", "ended_at", "ended_by"])
    record(Action.OPERATOR_LEFT, on=entry, by=EntryEnd.OPERATOR.value)


def _require_no_member(operator: User, now: datetime) -> Membership | None:
    """The row of an earlier stay, locked; Conflict for who belongs to the organisation anyway and needs no breaking of glass."""
    row = Membership.objects.select_for_update(of=("self",)).filter(user=operator).first()
    is_removed = row is not None and row.expires_at is not None and row.expires_at <= now
    if row is not None and not is_removed:
        raise Conflict("entry_of_member")
    return row


def _forget_unanswered(operator: User, now: datetime) -> None:
    """A question that is too old, and a stay whose time is over and that no sweep has ended yet, are in nobody's way."""
    own = OperatorEntry.objects.select_for_update(of=("self",)).filter(operator=operator)
    for entry in own.filter(status=EntryStatus.ASKED.value, asked_at__lte=now - ANSWERED_WITHIN):
        entry.status, entry.ended_at, entry.ended_by = EntryStatus.ENDED.value, now, EntryEnd.TIME.value
        entry.save(update_fields=["status", "ended_at", "ended_by"])
    for entry in own.filter(status=EntryStatus.OPEN.value, expires_at__lte=now):
        close_entry(entry=entry, by=EntryEnd.TIME, now=now)


def _locked(entry: UUID) -> OperatorEntry:
    found = OperatorEntry.objects.select_for_update(of=("self",)).select_related("operator").filter(public_id=entry)
    row = found.first()
    if row is None:
        raise NotFound
    return row


def _tell_owners(template: str, entry: OperatorEntry) -> None:
    """A mail to each owner; Conflict("entry_untold") where there is none, for then nobody would know."""
    addresses = owners_to_tell()
    if not addresses and template != "entry_ended":
        raise Conflict("entry_untold")
    context = {
        "organisation": Tenant.objects.get().name,
        "operator": entry.operator.full_name,
        "role": str(ROLE_NAMES[entry.role]),
        "reason": entry.reason,
        "minutes": entry.stay_minutes,
        "until": None if entry.expires_at is None else f"{localtime(entry.expires_at):%Y-%m-%d %H:%M %Z}",
        "url": settings.SITE_URL + reverse("admin:tenants_operatorentry_change", args=[entry.public_id]),
    }
    for address in addresses:
        send(f"tenants/email/{template}", address, context)
