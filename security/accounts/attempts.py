"""Attempts are counted before anything is done for them, in PostgreSQL, so that a burst cannot outrun the count.

Danger: forty requests at once all read "four failures" and all hash; a counter in Valkey is gone when Valkey is. Rule: an attempt is written
down under locks of its address and its name, and taken back if it succeeded; what is over a limit is refused and costs no hash. A device on
which the person signed in before has a count of its own, so nobody can lock a person out of it. Proof:
tests/security/accounts/test_attempts.py.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zlib import crc32

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from security.accounts import ledger
from security.models import Attempt

LOCKED_FOR: Final = timedelta(minutes=30)
HERE: Final = 5
"""Failures of a name at one address, or on one known device, in LOCKED_FOR."""
ANYWHERE: Final = 10
"""Failures of a name from unknown devices in LOCKED_FOR, after which only known ones get in; and on all known ones together."""
ADDRESS_FOR: Final = timedelta(hours=1)
OF_ADDRESS: Final = 50
"""Failures from unknown devices at one address in ADDRESS_FOR."""

SPRAYED_FOR: Final = timedelta(minutes=10)
SPRAYED: Final = 100
"""Names that failed from unknown devices in SPRAYED_FOR, over all; from there on such attempts have to keep a distance, each network for itself."""
SPRAYED_HERE: Final = 25
"""The same from one network, which alone has to keep it."""
FIRST_PAUSE: Final = timedelta(milliseconds=250)
_DOUBLINGS: Final = 5
LONGEST_PAUSE: Final = FIRST_PAUSE * (1 << _DOUBLINGS)
LIFTED_AT_MOST: Final = 3
"""Times a day that administrators lift a name's lock, over all organisations: each is ten guesses more."""
_LOCKS: Final = 0x61747470


class Why(StrEnum):
    """Which limit an attempt was over."""

    NAME_HERE = "name_here"
    NAME_ANYWHERE = "name_anywhere"
    ADDRESS = "address"
    SPRAYING = "spraying"


@dataclass(frozen=True, slots=True)
class Who:
    """Who tries: a digest of the name, the address, and the device if the person signed in there before (else empty)."""

    name: str
    address: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Reserved:
    """The attempt may be made; `release` it if it succeeds."""

    pk: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The attempt may not be made for so long. `is_first`: nobody was told of it yet."""

    why: Why
    wait: timedelta
    is_first: bool = False


@transaction.atomic
def reserve(who: Who, *, now: datetime) -> Reserved | Refused:
    """Write an attempt to sign in down, unless it is over a limit."""
    address = _network(who.address)
    _lock(address, who.name, *(() if who.device else (_neighbours(address),)))
    refused = _over(who, address, now)
    if refused is not None:
        return refused
    row = Attempt.objects.create(name=who.name, address=address, device=who.device, at=now)
    return Reserved(row.pk)


def release(reserved: Reserved) -> None:
    """The attempt succeeded: it does not count. Others of the same name do."""
    Attempt.objects.filter(pk=reserved.pk).delete()


def forget(name: str) -> int:
    """Take back what was counted for a name, from wherever; how many attempts that were."""
    return Attempt.objects.filter(name=name).delete()[0]


def take_lift(name: str, *, now: datetime) -> bool:
    """Count one more lift of a name's lock; False, and nothing counted, for more than LIFTED_AT_MOST a day. Within a transaction."""
    _lock(name)
    if ledger.times(f"lift:{name}", now=now) >= LIFTED_AT_MOST:
        return False
    ledger.note(f"lift:{name}", now=now)
    return True


