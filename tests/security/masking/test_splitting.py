"""Numbers that are spread over several messages: held, masked or released."""

from __future__ import annotations

import logging

import pytest

from security.masking import MaskingPolicy, mask
from security.masking.engine import WITHHELD
from security.masking.splitting.check import is_suspect, judge_or_withhold
from security.masking.splitting.verdicts import Said
from security.masking.tables import tables

from .talking import HELD, Line, finally_, say

DOT = "•"
KEPT = "0366"


def hides(lines: list[str], *kept: str) -> bool:
    """Whether no digit is shown but those of `kept`."""
    return "".join(char for line in lines for char in line if char.isdigit()) == "".join(kept)


@pytest.mark.parametrize(
    "lines",
    [
        ("4242 4242", "4242 4242"),
        ("4242", "4242", "4242", "4242"),
        ("4242424242", "424242"),
        ("4", "242424242424242"),
        ("424242424242424", "2"),
        ("4242 4242 42", "42 4242"),
        ("my card number is 4242 4242", "and then 4242", "last four are 4242"),
        ("it starts with 4242 4242", "the rest is 4242 4242"),
        ("mi tarjeta es 4242 4242", "y luego 4242 4242"),
        ("Kreditkarte 4242 4242", "und dann 4242", "die letzten vier sind 4242"),
        ("ma carte: 4242 4242", "puis 4242 4242"),
        ("4242-4242-", "4242-4242"),
        ("٤٢٤٢ ٤٢٤٢", "4242 ４２４２"),
        ("four two four two", "four two four two four two four two", "four two four two"),
        ("4242 4242", "ok", "4242 4242"),
        ("4242 4242", ("agent", "yes, go on please"), "sorry one sec", "4242 4242"),
        ("the last four are 4242", "first twelve are 4242 4242 4242"),
        ("4242", "4242", "4242", "4243", "sorry, 4242"),
        ("4242", "4242", "4242", "4243", "4242"),
        ("4242 4242 4242", "4242 exp 12/27 cvv 123"),
        ("3782 822", "463 10005"),
        ("4242 4242", "sorry: 4242 4242 4242 4242"),
        ("4242 4242 4242", "can you see that?", "4242"),
        ("4.2.4.2", "4.2.4.2", "4.2.4.2", "4.2.4.2"),
        ("4,2,4,2", "4,2,4,2", "4,2,4,2", "4,2,4,2"),
        ("4. 2. 4. 2.", "4. 2. 4. 2. 4. 2. 4. 2.", "4. 2. 4. 2."),
        ("part one 4242 4242", "part two 4242 4242"),
        ("parte uno 4242 4242", "parte dos 4242 4242"),
        ("teil eins: 4242 4242", "teil zwei: 4242 4242"),
        ("partie un 4242 4242", "partie deux 4242 4242"),
        ("one: 4242 4242", "two: 4242 4242"),
    ],
)
def test_a_card_in_pieces_is_hidden_in_all_of_them(lines: tuple[Line, ...]) -> None:
    shown = finally_(*lines)
    digits = "".join(char for line in shown for char in line if char.isdigit())
    assert digits in {"4242", "0005"}, shown


@pytest.mark.parametrize(
    "lines",
    [
        (("agent", "what is your social?"), "123", "45", "6789"),
        (("agent", "what is your social?"), "12345", "6789"),
        ("my ssn is 123", "45", "6789"),
        ("123", "45", "6789"),
        ("123-4", "5-6789"),
        ("123-45-", "6789"),
    ],
)
def test_a_social_security_number_in_pieces_is_hidden_in_all_of_them(lines: tuple[Line, ...]) -> None:
    assert hides(finally_(*lines))


@pytest.mark.parametrize(("kind", "pieces"), [("ssn", ("21909", "9999")), ("card", ("4532 0151", "1283 0366"))])
def test_what_names_a_secret_to_the_engine_names_it_to_the_split_check(kind: str, pieces: tuple[str, ...]) -> None:
    for word in tables().lexicon[kind]:
        shown = finally_(("agent", f"what is your {word}?"), *pieces)[1:]
        assert sum(char.isdigit() for line in shown for char in line) <= len(KEPT), word


