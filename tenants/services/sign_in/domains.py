"""Mail domains: named by an owner, proven by a record of the domain's own name servers, looked at again each day.

Danger: an organisation that is believed to own somebody else's domain signs in, or takes in, strangers. Rule: a domain counts for one organisation
only, from when its name servers have shown the word until they have not for `GRACE`; whose it is otherwise is told to nobody.
Proof: tests/tenants/sign_in/test_domains.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from security.accounts.mail import send
from security.audit import Action, Outcome, record
from security.errors import Conflict, Invalid, NotFound
from security.identity.domains import is_published, new_word, parse_domain
from security.masking import mask_or_withhold
from security.permissions import Grant, Permission, require, require_member
from security.scoping import tenant_of, tenant_scope
from tenants.access import digest_of, owners_to_tell
from tenants.models import Directory, EmailDomain, Tenant
from tenants.services.sign_in.ending import end_provided_sessions

RIGHT: Final = Permission.CONFIGURATION_ACCOUNT
"""Whoever decides who signs in as whom could be anybody, owners included: so owners alone do."""
MOST: Final = 20
GRACE: Final = timedelta(days=7)
CHECK_EVERY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to name servers, for outside any scope."""

    public_id: UUID
    domain: str
    word: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What they said; None where none of them answered."""

    asked: Asked
    is_there: bool | None


def read_domains(*, grant: Grant) -> list[EmailDomain]:
    """The organisation's domains, proven or not."""
    require(grant, RIGHT)
    return list(EmailDomain.objects.order_by("domain"))


@transaction.atomic
def claim_domain(*, grant: Grant, domain: str) -> EmailDomain:
    """Name a domain; it counts for nothing yet. Invalid("domain", "domain_secret"), Conflict("domain_named", "domains_many")."""
    _require(grant)
    name = parse_domain(domain)
    if mask_or_withhold(name).findings:
        raise Invalid("domain_secret")  # it is kept, and shown, as it is
    Tenant.objects.select_for_update(no_key=True).get()
    if EmailDomain.objects.filter(domain=name).exists():
        raise Conflict("domain_named")
    if EmailDomain.objects.count() >= MOST:
        raise Conflict("domains_many")
    claimed = EmailDomain.objects.create(domain=name, word=new_word())
    record(Action.DOMAIN_CLAIMED, on=claimed)
    return claimed


def begin_check(*, grant: Grant, domain: UUID) -> Asked:
    """What is to be asked."""
    _require(grant)
    found = EmailDomain.objects.filter(public_id=domain).first()
    if found is None:
        raise NotFound
    return _question(found)


def look(asked: Asked) -> Seen:
    """Ask the name servers; outside any scope, since they answer when they like."""
    try:
        return Seen(asked, is_published(asked.domain, asked.word, servers=settings.DNS_SERVERS))
    except Invalid:
        return Seen(asked, None)


@transaction.atomic
def note_check(*, grant: Grant, seen: Seen, now: datetime) -> str:
    """Write down what an owner had asked; "" where the domain is proven, else the code of what is wrong."""
    _require(grant)
    return _noted(seen, now)


@transaction.atomic
def remove_domain(*, grant: Grant, domain: UUID) -> None:
    """Give a domain up: from now on the provider signs in nobody with an address in it."""
    _require(grant)
    found = EmailDomain.objects.select_for_update(of=("self",)).filter(public_id=domain).first()
    if found is None:
        raise NotFound
    _forget(found)
    end_provided_sessions()
    record(Action.DOMAIN_REMOVED, on=found)
    found.delete()


def recheck_domains(tenant_id: int, *, now: datetime, ask: Callable[[Asked], Seen] = look) -> int:
    """Look at every proven domain again; how many were lost. Opens the scope before and after, none while it waits."""
    with tenant_scope(tenant_id):
        asked = [_question(found) for found in EmailDomain.objects.exclude(verified_at=None).order_by("pk")]
    lost = 0
    for one in asked:
        seen = ask(one)
        with tenant_scope(tenant_id):
            lost += _noted(seen, now) == "domain_lost"
    return lost


def is_own(domain: str | None) -> bool:
    """Whether the domain is proven to be that of the organisation in scope."""
    return domain is not None and EmailDomain.objects.filter(domain=domain).exclude(verified_at=None).exists()


def organisation_of(domain: str) -> int | None:
    """Whose domain it is proven to be. Outside any scope."""
    found = tenant_of(Directory.Kind.EMAIL_DOMAIN, digest_of(domain))
    return None if found is None else found[0]


def _require(grant: Grant) -> None:
    require(grant, RIGHT)
    require_member(grant)  # an operator who is in for a time must not leave a door behind


def _question(found: EmailDomain) -> Asked:
    return Asked(found.public_id, found.domain, found.word)


def _noted(seen: Seen, now: datetime) -> str:
    found = EmailDomain.objects.select_for_update(of=("self",)).filter(public_id=seen.asked.public_id).first()
    if found is None or found.word != seen.asked.word:
        return "domain_gone"
    found.checked_at = now
    if seen.is_there:
        code = _proven(found, now)
    elif found.verified_at is None:
        code = "domain_unseen" if seen.is_there is False else "domain_dns"
    else:
        code = _missing(found, now)
    found.save(update_fields=["checked_at", "verified_at", "missing_since"])
    return code


def _proven(found: EmailDomain, now: datetime) -> str:
    found.missing_since = None
    if found.verified_at is not None:
        return ""
    try:
        with transaction.atomic():
            Directory.objects.create(
                kind=Directory.Kind.EMAIL_DOMAIN, digest=digest_of(found.domain), object_id=found.pk
            )
    except IntegrityError:
        record(Action.DOMAIN_REFUSED, on=found, outcome=Outcome.DENIED)
        return "domain_taken"
    found.verified_at = now
    record(Action.DOMAIN_VERIFIED, on=found)
    return ""


def _missing(found: EmailDomain, now: datetime) -> str:
    """The owners have `GRACE` to put it back."""
    if found.missing_since is None:
        found.missing_since = now
        record(Action.DOMAIN_MISSING, on=found, outcome=Outcome.FAILED)
        _tell(found, now + GRACE)
        return "domain_missing"
    if now < found.missing_since + GRACE:
        return "domain_missing"
    found.verified_at = found.missing_since = None
    _forget(found)
    end_provided_sessions()
    record(Action.DOMAIN_LOST, on=found)
    _tell(found, None)
    return "domain_lost"


def _forget(found: EmailDomain) -> None:
    Directory.objects.filter(kind=Directory.Kind.EMAIL_DOMAIN, object_id=found.pk).delete()


def _tell(found: EmailDomain, until: datetime | None) -> None:
    context = {
        "organisation": Tenant.objects.get().name,
        "domain": found.domain,
        "name": found.record_name,
        "word": found.word,
        "until": until,
        "url": f"{settings.SITE_URL}/admin/security/domains/",
    }
    for address in owners_to_tell():
        send("tenants/email/domain_missing", address, context)