def locked_names(names: list[str], *, now: datetime) -> dict[str, datetime]:
    """Which of these names are locked, at one address or at all unknown ones, and until when at the latest."""
    rows = Attempt.objects.filter(name__in=names, at__gt=now - LOCKED_FOR).order_by("at")
    by_name: dict[str, list[Attempt]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    return {name: found[-1].at + LOCKED_FOR for name, found in by_name.items() if _is_locked(found)}


def _over(who: Who, address: str, now: datetime) -> Refused | None:
    """The first limit that this attempt is over."""
    of_name = Attempt.objects.filter(name=who.name, at__gt=now - LOCKED_FOR)
    if who.device:  # counted for itself, whatever others do with the name or behind the address
        on_devices = of_name.exclude(device="")
        return _refusal(Why.NAME_HERE, of_name.filter(device=who.device), HERE, now, LOCKED_FOR) or _refusal(
            Why.NAME_ANYWHERE, on_devices, ANYWHERE, now, LOCKED_FOR
        )
    strange = of_name.filter(device="")
    at_address = Attempt.objects.filter(address=address, device="", at__gt=now - ADDRESS_FOR)
    return (
        _refusal(Why.NAME_HERE, strange.filter(address=address), HERE, now, LOCKED_FOR)
        or _refusal(Why.NAME_ANYWHERE, strange, ANYWHERE, now, LOCKED_FOR)
        or _refusal(Why.ADDRESS, at_address, OF_ADDRESS, now, ADDRESS_FOR)
        or _spraying(_neighbours(address), now)
    )


def _refusal(why: Why, rows: QuerySet[Attempt], limit: int, now: datetime, window: timedelta) -> Refused | None:
    ats = list(rows.order_by("-at").values_list("at", flat=True)[:limit])
    if len(ats) < limit:
        return None
    is_first = why is not Why.ADDRESS and not rows.filter(is_told=True).exists()
    if is_first:
        rows.update(is_told=True)
    return Refused(why, ats[-1] + window - now, is_first)


def _spraying(neighbours: str, now: datetime) -> Refused | None:
    """Many names fail from unknown devices: who comes from where somebody just failed waits, twice as long for each further so many names.

    The distance is to attempts of the same network alone: were it to everybody's, whoever sprays would keep everybody waiting.
    """
    strange = Attempt.objects.filter(device="", at__gt=now - SPRAYED_FOR)
    here = strange.filter(address__startswith=neighbours) if neighbours else strange.filter(address="")
    last = here.aggregate(last=Max("at"))["last"]
    if last is None:
        return None
    pause = max(_pause(strange, SPRAYED), _pause(here, SPRAYED_HERE))
    return None if now - last >= pause else Refused(Why.SPRAYING, pause - (now - last))


def _pause(rows: QuerySet[Attempt], many: int) -> timedelta:
    """What the names of these attempts ask for. No name has more than ANYWHERE, so the newest tell where the pause is longest, however many there are."""
    newest = rows.order_by("-at").values("pk")[: ANYWHERE * many * (1 + _DOUBLINGS)]
    names = Attempt.objects.filter(pk__in=newest).values("name").distinct().count()
    if names < many:
        return timedelta(0)
    return FIRST_PAUSE * (1 << min((names - many) // many, _DOUBLINGS))


def _is_locked(rows: list[Attempt]) -> bool:
    strange = [row for row in rows if not row.device]
    here = dict.fromkeys({(row.address, row.device) for row in rows}, 0)
    for row in rows:
        here[row.address, row.device] += 1
    return len(strange) >= ANYWHERE or max(here.values()) >= HERE


def _lock(*subjects: str) -> None:
    """Until the transaction ends; always in one order, so that two never wait for each other."""
    with connection.cursor() as cursor:
        for key in sorted({crc32(subject.encode()) - 2**31 for subject in subjects}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, key])


def _network(address: str) -> str:
    """What an address counts as: an IPv6 one its /64, which is one customer's, spelled in full."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:  # noqa: PLR2004
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address.exploded)


def _neighbours(network: str) -> str:
    """How all addresses begin that one sprayer may have at hand: an IPv4 /24, an IPv6 /48. Anything else stands for itself."""
    if ":" in network:
        return network[:15]  # three groups of four, each with its colon
    return network[: network.rfind(".") + 1] or network
