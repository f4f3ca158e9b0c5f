"""A conversation, message by message."""

import pytest

from security.masking import Fed, MaskingPolicy, Stream, TooLong

from .talking import HELD, finally_, say


def test_each_message_is_masked_and_kept() -> None:
    stream = Stream(MaskingPolicy())
    assert stream.feed("Hello", at=0.0) == Fed(stream.transcript()[0])
    fed = stream.feed("4242 4242 4242 4242", author="visitor", at=1.0)
    assert fed.text == "•••• •••• •••• 4242"
    assert fed.revisions == ()
    assert stream.settle(at=100.0) == ()
    assert stream.transcript() == ["Hello", "•••• •••• •••• 4242"]


def test_the_agents_question_is_the_context_of_the_answer() -> None:
    stream = Stream()
    stream.feed("What is your social security number?", author="agent", at=0.0)
    assert stream.feed("123456789", at=1.0).text == "•••-••-••••"
    for _ in range(3):
        stream.feed("Thank you", author="agent", at=200.0)
    assert stream.feed("987654320", at=201.0).text == "987654320"
    assert stream.feed("123456789", at=202.0).text == "123456789"


def test_a_question_in_other_words_is_context_as_well() -> None:
    assert say(("agent", "what is your social?"), "it's 123456789").shown == [
        "what is your social?",
        "it's •••-••-••••",
    ]


def test_a_refused_message_leaves_the_stream_as_it_was() -> None:
    stream = Stream()
    stream.feed("Hello")
    with pytest.raises(TooLong):
        stream.feed("a" * 8_001)
    assert stream.transcript() == ["Hello"]


def test_the_transcript_given_out_is_a_copy() -> None:
    stream = Stream()
    stream.feed("Hello")
    stream.transcript().clear()
    assert len(stream.transcript()) == 1


def test_what_is_held_is_released_after_twenty_seconds_as_it_was_typed() -> None:
    stream = Stream()
    assert stream.feed("4242 4242", at=0.0).text == HELD
    assert stream.settle(at=19.9) == ()
    (revision,) = stream.settle(at=20.0)
    assert (revision.index, revision.text, revision.reason) == (0, "4242 4242", "released")
    assert stream.settle(at=21.0) == ()
    assert stream.transcript() == ["4242 4242"]


def test_without_a_time_nothing_more_comes_and_all_is_released() -> None:
    stream = Stream()
    stream.feed("4242 4242", at=0.0)
    assert [revision.reason for revision in stream.settle()] == ["released"]


def test_what_is_held_is_released_however_many_messages_followed() -> None:
    stream = Stream()
    for at, text in enumerate(["4242 4242", *["ok"] * 34, "4242 4242", *["ok"] * 40]):
        stream.feed(text, at=at / 10)
    assert stream.settle(at=19.0) == ()
    assert [revision.index for revision in stream.settle(at=20.0)] == [0]
    assert [revision.index for revision in stream.settle()] == [35]
    assert (stream.transcript()[0], stream.transcript()[35]) == ("4242 4242", "4242 4242")


def test_a_further_fragment_puts_the_release_off() -> None:
    stream = Stream()
    stream.feed("4242 4242", at=0.0)
    stream.feed("42", at=15.0)
    assert stream.settle(at=21.0) == ()
    assert [revision.index for revision in stream.settle(at=35.0)] == [0, 1]


def test_what_was_released_is_masked_when_it_completes_within_two_minutes() -> None:
    stream = Stream()
    stream.feed("4242 4242", at=0.0)
    stream.settle(at=20.0)
    assert stream.feed("4242 4242", at=119.0).text == "•••• 4242"
    assert stream.transcript() == ["•••• ••••", "•••• 4242"]


def test_digits_further_apart_are_not_joined() -> None:
    stream = Stream()
    stream.feed("4242 4242", at=0.0)
    stream.settle(at=20.0)
    stream.feed("4242 4242", at=121.0)
    stream.settle(at=141.0)
    assert stream.transcript() == ["4242 4242", "4242 4242"]


def test_what_was_released_is_held_again_while_its_author_goes_on() -> None:
    stream = Stream()
    stream.feed("4242 4242", at=0.0)
    stream.settle(at=20.0)
    fed = stream.feed("42", at=60.0)
    assert fed.text == HELD
    assert [(revision.index, revision.text, revision.reason) for revision in fed.revisions] == [(0, HELD, "held")]
    assert [revision.text for revision in stream.settle(at=80.0)] == ["4242 4242", "42"]


def test_the_policy_says_whether_the_last_four_are_kept() -> None:
    stream = Stream(MaskingPolicy(keep_last_four=False))
    stream.feed("4242 4242", at=0.0)
    stream.feed("4242 4242", at=1.0)
    assert stream.transcript() == ["•••• ••••", "•••• ••••"]


def test_more_than_eight_fragments_are_masked_at_once() -> None:
    told = say(*"4242424242424242")
    assert told.live[8] == ["•"] * 9
    assert finally_(*"4242424242424242") == ["•"] * 16