@pytest.mark.parametrize(
    "lines",
    [
        ("2", "10", "room 412", "2024"),
        (("agent", "What is your order number?"), "48213", "77210"),
        ("my order number is", "48213", "77210"),
        ("my phone is 415", "555", "0123"),
        (("agent", "How many?"), "4", ("agent", "Which year?"), "2019", ("agent", "And your zip?"), "94110"),
        ("4155550134 4155550135 4155550136",),
        ("which of my cards, 4242 or 5100?",),
        ("my loyalty card 6299 1234 5678 is not adding points",),
        ("4 8 15 16 23 42",),
        ("social distancing 2020 2021",),
        ("my nhs no is 6522909716",),
        ("رقم الطلب ٤٠٠٠١٢٣٤٥٦",),
        ("license key", "8812-4410", "2290-7741"),
        (("agent", "Can you send the coordinates?"), "40.7127753", "-74.0059728"),
        ("4012;4013;4014",),
        ("1,234,567.00",),
        ("2024-01-15 10:30:00",),
        ("+1 415 555 0123",),
        ("I have 2 kids", "and 3 dogs", "4 cats"),
        ("I paid 4532", "and then 1200 more"),
        ("ich habe 4532 bezahlt", "und dann 1200"),
        ("1.5", "3,50"),
        ("10.5.2026",),
        ("192.168.1.1", "1.1.1.1"),
        ("1.2.3", "version 1.2.3.4"),
        ("2, 3, 4, 5, 6, 7, 8, 9",),
        ("6. 5. 4. 3. 2. 1. 0.",),
    ],
)
def test_ordinary_numbers_are_never_held_nor_changed(lines: tuple[Line, ...]) -> None:
    told = say(*lines)
    said = [line if isinstance(line, str) else line[1] for line in lines]
    assert all(live == said[: number + 1] for number, live in enumerate(told.live))


def test_the_first_six_digits_are_delivered_and_the_seventh_is_held() -> None:
    assert say("424242", "4").live == [["424242"], ["424242", HELD]]
    assert say("4242424").live == [[HELD]]


@pytest.mark.parametrize("card", ["4111111111111111", "6011111111111117", "4012888888881881", "378282246310005"])
def test_a_card_digit_by_digit_is_hidden_to_its_end(card: str) -> None:
    told = say(*card)
    assert all(sum(map(str.isdigit, "".join(live))) <= 6 for live in told.live)
    assert finally_(*card) == [DOT] * len(card)
    assert finally_("my card number is", *card, "12/27")[1:] == [*DOT * len(card), "••/••"]


@pytest.mark.parametrize(
    "lines",
    [
        ("• 4242 4242", "• 4242 4242"),
        ("4242 4242 •••• ••••", "•••• •••• 4242 4242"),
        ("4242 4242 **** ****", "**** **** 4242 4242"),
        ("4242 4242", "+4242 4242"),
        ("4242", "+4242", "+4242", "+4242"),
        ("first = 42424242", "second = 42424242"),
        ("*4242 4242*", "*4242 4242*"),
        ("**4242 4242**", "**4242 4242**"),
        ("€42424242", "€42424242"),
        ("4242 4242 €", "4242 4242"),
        ("n°42424242", "42424242"),
        ("A4242", "B4242", "C4242", "D4242"),
        ("42424242x", "x42424242"),
        ("4242x4242", "x4242x4242"),
        ("4242 4242" + "\n" * 240 + "x", "4242 4242" + "\n" * 240 + "x"),
        ("42424242" + " " * 250 + ".", "42424242" + " " * 250 + "."),
        (("agent", "card number please?"), "first eight = 42424242", "last eight = 42424242"),
        (
            ("agent", "card number please?"),
            "so the first half, which i read from the front of it right now because the lamp is broken, 4242 4242",
            "and the other half, which i can barely read since somebody scratched that plastic yesterday evening, 4242 4242",
        ),
    ],
)
def test_signs_and_padding_do_not_hide_the_pieces_of_a_card(lines: tuple[Line, ...]) -> None:
    digits = "".join(char for line in finally_(*lines) for char in line if char.isdigit())
    assert digits in {"", "4242"}


@pytest.mark.parametrize("mark", ["{}- ", "{} - ", "#{} ", "c{}: ", "{}) "])
def test_marks_that_number_the_messages_do_not_hide_the_pieces(mark: str) -> None:
    marks = [mark.format(number) for number in (1, 2, 3, 4)]
    shown = finally_(*(f"{one}4242" for one in marks))
    assert shown == [*(f"{one}••••" for one in marks[:3]), f"{marks[3]}4242"]


@pytest.mark.parametrize(
    "lines", [("+123", "+45", "+6789"), ("• 123-45", "• 6789"), ("first three = 123", "then = 45", "last = 6789")]
)
def test_signs_do_not_hide_the_pieces_of_a_social_security_number(lines: tuple[str, ...]) -> None:
    assert hides(finally_(("agent", "what is your ssn?"), *lines)[1:])


@pytest.mark.parametrize(
    "lines",
    [
        ("€4242424", "€4242425"),
        ("call me at +49 30 1234567",),
        ("my card was charged $4242424.00",),
        ("see https://shop.example/o/42424242 about my card",),
        ("•••• •••• •••• 4242", "•••• •••• •••• 5100"),
        ("AB4242424", "AB4242425"),
    ],
)
def test_what_a_sign_explains_is_joined_but_never_held(lines: tuple[str, ...]) -> None:
    told = say(*lines)
    assert all(live == list(lines[: number + 1]) for number, live in enumerate(told.live))


