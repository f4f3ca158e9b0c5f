"""What is said in the benchmark is found again in a frame, and is masked only where it is meant to be."""

from __future__ import annotations

import orjson
import pytest

from chatplatform.bench.chat import words
from security.masking import MaskingPolicy, mask


@pytest.mark.parametrize(("conversation", "number"), [(0, 0), (63, 5), (7, 1_000_011), (255, 16_777_215)])
def test_a_message_is_known_by_its_text_and_by_its_client_id(conversation: int, number: int) -> None:
    text, client_id = words.text(conversation, number), words.client_id(3, conversation, number)
    told = {"type": "ack", "client_id": client_id, "text": str(mask(text, MaskingPolicy()))}
    for frame in (orjson.dumps(told), orjson.dumps(told, option=orjson.OPT_INDENT_2)):
        assert words.delivered(frame) == (conversation, number)
        assert words.acknowledged(frame) == (conversation, number)


def test_a_frame_without_a_message_is_none() -> None:
    assert words.delivered(b'{"type":"pong"}') is None
    assert words.acknowledged(b'{"type":"pong"}') is None


def test_one_of_sixteen_holds_a_card_and_nothing_else_is_masked() -> None:
    masked = [
        number for number in range(words.EVERY * 2) if mask(said := words.text(9, number), MaskingPolicy()) != said
    ]
    assert masked == [words.CARD_AT, words.CARD_AT + words.EVERY]
    assert words.CARD.decode() in words.text(9, words.CARD_AT)
