"""The real command in a process of its own, killed with -9 wherever it is: nothing is lost, nothing is there in another form, and it ends."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from chat.models import ArchiveChunk, RetentionRun
from chat.retention.rules import lock_rules
from chatplatform.embedded.process import wait_until
from security.scoping import tenant_scope
from security.stores.folder import Folder
from tests.cast import Organisation
from tests.services import environment, session

from .talks import archived, closed, live

PROJECT = Path(__file__).resolve().parents[3]
KILLS = 5
CONVERSATIONS = 230
"""Two objects of the archive."""
LONGEST = 0.8
"""Seconds; about what the whole run takes."""


def begin(folder: Path) -> subprocess.Popen[bytes]:
    """`run_retention`, begun."""
    own = {"VAR_DIR": str(folder), "ARCHIVE_URL": f"file://{folder / 'archive'}"}
    return subprocess.Popen(
        [sys.executable, str(PROJECT / "manage.py"), "run_retention"],
        env=environment.complete(session.urls()) | own,
        stdout=subprocess.DEVNULL,
    )


def lease_is_over(of: Organisation) -> None:
    """As ten minutes later."""
    with tenant_scope(of.tenant_id):
        RetentionRun.objects.update(leased_by=None, leased_until=None)
        ArchiveChunk.objects.update(leased_until=None)


def killed_after(seconds: float, of: Organisation, folder: Path) -> bool:
    """Whether the kill came before the command's own end."""
    process = begin(folder)
    with tenant_scope(of.tenant_id):
        lock_rules()  # the day's first act waits for that: it is seen at work, however fast it is
        wait_until(
            RetentionRun.objects.exclude(
                leased_by=None, finished_at=None
            ).exists,  # killed as it ended, the day is done
            alive=lambda: process.poll() is None,
            seconds=60,
            failure=lambda: "run_retention did not begin.",
        )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def test_killed_at_random_moments_what_is_live_and_what_is_archived_are_all_there_was(
    acme: Organisation, tmp_path: Path
) -> None:
    long_ago = timezone.now() - timedelta(days=800)
    said = {closed(acme, f"Number {number}", last=long_ago): [f"Number {number}"] for number in range(CONVERSATIONS)}
    archive, kills = Folder(tmp_path / "archive"), 0
    moments = random.Random(20261122)  # noqa: S311 - when to kill
    for seconds in (0.0, *(moments.uniform(0, LONGEST) for _ in range(KILLS - 1))):
        if not killed_after(seconds, acme, tmp_path):
            break
        kills += 1
        found = (live(acme), archived(acme, archive))
        assert found[0] | found[1] == said
        assert all(said[one] == texts for each in found for one, texts in each.items())
        lease_is_over(acme)
    assert kills, "it was never at work when the kill came"
    last = begin(tmp_path)
    assert last.wait(120) == 0
    assert live(acme) == {}
    assert archived(acme, archive) == said
