"""The guard: what reaches a handler, what is answered, and how a socket ends."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import pytest

from security.context import Actor, ActorKind, current
from security.errors import Conflict, Denied, DomainError, Invalid, NotFound
from security.sockets.codes import CloseCode
from security.sockets.consumer import GuardedConsumer, close_all
from security.sockets.refusals import FrameRefused
from security.sockets.settings import SocketLimits
from tests.security.sockets.echo import Echo, Said
from tests.security.sockets.wire import Wire

Open = Callable[..., Wire]
sockets: dict[Wire, Echo] = {}


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """Open sockets of Echo with changed attributes; all are closed at the end."""
    wires: list[Wire] = []

    def open_one(client: tuple[str, int] = ("192.0.2.7", 5000), **attributes: Any) -> Wire:
        consumer = Echo()
        for name, value in attributes.items():
            setattr(consumer, name, value)
        wire = Wire(consumer, client=client)
        wires.append(wire)
        sockets[wire] = consumer
        return wire

    yield open_one
    for wire in wires:
        if not wire.task.done():
            await wire.leave()
        assert sockets.pop(wire).left
    assert not GuardedConsumer.open_sockets & set(sockets.values())


def frame(kind: str, body: str = "", ref: int | None = None) -> str:
    return json.dumps([kind, ref, body])


async def greeted(opened: Open, **attributes: Any) -> Wire:
    wire = opened(**attributes)
    wire.say(frame("hello"))
    assert await wire.heard(1) == ["welcome"]
    return wire


async def answers(wire: Wire, *texts: str) -> list[Any]:
    """What is answered to frames that are each answered once."""
    before = len(wire.texts)
    for text in texts:
        wire.say(text)
    return [json.loads(text) for text in (await wire.heard(before + len(texts)))[before:]]


async def test_frames_are_answered_in_order(opened: Open) -> None:
    wire = await greeted(opened)
    for word in ("one", "two", "three"):
        wire.say(frame("say", word))
    assert await wire.heard(4) == ["welcome", "one clean", "two clean", "three clean"]


async def test_each_frame_runs_in_a_fresh_context_as_the_actor(opened: Open) -> None:
    wire = await greeted(opened)
    wire.say(frame("say", "one"))
    wire.say(frame("say", "two"))
    await wire.heard(3)
    first, second = sockets[wire].contexts
    assert first.actor == second.actor == Actor(ActorKind.VISITOR, id="v1")
    assert first.address == "192.0.2.7"
    assert first.request_id
    assert first.request_id != second.request_id
    assert current().actor.kind is ActorKind.ANONYMOUS


async def test_hello_comes_first_and_once(opened: Open) -> None:
    wire = opened()
    assert await answers(wire, frame("say", "x", 3)) == [{"error": "bad_frame", "ref": 3, "retry": None}]
    wire.say(frame("hello"))
    await wire.heard(2)
    assert await answers(wire, frame("hello", ref=4)) == [{"error": "bad_frame", "ref": 4, "retry": None}]
    wire.say(frame("say", "y"))
    assert (await wire.heard(4))[-1] == "y clean"


async def test_the_eleventh_bad_frame_in_a_row_closes(opened: Open) -> None:
    wire = await greeted(opened)
    for _ in range(2):
        assert {answer["error"] for answer in await answers(wire, *["bad"] * 10)} == {"bad_frame"}
        before = len(wire.texts)
        wire.say(frame("say", "good"))
        await wire.heard(before + 1)
    assert wire.closed_with is None
    assert len(await answers(wire, *["bad"] * 11)) == 11
    assert await wire.ended() == 4400


async def test_a_text_too_long_is_not_a_bad_frame(opened: Open) -> None:
    wire = await greeted(opened)
    found = await answers(wire, *[frame("say", "x" * 51, n) for n in range(12)])
    assert [(answer["error"], answer["ref"]) for answer in found] == [("too_long", n) for n in range(12)]
    assert wire.closed_with is None


@pytest.mark.parametrize(
    ("send", "code"),
    [
        (lambda wire: wire.say_bytes(b"{}"), 4400),
        (lambda wire: wire.say("x" * 65_537), 1009),
        (lambda wire: wire.say("é" * 32_769), 1009),
        (lambda wire: [wire.say(frame("say", "x")) for _ in range(100)], 4429),
    ],
)
async def test_what_no_proper_client_does_closes_at_once(opened: Open, send: Callable[[Wire], Any], code: int) -> None:
    wire = await greeted(opened)
    send(wire)
    assert await wire.ended() == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound, "not_found"),
        (Denied, "forbidden"),
        (lambda: Conflict("closed"), "closed"),
        (lambda: Conflict("a_secret_code"), "conflict"),
        (lambda: Invalid("too_long"), "too_long"),
        (lambda: Invalid("4242 4242 4242 4242"), "bad_frame"),
        (lambda: DomainError("odd"), "unavailable"),
        (lambda: ValueError("4242 4242 4242 4242"), "unavailable"),
        (lambda: FrameRefused("rate_limited", retry_after=3), "rate_limited"),
    ],
)
async def test_whatever_a_handler_raises_is_answered_and_the_socket_stays(
    opened: Open, caplog: pytest.LogCaptureFixture, error: Callable[[], Exception], code: str
) -> None:
    wire = await greeted(opened, failures={"this": error})
    with caplog.at_level(logging.INFO):
        (answer,) = await answers(wire, frame("fail", "this", 17))
    assert answer == {"error": code, "ref": 17, "retry": getattr(error(), "retry_after", None)}
    assert "4242" not in caplog.text
    if isinstance(error(), ValueError):
        assert "Frame fail failed: ValueError in Echo.on_fail" in caplog.text
    wire.say(frame("say", "still here"))
    assert (await wire.heard(3))[-1] == "still here clean"


@pytest.mark.parametrize(
    ("error", "closes"), [(lambda: ValueError("the database is away"), True), (Denied, False), (NotFound, False)]
)
async def test_who_could_not_be_greeted_is_told_to_come_again(
    opened: Open, error: Callable[[], Exception], closes: bool
) -> None:
    """`hello` is said once: a socket that failed to answer it would be silent for good."""
    wire = opened(failures={"this": error})
    wire.say(frame("hello", "this"))
    if closes:
        assert await wire.ended() == CloseCode.RESTARTING
    assert "error" in (await wire.heard(1))[0]


async def test_a_parser_that_fails_loses_one_frame_and_logs_no_word_of_it(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    wire = await greeted(opened)
    assert await answers(wire, "explode") == [{"error": "unavailable", "ref": None, "retry": None}]
    assert "ZeroDivisionError" in caplog.text
    assert "4242" not in caplog.text


async def test_after_a_revocation_nothing_is_handled_or_sent(opened: Open) -> None:
    wire = await greeted(opened)
    wire.say(frame("say", "wait"))
    await sockets[wire].at_work.wait()
    wire.say(frame("say", "after"))
    sockets[wire].revoke(CloseCode.SIGNED_OUT)
    sockets[wire].revoke(CloseCode.FORBIDDEN)
    sockets[wire].may_finish.set()
    assert await wire.ended() == 4401
    assert wire.texts == ["welcome"]
    assert len(sockets[wire].contexts) == 1
    assert sockets[wire].revoked is CloseCode.SIGNED_OUT


async def test_a_revocation_ends_a_socket_that_only_listens(opened: Open) -> None:
    wire = await greeted(opened)
    sockets[wire].revoke(CloseCode.FORBIDDEN)
    assert await wire.ended() == 4403


async def test_a_slow_reader_is_closed_with_4408(opened: Open) -> None:
    wire = await greeted(opened, limits=SocketLimits(queue_frames=5))
    wire.reading.clear()
    for _ in range(8):
        sockets[wire].send_frame(b"news")
        await asyncio.sleep(0)
    wire.reading.set()
    assert await wire.ended() == 4408
    assert wire.texts == ["welcome"]


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (CloseCode.NO_SUCH_SITE, 4404),
        (CloseCode.SIGNED_OUT, 4401),
        (NotFound(), 4403),
        (Denied(), 4403),
        (OSError("no database"), 1012),
    ],
)
async def test_a_refusal_is_told_by_its_code_after_accepting(
    opened: Open, refused: CloseCode | Exception, code: int
) -> None:
    wire = opened(refuse_with=refused)
    wire.say(frame("hello"))
    assert await wire.ended() == code
    assert wire.sent[0]["type"] == "websocket.accept"
    assert wire.texts == []


async def test_no_hello_or_silence_closes_with_1001(opened: Open) -> None:
    wire = opened(limits=SocketLimits(hello_within=0.01))
    assert await wire.ended() == 1001
    wire = await greeted(opened, limits=SocketLimits(silence=0.02))
    assert await wire.ended() == 1001


async def test_bad_frames_do_not_put_off_the_hello(opened: Open) -> None:
    wire = opened(limits=SocketLimits(hello_within=0.05, silence=60.0))
    await answers(wire, "bad", "bad")
    assert await wire.ended() == 1001


async def test_an_address_has_a_limited_number_of_anonymous_sockets(opened: Open) -> None:
    limits = SocketLimits(anonymous_per_address=2)
    first = await greeted(opened, limits=limits, anonymous=True)
    await greeted(opened, limits=limits, anonymous=True)
    assert await opened(limits=limits, anonymous=True).ended() == 4429
    await first.leave()
    await greeted(opened, limits=limits, anonymous=True)


async def test_an_address_may_not_open_and_drop_sockets_for_ever(opened: Open) -> None:
    limits = SocketLimits(anonymous_per_address=2)
    of = {"limits": limits, "anonymous": True}
    for _ in range(20):
        await (await greeted(opened, **of, client=("198.51.100.9", 1))).leave()
    assert await opened(**of, client=("198.51.100.9", 1)).ended() == 4429
    await greeted(opened, **of, client=("198.51.100.10", 1))
    await greeted(opened, limits=limits, client=("198.51.100.9", 1))


async def test_queued_frames_leave_the_others_their_turn(opened: Open) -> None:
    wire = await greeted(opened)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while "last clean" not in wire.texts:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.ensure_future(other())
    for _ in range(50):
        wire.say(frame("say", "one"))
    wire.say(frame("say", "last"))
    async with asyncio.timeout(30):
        await beside
    assert turns >= 50


async def test_who_keeps_the_process_busy_is_closed(opened: Open) -> None:
    wire = await greeted(opened, limits=SocketLimits(work=0.1))
    for _ in range(90):
        wire.say("toil")
    assert await wire.ended() == 4429
    assert 5 <= len(wire.texts) - 1 <= 10
    proper = await greeted(opened, limits=SocketLimits(work=0.1))
    for _ in range(90):
        proper.say(frame("say", "one"))
    await proper.heard(91)
    assert proper.closed_with is None


async def test_coming_again_does_not_begin_the_work_of_an_address_anew(opened: Open) -> None:
    limits = SocketLimits(work=0.1, work_per_address=0.15)
    of = {"limits": limits, "anonymous": True}
    busy = [await greeted(opened, **of, client=("198.51.100.1", 1)) for _ in range(2)]
    for wire in busy:
        for _ in range(20):
            wire.say("toil")
        assert await wire.ended() == 4429
    again = opened(**of, client=("198.51.100.1", 1))
    again.say(frame("hello"))
    assert await again.ended() == 4429
    assert again.texts == []
    await greeted(opened, **of, client=("198.51.100.2", 1))


async def test_limits_that_opening_sets_are_in_force(opened: Open) -> None:
    wire = await greeted(opened, limits_once_open=SocketLimits(frames=3))
    for _ in range(3):
        wire.say(frame("say", "one"))
    assert await wire.ended() == 4429


async def test_a_restart_sends_what_is_queued_and_tells_everybody(opened: Open) -> None:
    wires = [await greeted(opened) for _ in range(3)]
    for wire in wires:
        sockets[wire].send_frame(b"last")
    close_all(CloseCode.RESTARTING)
    assert [await wire.ended() for wire in wires] == [1012] * 3
    assert all(wire.texts[-1] == "last" for wire in wires)


def test_a_frame_without_a_handler_fails_the_build() -> None:
    with pytest.raises(TypeError, match="more"):

        class Forgetful(Echo):
            frames: ClassVar[dict[str, type]] = {**Echo.frames, "more": Said}
