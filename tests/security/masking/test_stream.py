"""A conversation, message by message."""

import pytest

from security.masking import Fed, MaskingPolicy, Stream, TooLong


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
    stream.feed("What is your social security number?", author="agent")
    assert stream.feed("123456789").text == "•••-••-••••"
    for _ in range(3):
        stream.feed("Thank you", author="agent")
    assert stream.feed("987654320").text == "987654320"
    assert stream.feed("123456789").text == "123456789"


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
