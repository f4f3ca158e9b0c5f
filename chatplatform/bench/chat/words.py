"""What is said in the benchmark, and how a receiver knows which message it has before it. The same for all contenders.

A message is told by a marker in its text and by its `client_id`: both survive masking, and are found in a frame without parsing it.
"""

from __future__ import annotations

from typing import Final

EVERY: Final = 16
"""Of so many messages one holds an order number and one a card; the others are plain."""
CARD_AT: Final = 5
CARD: Final = b"4242 4242 4242 4242"
_ORDER_AT: Final = 11
_PLAIN: Final = (
    "Hello, I would like to know when my parcel will be here. It was to arrive at the beginning of the week, and I am at home on weekdays.",
    "Thanks for the quick answer! Could you also tell me whether the blue kettle is still there, and how long its delivery would take?",
    "I tried it again as you said, and the page still shows the old address. Is there anything else that I could do about that meanwhile?",
)
_WITH_ORDER: Final = "The order is 48213 of 12 May, it cost 39.90. The driver said that he would come again tomorrow between 9 and 11, and nobody came at all."
_WITH_CARD: Final = f"I do not mind paying again, please take it from {CARD.decode()} and send me the receipt to the address that you have from last time."
_LETTERS: Final = "bcdfhjkmnpqrtvwx"  # hexadecimal without digits, and without letters that are read as such
_TO_LETTERS: Final = str.maketrans("0123456789abcdef", _LETTERS)
_TO_DIGITS: Final = bytes.maketrans(_LETTERS.encode(), b"0123456789abcdef")
_MARK: Final = b"~"
_CLIENT_ID: Final = b'"client_id":'


def text(conversation: int, number: int) -> str:
    """The `number`th message of a conversation."""
    turn = number % EVERY
    said = _WITH_CARD if turn == CARD_AT else _WITH_ORDER if turn == _ORDER_AT else _PLAIN[turn % len(_PLAIN)]
    marker = f"{conversation:03x}{number:06x}".translate(_TO_LETTERS)
    return f"{said} ~{marker}~"


def client_id(run: int, conversation: int, number: int) -> str:
    """A UUID in which both stand; `run` tells one load client from another."""
    return f"{run:08x}-{conversation:04x}-4000-8000-{number:012x}"


def delivered(frame: bytes) -> tuple[int, int] | None:
    """Conversation and number by the marker in the text."""
    begin = frame.find(_MARK)
    if begin < 0:
        return None
    digits = frame[begin + 1 : begin + 10].translate(_TO_DIGITS)
    return int(digits[:3], 16), int(digits[3:], 16)


def acknowledged(frame: bytes) -> tuple[int, int] | None:
    """Conversation and number by the `client_id`."""
    begin = frame.find(_CLIENT_ID)
    if begin < 0:
        return None
    begin = frame.index(b'"', begin + len(_CLIENT_ID)) + 1  # some write a blank before it
    return int(frame[begin + 9 : begin + 13], 16), int(frame[begin + 24 : begin + 36], 16)
