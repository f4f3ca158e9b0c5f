"""What a frame says of wrong hits is known before any of its texts is masked, and names packs alone."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from chat.live.protocol import VISITOR_FRAMES, parse
from chat.live.protocol.fields import Masker
from chat.live.protocol.visitor import SendMessage, Undoable
from security.masking import MaskedText, MaskingPolicy, mask
from security.masking.packs import PACKS
from security.sockets.refusals import FrameRefused

ID = "7d8f0b64-0d2b-4e38-9d43-0b4b8b6c2a11"
PHONE = "call +1 415 555 0134"
HIDDEN = "call +• ••• ••• ••••"
POLICY = MaskingPolicy(packs={"phone"})


def masked(text: str) -> MaskedText:
    return mask(text, POLICY)


def without(packs: Sequence[str]) -> Masker:
    return lambda text: mask(text, POLICY.without(packs))


def message(raw: str, *, is_allowed: bool = True) -> SendMessage:
    found = parse(raw, VISITOR_FRAMES, masked, undo=without if is_allowed else None)
    assert isinstance(found, SendMessage)
    return found


def test_what_can_be_undone_is_every_pack_and_nothing_else() -> None:
    assert {name.value for name in Undoable} == PACKS.keys()


@pytest.mark.parametrize("names", [("text", "unmasked"), ("unmasked", "text")])
def test_it_counts_wherever_it_stands_in_the_frame(names: tuple[str, str]) -> None:
    values = {"text": PHONE, "unmasked": ["phone"]}
    raw = json.dumps({"type": "message", "client_id": ID} | {name: values[name] for name in names})
    assert message(raw).text == PHONE
    assert message(raw).unmasked == (Undoable.PHONE,)
    assert message(raw, is_allowed=False).text == HIDDEN


@pytest.mark.parametrize("nothing", [{}, {"unmasked": []}, {"unmasked": None}, {"unmasked": ["email"]}])
def test_what_is_not_named_is_masked(nothing: dict[str, object]) -> None:
    assert message(json.dumps({"type": "message", "client_id": ID, "text": PHONE} | nothing)).text == HIDDEN


@pytest.mark.parametrize(
    "names",
    [["card"], ["ssn"], ["cvv"], ["expiry"], ["custom"], ["phone", "card"], ["nothing"], ["PHONE"], ["phone", "phone"],
     [7], [None], [["phone"]], "phone", {"phone": True}, True, [*PACKS, "phone"]],
)  # fmt: skip
def test_anything_but_packs_each_once_is_refused(names: object) -> None:
    raw = json.dumps({"type": "message", "client_id": ID, "text": PHONE, "unmasked": names})
    for is_allowed in (True, False):
        with pytest.raises(FrameRefused) as refused:
            message(raw, is_allowed=is_allowed)
        assert (refused.value.code, str(refused.value.client_id)) == ("bad_frame", ID)


def test_all_packs_together_are_taken() -> None:
    raw = json.dumps({"type": "message", "client_id": ID, "text": PHONE, "unmasked": list(PACKS)})
    assert message(raw).text == PHONE


def test_other_frames_have_no_such_field() -> None:
    for frame in ({"type": "typing", "active": True, "preview": PHONE}, {"type": "rate", "score": 5, "comment": PHONE}):
        with pytest.raises(FrameRefused):
            parse(json.dumps(frame | {"unmasked": ["phone"]}), VISITOR_FRAMES, masked, undo=without)
