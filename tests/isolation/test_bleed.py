"""Units of work of twenty tenants, interleaved on a pool of four connections: none sees, changes or leaves behind anything of another's.

    UNITS=10000 .venv/bin/python -m pytest -n 0 tests/isolation/test_bleed.py

is the full run.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final

import pytest
from django.db import connection, connections

from security.scoping import ScopeConflict, ScopeMissing, tenant_ids, tenant_scope, user_scope
from tenants.models import Department, Membership, Tenant
from tests.cast import Organisation, organisation

UNITS: Final = int(os.environ.get("UNITS", "1000"))
TENANTS: Final = 20
CONNECTIONS: Final = 4
THREADS: Final = 12


class Failed(Exception):
    """Each third unit fails half-way."""


@pytest.fixture
def pool_of_four(committed_db: None) -> Iterator[None]:
    """The application's own pool, smaller than the threads that ask it."""
    options = connections.settings["default"]["OPTIONS"]
    kept = options["pool"]
    options["pool"] = {"min_size": CONNECTIONS, "max_size": CONNECTIONS, "timeout": 60}
    _begin_anew()
    yield
    options["pool"] = kept
    _begin_anew()


def _begin_anew() -> None:
    connections.close_all()
    connections["default"].close_pool()  # type: ignore[attr-defined]  # of PostgreSQL's wrapper alone


def test_many_tenants_on_few_connections_never_mix(pool_of_four: None) -> None:
    houses = [organisation(f"t{number}", f"owner{number}", {}) for number in range(TENANTS)]
    people = {house.tenant_id: house.user(f"owner{number}").pk for number, house in enumerate(houses)}
    connections.close_all()
    order = [houses[number % TENANTS] for number in range(UNITS)]
    random.Random(7).shuffle(order)  # noqa: S311 - an order, not a secret
    used: set[int] = set()

    def unit(number: int) -> list[str]:
        try:
            return [*_work(order[number], number, used), *_afterwards(order[number], number, people)]
        finally:
            connections.close_all()  # to the pool, whatever is left on the connection

    with ThreadPoolExecutor(THREADS) as threads:
        bled = [what for found in threads.map(unit, range(UNITS)) for what in found]
    assert bled == []
    assert len(used) == CONNECTIONS, "Each one worked for many tenants"
    assert set(tenant_ids()) >= {house.tenant_id for house in houses}
    for house in houses:
        with tenant_scope(house.tenant_id):
            names = set(Department.objects.values_list("name", flat=True))
        assert all(name == "Support" or name.startswith(f"{house.slug} ") for name in names), names


def _work(house: Organisation, number: int, used: set[int]) -> Iterator[str]:
    """One transaction: reads past the ORM and through it, writes, and fails now and then."""
    try:
        with tenant_scope(house.tenant_id):
            used.add(_backend())
            if Tenant.objects.get().slug != house.slug:
                yield f"{number}: another tenant"
            if set(_owners()) - {house.tenant_id}:
                yield f"{number}: rows of others"
            if _changed() != {house.tenant_id}:
                yield f"{number}: changed others"
            if number % 7 == 0:
                Department.objects.create(name=f"{house.slug} {number}")
            _fail_now_and_then(number)
    except Failed:
        pass


def _fail_now_and_then(number: int) -> None:
    if number % 3 == 0:
        raise Failed


def _afterwards(house: Organisation, number: int, people: dict[int, int]) -> Iterator[str]:
    """On the same connection, with no scope or a person's own."""
    if number % 2 == 0 and _owners():
        yield f"{number}: rows without a scope"
    if number % 5 == 0:
        with user_scope(people[house.tenant_id]):
            if {row.tenant_id for row in Membership.objects.all()} != {house.tenant_id}:
                yield f"{number}: memberships of others"
    if number % 11 == 0:
        try:
            with tenant_scope(house.tenant_id), tenant_scope(house.tenant_id + 1):
                yield f"{number}: a scope in a scope"
        except ScopeConflict:
            pass
        try:
            Department.objects.count()
            yield f"{number}: the manager answered without a scope"
        except ScopeMissing:
            pass


def _owners() -> list[int]:
    """Whose rows this connection can see, asked past the ORM."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tenant_id FROM tenants_department UNION SELECT DISTINCT tenant_id FROM tenants_site"
        )
        return [row[0] for row in cursor.fetchall()]


def _changed() -> set[int]:
    """Whose rows a change without any condition reaches."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tenants_policy SET agent_capacity = agent_capacity RETURNING tenant_id")
        return {row[0] for row in cursor.fetchall()}


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_scope_that_was_kept_is_no_use_after_its_transaction(committed_db: None) -> None:
    acme = organisation("acme", "olga", {})
    with tenant_scope(acme.tenant_id):
        kept = copy_context()
        assert kept.run(Department.objects.count) == 1
    with pytest.raises(ScopeMissing):
        kept.run(Department.objects.count)
