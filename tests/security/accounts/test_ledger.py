"""What is counted counts for its span, for itself and for what it is part of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from security.accounts.ledger import KEPT_FOR, note, times

pytestmark = pytest.mark.django_db
NOW = timezone.now()
MOMENT = timedelta(seconds=1)


def test_a_part_counts_for_the_whole_and_its_neighbour_does_not() -> None:
    for what in ("invite:7:alice", "invite:7:alice", "invite:7:bob", "invite:70:alice"):
        note(what, now=NOW)
    counted = [times(what, now=NOW) for what in ("invite:7:alice", "invite:7:bob", "invite:7", "invite:70", "invite")]
    assert counted == [2, 1, 3, 1, 4]


@pytest.mark.parametrize("within", [timedelta(hours=1), KEPT_FOR, 2 * KEPT_FOR])
def test_it_counts_for_the_span_and_no_longer(within: timedelta) -> None:
    note("lift:alice", now=NOW)
    span = min(within, KEPT_FOR)
    assert [times("lift:alice", now=NOW + span - MOMENT, within=within)] == [1]
    assert [times("lift:alice", now=NOW + span, within=within)] == [0]