def test_digits_that_number_the_messages_are_not_part_of_the_number() -> None:
    assert finally_("(1/2) 42424242", "(2/2) 42424242")[1] == "(2/2) ••••4242"
    assert finally_("1st half 42424242", "2nd half 42424242")[1] == "2nd half ••••4242"


@pytest.mark.parametrize("line", ["4.2.4.2.4.2.4", "4,2,4,2,4,2,4", "4. 2. 4. 2. 4. 2. 4.", "4 2 4 2 4 2 4"])
def test_digits_that_stand_singly_are_held_from_the_seventh_on(line: str) -> None:
    assert say(line).live == [[HELD]]
    assert say(line[:-4], line[-4:]).live[1][1] == HELD


def test_the_end_of_a_number_before_a_whole_one_is_hidden_with_it() -> None:
    assert say("4242 4242", "42424242 5555 5555 5555 4444").shown == ["•••• ••••", "•••••••• •••• •••• •••• 4444"]


@pytest.mark.parametrize("line", ["I paid 4242 4242", "I paid with 4242 4242"])
def test_what_was_paid_with_is_no_amount(line: str) -> None:
    assert say(line).live == [[HELD]]


def test_the_end_of_a_number_is_held_before_its_beginning_is_known() -> None:
    assert say("the last 8 are 70473004").live == [[HELD]]


def test_four_digits_are_delivered_where_a_social_security_number_is_spoken_of() -> None:
    asked = ("agent", "what is your social?")
    assert say(asked, "1234", "5").live[1:] == [[asked[1], "1234"], [asked[1], "1234", HELD]]


def test_digits_that_no_brand_begins_with_are_not_held() -> None:
    assert say("99994242", "12345678").shown == ["99994242", "12345678"]


def test_what_more_digits_disprove_is_released() -> None:
    told = say("4242 4242", "999999999999")
    assert told.live == [[HELD], ["4242 4242", "999999999999"]]


@pytest.mark.parametrize(
    "line", ["ok", "sorry one sec", "hang on let me get my glasses", "wait", "my card is somewhere here"]
)
def test_who_is_still_looking_has_not_changed_the_subject(line: str) -> None:
    assert say("4242 4242", line).shown == [HELD, line]


def test_an_ordinary_message_changes_the_subject_and_an_agents_does_not() -> None:
    line = "actually where has my parcel gone"
    assert say("4242 4242", line).shown == ["4242 4242", line]
    assert say("4242 4242", ("agent", line)).shown == [HELD, line]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("123", "•••"),
        ("1234", "••••"),
        ("12/27", "••/••"),
        ("cvv is 123", "cvv is •••"),
        ("12/27 123", "••/•• •••"),
        ("exp 04/2027", "exp ••/••••"),
    ],
)
def test_what_stands_on_a_card_beside_its_number_is_masked_after_it(line: str, shown: str) -> None:
    assert say("4242 4242 4242 4242", line).shown[1] == shown
    assert "cvv" in line or say(line).shown == [line]


def test_a_code_that_the_agent_asks_for_is_masked() -> None:
    assert say(("agent", "and the CVV?"), "123").shown[1] == "•••"


def test_other_numbers_after_a_card_are_left_alone() -> None:
    lines = ("room 412", "94110", "2 nights please")
    assert say("4242 4242 4242 4242", *lines).shown[1:] == list(lines)


def test_a_second_card_in_pieces_is_hidden_as_well() -> None:
    shown = finally_("4242 4242 4242 4242", "5555", "55555555", "4444")
    assert hides(shown[1:]) or hides(shown[1:], "4444")


def test_what_another_process_holds_may_be_anything_so_what_joins_it_is_masked() -> None:
    unknown = Said(mask("•••• (checking…)"), 0.0, by_visitor=True, kinds=frozenset({"held"}))
    verdict = judge_or_withhold([unknown], mask("4242"), policy=MaskingPolicy(), at=1.0)
    assert (verdict.text, verdict.changes) == ("••••", ())
    talk = judge_or_withhold([unknown], mask("where is my parcel gone"), policy=MaskingPolicy(), at=1.0)
    assert (talk.text, talk.changes) == ("where is my parcel gone", ())


def test_an_error_withholds_the_message_and_says_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        verdict = judge_or_withhold(None, mask("4242 4242"), policy=MaskingPolicy(), at=1.0)
    assert verdict.text == WITHHELD
    assert verdict.text.masked == [{"kind": "withheld", "count": 1}]
    assert "4242" not in caplog.text


@pytest.mark.parametrize("text", ["Hello, where is my parcel?", "Thank you very much!", "Grüße aus Köln"])
def test_a_message_without_digits_is_not_looked_at_any_closer(text: str) -> None:
    assert not is_suspect(text, MaskingPolicy())


@pytest.mark.parametrize("text", ["42", "four two four two", "٤٢", "①", "123456789"])
def test_a_message_with_digits_in_whatever_form_is(text: str) -> None:
    assert is_suspect(text, MaskingPolicy())
