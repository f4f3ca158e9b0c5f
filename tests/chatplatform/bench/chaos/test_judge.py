"""What the comparison after `bench chaos` calls wrong, each on rows in which just that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict
from typing import Any

import pytest

from chatplatform.bench.chaos.judge import judged, sentences
from chatplatform.bench.chaos.ledger import Acked, Ledger, Sent
from chatplatform.bench.chaos.words import SIGN, spelled, tenant_of, text_of

VERA, MALLORY = "vera", "mallory"
Rows = list[dict[str, Any]]


def said(number: int) -> str:
    return text_of(tenant="acme", sender=VERA, number=number)


def row(seq: int) -> dict[str, Any]:
    return {
        "id": f"m{seq}", "seq": seq, "rev": seq, "author": "visitor", "client_id": f"c{seq}", "text": said(seq),
        "gone": False, "is_visible": True,
    }  # fmt: skip


def good() -> tuple[Ledger, Rows]:
    """Vera said three things, was told so, and sees them."""
    ledger = Ledger(tenants={VERA: "acme"})
    for seq in (1, 2, 3):
        ledger.sent[f"c{seq}"] = Sent("acme", VERA, seq, said(seq))
        ledger.ack(f"c{seq}", Acked("talk", f"m{seq}", seq, said(seq)))
        ledger.show(VERA, "talk", seq=seq, rev=seq, message=(f"m{seq}", said(seq)), before=seq - 1)
    return ledger, [{"tenant": "acme", "id": "talk", "last_seq": 3, "messages": [row(1), row(2), row(3)]}]


def faults(ledger: Ledger, rows: Rows) -> dict[str, int]:
    return {name: count for name, count in asdict(judged(ledger, rows)).items() if count}


def test_nothing_is_wrong_with_what_is_right() -> None:
    ledger, rows = good()
    assert faults(ledger, rows) == {}
    assert not judged(ledger, rows)
    assert sentences(ledger, rows) == []


def lose_the_last(rows: Rows) -> None:
    del rows[0]["messages"][2]


def change_a_text(rows: Rows) -> None:
    rows[0]["messages"][0]["text"] = said(9)


def repeat(rows: Rows) -> None:
    rows[0]["messages"].append({**row(3), "id": "m4", "seq": 4, "client_id": None})
    rows[0]["last_seq"] = 4


def swap(rows: Rows) -> None:
    first, second = rows[0]["messages"][:2]
    first["seq"], second["seq"] = 2, 1


def number_wrongly(rows: Rows) -> None:
    rows[0]["last_seq"] = 5


def move_to_rival(rows: Rows) -> None:
    rows[0]["tenant"] = "rival"


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lose_the_last, {"lost": 1, "gaps": 1, "unconverged": 1}),
        (change_a_text, {"lost": 1, "unconverged": 1}),
        (repeat, {"doubled": 1, "unconverged": 1}),
        (swap, {"lost": 2, "disordered": 1, "unconverged": 1}),
        (number_wrongly, {"gaps": 2}),
        (move_to_rival, {"foreign": 3}),
    ],
)
def test_what_is_wrong_is_counted(spoil: Callable[[Rows], None], found: dict[str, int]) -> None:
    ledger, rows = good()
    spoiled = deepcopy(rows)
    spoil(spoiled)
    assert faults(ledger, spoiled) == found


def test_a_promise_that_changes_is_a_fault() -> None:
    ledger, rows = good()
    ledger.ack("c3", Acked("talk", "m4", 4, said(3)))
    assert faults(ledger, rows) == {"told": 1}


def test_another_tenants_message_on_a_screen_is_a_fault() -> None:
    ledger, _ = good()
    theirs = text_of(tenant="rival", sender=MALLORY, number=1)
    ledger.show(VERA, "talk", seq=4, rev=4, message=("m4", theirs), before=3)
    assert len(ledger.problems) == 1


def test_two_messages_in_one_place_are_a_fault() -> None:
    ledger, _ = good()
    ledger.show(VERA, "talk", seq=3, rev=4, message=("other", said(3)), before=2)
    assert len(ledger.problems) == 1


def test_visitors_do_not_miss_what_is_not_for_them() -> None:
    ledger, rows = good()
    rows[0]["messages"].append({**row(4), "is_visible": False, "client_id": None})
    rows[0]["last_seq"] = 4
    assert faults(ledger, rows) == {}
    ledger.agents.add(VERA)
    assert faults(ledger, rows) == {"unconverged": 1}


def test_a_client_that_comes_back_names_what_it_has_without_a_hole() -> None:
    ledger = Ledger(tenants={VERA: "acme"})
    for seq in (1, 2, 4):
        ledger.show(VERA, "talk", seq=seq, rev=seq, message=(f"m{seq}", said(seq)), before=seq - 1)
    view = ledger.view(VERA, "talk")
    assert (view.last_seq, view.last_rev, view.beyond_hole) == (2, 2, 4)
    ledger.show(VERA, "talk", seq=3, rev=3, message=("m3", said(3)), before=2)
    assert (view.last_seq, view.last_rev, view.beyond_hole) == (4, 4, None)


def test_texts_are_told_apart() -> None:
    assert len({spelled(number) for number in range(9_000)}) == 9_000
    assert tenant_of(said(7)) == "acme"
    assert tenant_of("Alice joined.") is None
    assert SIGN in said(7)
