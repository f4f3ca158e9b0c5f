"""A frame is parsed once, into known, typed, masked fields; whatever else comes is refused without an echo."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.live.protocol import AGENT_FRAMES, VISITOR_FRAMES, Registry, agent, parse, visitor
from security.masking import MaskedText, mask
from security.sockets.refusals import FrameRefused

ID = "7d8f0b64-0d2b-4e38-9d43-0b4b8b6c2a11"
CARD = "4242 4242 4242 4242"
JWT = "eyJh.eyJz.c2ln"

VISITORS: list[dict[str, Any]] = [
    {"type": "hello", "token": None, "conversation": None, "last_seq": 0, "last_rev": 0},
    {
        "type": "hello", "token": "x" * 43, "conversation": ID, "last_seq": 3, "last_rev": 5, "locale": "de-AT", "department": ID,
        "profile": {"name": "Vera", "email": "vera@shop.example", "phone": "+1 212 555 0100", "fields": {"order": "77"}},
        "page": {"url": "https://shop.example/", "title": "Shoes", "referrer": ""}, "identity": JWT,
        "host_origin": "https://shop.example",
    },
    {"type": "message", "client_id": ID, "text": "hello: {there}", "unmasked": ["phone"]},
    {"type": "typing", "active": True, "preview": "hel"},
    {"type": "read", "seq": 3},
    {"type": "profile", "name": "Vera"},
    {"type": "page", "url": "https://shop.example/", "title": "Shoes", "referrer": "https://search.example/"},
    {"type": "identify", "token": JWT},
    {"type": "history", "before_seq": 40, "limit": 100},
    {"type": "end"},
    {"type": "rate", "score": 5, "comment": "kind"},
    {"type": "ping"},
]  # fmt: skip
AGENTS: list[dict[str, Any]] = [
    {"type": "hello", "open": {ID: [3, 5]}},
    {"type": "availability", "status": "away"},
    {
        "type": "list",
        "view": "mine",
        "before": "2026-01-31T12:00:00Z",
        "limit": 100,
        "department": ID,
        "tag": "vip",
        "agent": ID,
    },
    {"type": "next"},
    {"type": "claim", "conversation": ID},
    {"type": "message", "conversation": ID, "client_id": ID, "text": "hello"},
    {"type": "note", "conversation": ID, "client_id": ID, "text": "careful"},
    {"type": "edit", "conversation": ID, "id": ID, "text": "hello!"},
    {"type": "typing", "conversation": ID, "active": False},
    {"type": "read", "conversation": ID, "seq": 3},
    {"type": "history", "conversation": ID, "before_seq": 40, "limit": 200},
    {"type": "transfer", "conversation": ID, "agent": ID, "note": "speaks German"},
    {"type": "transfer", "conversation": ID, "department": ID},
    {"type": "accept", "conversation": ID},
    {"type": "decline", "conversation": ID},
    {"type": "tag", "conversation": ID, "add": ["vip"], "remove": []},
    {"type": "close", "conversation": ID, "outcome": "solved"},
    {"type": "reopen", "conversation": ID},
    {"type": "watch", "conversation": ID},
    {"type": "unwatch", "conversation": ID},
    {"type": "block", "conversation": ID, "reason": "Abuse", "days": 7, "address": True},
    {"type": "unblock", "conversation": ID},
    {"type": "ping"},
]
ALL = [(VISITOR_FRAMES, frame) for frame in VISITORS] + [(AGENT_FRAMES, frame) for frame in AGENTS]


def refusal(frame: object, registry: Registry) -> FrameRefused:
    with pytest.raises(FrameRefused) as refused:
        parse(frame if isinstance(frame, str) else json.dumps(frame), registry, mask)
    return refused.value


def test_the_examples_are_all_frames_there_are() -> None:
    assert {frame["type"] for frame in VISITORS} == set(VISITOR_FRAMES)
    assert {frame["type"] for frame in AGENTS} == set(AGENT_FRAMES)


@pytest.mark.parametrize(("registry", "frame"), ALL)
def test_each_frame_is_parsed_and_keeps_its_ref(registry: Registry, frame: dict[str, Any]) -> None:
    found = parse(json.dumps(frame | {"ref": 17}), registry, mask)
    assert type(found) is registry[frame["type"]]
    assert found.type == frame["type"]
    assert found.ref == 17
    assert parse(json.dumps(frame).encode(), registry, mask).ref is None


@pytest.mark.parametrize(("registry", "frame"), ALL)
def test_each_field_refuses_every_wrong_type(registry: Registry, frame: dict[str, Any]) -> None:
    for name, good in frame.items():
        wrongs: list[Any] = [1.5, [], {}, "\u200b", True, "x" * 9_000, [{}], {"a": {}}, -1]
        for wrong in wrongs:
            if type(wrong) is type(good) or (name in ("title", "comment", "note", "tag", "outcome", "preview", "name", "url",
                                                      "referrer") and wrong == "\u200b"):  # fmt: skip
                continue
            if name == "token" and isinstance(wrong, str) and frame["type"] == "hello":
                continue
            assert refusal(frame | {name: wrong}, registry).code in {"bad_frame", "too_long"}, (name, wrong)


@pytest.mark.parametrize(("registry", "frame"), ALL)
def test_an_unknown_field_is_refused(registry: Registry, frame: dict[str, Any]) -> None:
    assert refusal(frame | {"tenant": 1}, registry).code == "bad_frame"
    assert refusal(frame | {"readers": {}}, registry).code == "bad_frame"


@pytest.mark.parametrize(("registry", "frame"), ALL)
def test_every_text_in_a_frame_is_masked(registry: Registry, frame: dict[str, Any]) -> None:
    loaded = {name: f"{CARD}" if isinstance(value, str) and name in ("text", "note", "title", "comment", "name", "tag", "outcome")
              else value for name, value in frame.items()}  # fmt: skip
    found = parse(json.dumps(loaded), registry, mask)
    assert "4242 4242" not in repr(found)
    for name in ("text", "note", "title", "comment", "name", "tag", "outcome"):
        value = getattr(found, name, None)
        assert value is None or type(value) is MaskedText


def test_a_required_field_may_neither_be_missing_nor_null() -> None:
    for registry, frame in ALL:
        for name in registry[frame["type"]].required:
            assert refusal({key: value for key, value in frame.items() if key != name}, registry).code == "bad_frame"
            assert refusal(frame | {name: None}, registry).code == "bad_frame"


def test_a_refusal_names_the_frame_by_its_own_ids_and_nothing_else() -> None:
    refused = refusal(
        {"type": "message", "ref": 17, "client_id": ID.upper(), "conversation": ID, "text": "x" * 8_001}, AGENT_FRAMES
    )
    assert (refused.code, refused.ref) == ("too_long", 17)
    assert str(refused.client_id) == str(refused.conversation) == ID
    refused = refusal({"type": CARD, "ref": CARD, "client_id": CARD, "conversation": CARD}, AGENT_FRAMES)
    assert vars(refused) == {
        "code": "bad_frame",
        "ref": None,
        "client_id": None,
        "conversation": None,
        "retry_after": None,
    }


@pytest.mark.parametrize("kind", [None, 7, [], {}, "Hello", "hello ", "__init__", "message\u200b", True])
def test_a_type_that_is_not_listed_is_refused(kind: object) -> None:
    assert refusal({"type": kind}, VISITOR_FRAMES).code == "bad_frame"
    assert refusal({}, VISITOR_FRAMES).code == "bad_frame"


def test_a_side_cannot_send_the_other_sides_frames() -> None:
    for frame in AGENTS:
        if frame["type"] not in VISITOR_FRAMES:
            refusal(frame, VISITOR_FRAMES)


def test_a_transfer_has_exactly_one_receiver() -> None:
    refusal({"type": "transfer", "conversation": ID}, AGENT_FRAMES)
    refusal({"type": "transfer", "conversation": ID, "agent": ID, "department": ID}, AGENT_FRAMES)


def test_credentials_stay_out_of_representations() -> None:
    hello = parse(json.dumps({"type": "hello", "token": "x" * 43, "identity": JWT}), VISITOR_FRAMES, mask)
    assert isinstance(hello, visitor.Hello)
    assert hello.token == "x" * 43
    assert "xxx" not in repr(hello)
    assert "eyJ" not in repr(hello)


def test_frames_cannot_be_changed() -> None:
    found = parse(json.dumps({"type": "read", "conversation": ID, "seq": 1}), AGENT_FRAMES, mask)
    assert isinstance(found, agent.Read)
    with pytest.raises(AttributeError):
        found.seq = 2
    assert not hasattr(found, "__dict__")


def test_a_nested_profile_has_neither_type_nor_ref() -> None:
    for extra in ({"ref": 1}, {"type": "profile"}, {"nick": "V"}):
        refusal({"type": "hello", "profile": extra}, VISITOR_FRAMES)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(CARD) | st.just(ID),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("url"), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=300)
@given(st.sampled_from(ALL), st.data())
def test_no_input_raises_anything_else_or_leaves_unmasked(
    example: tuple[Registry, dict[str, Any]], data: st.DataObject
) -> None:
    registry, frame = example
    changed = dict(frame)
    for name in data.draw(st.lists(st.sampled_from([*frame, "ref", "extra"]), max_size=2)):
        changed[name] = data.draw(JSONS)
    try:
        found = parse(json.dumps(changed), registry, mask)
    except FrameRefused as refused:
        assert refused.__cause__ is None  # noqa: PT017
        assert refused.args in {("bad_frame",), ("too_long",)}  # noqa: PT017
    else:
        assert CARD not in repr(found)


@given(st.text() | st.binary())
def test_no_bytes_raise_anything_else(raw: str | bytes) -> None:
    with pytest.raises(FrameRefused):
        parse(raw, VISITOR_FRAMES, mask)


def test_what_comes_too_often_is_refused_before_anything_is_masked() -> None:
    asked: list[str] = []

    def charge(kind: str) -> float:
        asked.append(kind)
        return 2.2 if kind == "message" else 0.0

    def masker(text: str) -> MaskedText:
        raise AssertionError(text)

    with pytest.raises(FrameRefused) as refused:
        parse(json.dumps({"type": "message", "ref": 4, "client_id": ID, "text": CARD}), VISITOR_FRAMES, masker, charge)
    found = refused.value
    assert (found.code, found.retry_after, found.ref, str(found.client_id)) == ("rate_limited", 3, 4, ID)
    assert parse('{"type": "ping"}', VISITOR_FRAMES, masker, charge).type == "ping"
    with pytest.raises(FrameRefused):
        parse('{"type": "unknown"}', VISITOR_FRAMES, masker, charge)
    assert asked == ["message", "ping"]
