"""Who replaces a tenant's key is killed with -9 at each step, before its commit and after: every key is read all the while, and it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from security.crypto import keyring, replacing
from security.crypto.replacing import ANNOUNCED_FOR, RESTS_FOR, State
from security.models import KeySubject, SubjectKey, TenantKey
from security.scoping import tenant_scope
from tests.services import environment, session

ACME = 81
NOW = timezone.now() - timedelta(hours=2)
SEALS = NOW + ANNOUNCED_FOR
RESTED = SEALS + RESTS_FOR
KEYS = 6
INSIDE = 2
"""So often each step is killed before its commit; then once after it, which the next step goes on from."""

Kill = Callable[[str, str, datetime], None]


@pytest.fixture
def kill(committed_db: None) -> Iterator[Kill]:
    keyring.forget_everything()
    command = [sys.executable, "-m", "tests.security.crypto.replacer", str(ACME)]
    with subprocess.Popen(
        command,
        cwd=Path(__file__).resolve().parents[3],
        env=environment.complete(session.urls()),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as replacer:
        asked, answered = replacer.stdin, replacer.stdout
        assert asked is not None
        assert answered is not None

        def die(where: str, act: str, at: datetime) -> None:
            asked.write(f"{where} {act} {at.isoformat()}\n")
            asked.flush()
            assert answered.readline().strip() == str(-signal.SIGKILL)

        yield die
        asked.close()
    keyring.forget_everything()


def rows() -> tuple[list[tuple[int, datetime | None]], list[tuple[UUID, int, bytes]]]:
    """All that a step changes."""
    with tenant_scope(ACME):
        tenant = list(TenantKey.objects.order_by("version").values_list("version", "unneeded_at"))
        subjects = SubjectKey.objects.order_by("pk").values_list("subject_id", "tenant_key_version", "wrapped")
        return tenant, [(of, version, bytes(wrapped)) for of, version, wrapped in subjects]


def test_killed_at_each_step_every_key_is_read_and_the_next_one_goes_on(kill: Kill) -> None:
    with tenant_scope(ACME):
        keys = {one: keyring.data_key(KeySubject.CONVERSATION, one) for one in (uuid4() for _ in range(KEYS))}
    state, reached = None, []
    for act, at in (("announce", NOW), *(("advance", when) for when in (SEALS, SEALS, SEALS, SEALS, RESTED))):
        before = rows()
        for where in ("inside",) * INSIDE + ("after",):
            kill(where, act, at)
            keyring.forget_everything()
            with tenant_scope(ACME):
                assert keyring.stored_keys(KeySubject.CONVERSATION, keys) == keys
                state = replacing.progress(now=at).state
            assert (rows() == before) == (where == "inside")
        reached.append(state)
    assert reached == [State.ANNOUNCED, State.WRAPPING, State.WRAPPING, State.WRAPPING, State.RESTING, State.DONE]
    with tenant_scope(ACME):
        assert list(TenantKey.objects.values_list("version", flat=True)) == [2]
