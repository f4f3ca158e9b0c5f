"""`python -m chatplatform.bench.accounts.measure SAMPLES`: asks on each way in for a known and an unknown address, in turns.

Each sample has an account and a client's address of its own, so no limit and no cache answers instead. The last line on stdout is the result, times in
milliseconds. Run by the command, with the benchmark's own settings.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address
from itertools import count
from statistics import median
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
django.setup()  # what follows imports models

import orjson
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, identify_hasher
from django.core.management import call_command
from django.db import connections
from django.test import Client

from chatplatform.bench.reports.seed import organisation
from security.accounts.people import create_person
from security.models import Attempt, LimitRow, User
from security.scoping import tenant_scope
from tenants.access import active_grant
from tenants.services.people.invitations import invite_member

HOST: Final = "bench.example"
PASSWORD: Final = "only-for-this-benchmark-battery"  # noqa: S105 - nobody's
WRONG: Final = "a-wrong-one-of-some-length"
WARM_UP: Final = 5
AT_ONCE: Final = 40
_addresses: Final[Iterator[str]] = (str(IPv4Address("10.0.0.1") + step * 256) for step in count())


def main(samples: str) -> None:
    call_command("migrate", database="owner", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    tenant_id = organisation("bench")
    template = create_person(email="first@known.example", full_name="Kim Known", password=PASSWORD, is_confirmed=True)
    found = {way: _compared(way, act, int(samples), template) for way, act in _ways(tenant_id).items()}
    result = {"ways": found, "hash": _hash(template), "burst": _burst(template)}
    sys.stdout.write(orjson.dumps(result).decode() + "\n")


def _ways(tenant_id: int) -> dict[str, Callable[[str], None]]:
    """Each way in on which somebody could ask for an account; the request is sent by the caller's clock."""
    return {
        "sign-in": lambda email: _post("/accounts/login/", {"login": email, "password": WRONG}),
        "reset": lambda email: _post("/accounts/password/reset/", {"email": email}),
        "sign-up": lambda email: _post("/signup/", _signing_up(email)),
        "invitation": lambda email: _invite(tenant_id, email),
    }


def _compared(way: str, act: Callable[[str], None], samples: int, template: User) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for index in range(samples + WARM_UP):
        name = f"{way}-{index}"
        _copy_of(template, f"{name}@known.example")
        cases = ["known", "unknown"] if index % 2 else ["unknown", "known"]
        for case in cases:
            Attempt.objects.all().delete()  # a hundred names that fail would slow down the next
            LimitRow.objects.all().delete()  # and a hundred invitations would be the last
            began = time.perf_counter()
            act(f"{name}@{case}.example")
            if index >= WARM_UP:
                times[case].append((time.perf_counter() - began) * 1000)
    return times


def _copy_of(template: User, email: str) -> None:
    """Somebody with a hash of the usual cost, without computing it anew."""
    made = create_person(email=email, full_name="Kim Known", password=None, is_confirmed=True)
    User.objects.filter(pk=made.pk).update(password=template.password)


def _post(path: str, form: dict[str, str]) -> None:
    status = _status(path, form, next(_addresses))
    if status not in {200, 302, 303}:
        raise SystemExit(f"{path} answered {status}")


def _status(path: str, form: dict[str, str], address: str) -> int:
    client = Client(HTTP_HOST=HOST, REMOTE_ADDR=address)
    return int(client.post(path, form, secure=True).status_code)


def _signing_up(email: str) -> dict[str, str]:
    name = email.partition("@")[0]
    return {
        "organisation": f"The {name} company",
        "full_name": "Nina Newcomer",
        "email": email,
        "password": "quiet-lantern-orbit-marble",
        "website": f"https://{name}.example",
    }


def _invite(tenant_id: int, email: str) -> None:
    """As the page does it that an administrator sends."""
    grant = active_grant(User.objects.get(email="owner@bench.example").pk, tenant_id)
    if grant is None:
        raise SystemExit("The benchmark's owner has no organisation.")
    with tenant_scope(tenant_id):
        invite_member(grant=grant, email=email, role="agent")


def _hash(template: User) -> dict[str, Any]:
    """What checking a wrong password costs, with the product's hasher."""
    hasher = identify_hasher(template.password)
    if not isinstance(hasher, Argon2PasswordHasher):
        raise SystemExit(f"Passwords are hashed by {hasher.algorithm}.")
    times = []
    for _ in range(20):
        began = time.perf_counter()
        check_password(WRONG, template.password)
        times.append((time.perf_counter() - began) * 1000)
    cost = hasher.params()
    return {
        "algorithm": hasher.algorithm,
        "ms": median(times),
        "mib": cost.memory_cost // 1024,
        "passes": cost.time_cost,
    }


def _burst(template: User) -> dict[str, Any]:
    """Attempts at once, on one name from one address. Hashes are counted where they are computed."""
    Attempt.objects.all().delete()
    hashed: list[str] = []
    verify = Argon2PasswordHasher.verify

    def counted(self: Argon2PasswordHasher, password: str, encoded: str) -> bool:
        hashed.append(encoded)
        return bool(verify(self, password, encoded))

    Argon2PasswordHasher.verify = counted  # type: ignore[method-assign, assignment]  # this process ends with the measurement
    address, form = next(_addresses), {"login": template.email, "password": WRONG}

    def one(_: int) -> int:
        try:
            return _status("/accounts/login/", form, address)
        finally:
            connections.close_all()

    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(one, range(AT_ONCE)))
    took = (time.perf_counter() - began) * 1000
    return {"attempts": AT_ONCE, "hashes": len(hashed), "refused": statuses.count(429), "ms": took}


if __name__ == "__main__":
    main(*sys.argv[1:])
