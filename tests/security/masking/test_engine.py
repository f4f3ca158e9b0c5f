"""What holds for every text: idempotent, bounded, honest about offsets, closed on failure."""

import re
import sys
from itertools import islice
from random import Random
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.masking import (
    MAX_LENGTH,
    WITHHELD,
    Finding,
    MaskedText,
    MaskingPolicy,
    Pattern,
    TooLong,
    mask,
    mask_line,
    mask_or_withhold,
)
from security.masking.effort import Matching

PREFIXES = {"4": 16, "51": 16, "2221": 16, "34": 15, "37": 15, "6011": 16, "36": 14, "3528": 16, "62": 17, "2200": 16}
STEPS = 40  # for each character; a window more that is looked at shows here
DIGIT_ZEROS = ("0", "\uff10", "\u0660", "\u06f0", "\u0966", "\U0001d7ce")


def luhn_digit(body: str) -> str:
    """The digit that makes `body` a valid number, computed unlike the engine does."""
    total = 0
    for position, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value // 10 + value % 10
    return str(-total % 10)


@st.composite
def cards(draw: st.DrawFn) -> str:
    prefix, length = draw(st.sampled_from(sorted(PREFIXES.items())))
    body = prefix + "".join(draw(st.lists(st.sampled_from("0123456789"), min_size=length - 1 - len(prefix),
                                          max_size=length - 1 - len(prefix))))  # fmt: skip
    return body + luhn_digit(body)


@st.composite
def written_cards(draw: st.DrawFn) -> tuple[str, str]:
    """A card and a way to write it: digits of some script, separators between groups of four, invisible characters."""
    card = draw(cards())
    zero = draw(st.sampled_from(DIGIT_ZEROS))
    gap = draw(
        st.sampled_from(["", " ", "-", ".", "\u00a0", "\u2009", "\u2013", " - ", "\n", "_", "/", "\u200b", "\u00ad"])
    )
    groups = [card[i : i + 4] for i in range(0, len(card), 4)]
    return card, gap.join("".join(chr(ord(zero) + int(digit)) for digit in group) for group in groups)


chat = st.text(alphabet=st.sampled_from("abc xyz.,!?\n0123456789 -•[]+:/é€\u200b４"), max_size=120)
secretive = st.lists(st.one_of(chat, cards(), written_cards().map(lambda w: w[1]), st.just("123-45-6789")), max_size=5)
POLICIES = (
    MaskingPolicy(),
    MaskingPolicy(keep_last_four=False),
    MaskingPolicy(
        patterns=(
            Pattern("employee", "format", "EMP-######"),
            Pattern("pin", "regex", r"\b\d{4}\b"),
            Pattern("project", "phrase", ("abc", "employee", "x y z")),
            Pattern("any", "regex", r"[^ ]z+"),
        )
    ),
)


@pytest.mark.parametrize("policy", POLICIES)
@given(parts=secretive)
def test_masking_twice_is_masking_once(policy: MaskingPolicy, parts: list[str]) -> None:
    once = mask(" ".join(parts), policy)
    assert mask(str(once), policy) == once


@given(
    written_cards(),
    st.sampled_from(["", "see ", "my card: ", "(", "€ "]),
    st.sampled_from(["", " ok", ", thanks", ")"]),
)
def test_no_digit_of_a_card_but_the_last_four_survives(written: tuple[str, str], before: str, after: str) -> None:
    card, text = written
    masked = mask(before + text + after)
    shown = "".join(re.findall("[0-9]", masked))
    assert shown == card[-4:]
    assert masked.startswith(before)
    assert masked.endswith(after)
    assert [finding.kind for finding in masked.findings] == ["card"]


@given(cards(), st.sampled_from(["", "see "]))
def test_nothing_survives_where_the_tenant_keeps_nothing(card: str, before: str) -> None:
    assert not re.search("[0-9]", mask(before + card, MaskingPolicy(keep_last_four=False)))


@given(secretive)
def test_findings_say_where_and_the_rest_is_untouched(parts: list[str]) -> None:
    text = " ".join(parts)
    masked = mask(text)
    rest, done = [], 0
    for finding in masked.findings:
        assert done <= finding.start < finding.end <= len(text)
        rest.append(re.escape(text[done : finding.start]))
        done = finding.end
    rest.append(re.escape(text[done:]))
    assert re.fullmatch(".+".join(rest), masked, re.DOTALL), masked  # a filler word may stand between two groups


@given(st.text(alphabet=st.characters(exclude_categories=("Nd", "No", "Cs")), max_size=300))
def test_text_without_digits_arrives_untouched(text: str) -> None:
    assert mask(text) == text.replace("\0", "")
    assert mask(text).findings == ()


def test_offsets_count_the_input_before_anything_was_removed() -> None:
    masked = mask("\x00\x00a\ud800 4242\x00424242424242 and 123-45-6789")
    assert [(f.kind, f.start, f.end) for f in masked.findings] == [("card", 5, 22), ("ssn", 27, 38)]


def test_nul_and_lone_surrogates_do_not_reach_the_database() -> None:
    masked = mask("a\0b\ud83d")
    assert masked == "ab\ufffd"
    masked.encode()


def test_overlapping_numbers_leave_nothing_of_either() -> None:
    # 4111 1111 1111 1111 is a card, and the twelve digits after it make another one with its last group.
    tail = "1111" + "44444444444"
    for start in "456":
        tail = "1111" + start + "4" * 10
        text = "4111 1111 1111 1111 " + " ".join(re.findall(".{4}", (tail + luhn_digit(tail))[4:]))
        masked = mask(text)
        assert mask(str(masked)) == masked


def test_numbers_that_each_need_the_digits_kept_of_the_last_come_to_an_end() -> None:
    parts, tail = [], "4111"
    for _ in range(100):
        body = tail + "1" * 8 + "411"
        card = body + luhn_digit(body)
        parts.append(card[4:])
        tail = card[-4:]
    masked = mask("card 4111" + " ".join(parts))
    assert masked != WITHHELD
    assert mask(str(masked)) == masked


def test_too_long_is_refused_and_the_limit_itself_is_not() -> None:
    assert len(mask("a" * MAX_LENGTH)) == MAX_LENGTH
    with pytest.raises(TooLong):
        mask("a" * (MAX_LENGTH + 1))
    with pytest.raises(TooLong):
        mask_or_withhold("a" * (MAX_LENGTH + 1))


def test_masking_never_makes_a_text_too_long() -> None:
    policy = MaskingPolicy(patterns=(Pattern("a long label for a letter", "regex", "q"),))
    for text in ("4242424242424242 " * 470, "q " * 4_000):
        masked = mask(text, policy)
        assert len(masked) <= MAX_LENGTH
        assert mask(str(masked), policy) == masked
        assert "q" not in masked


def test_a_line_of_a_log_may_be_longer() -> None:
    assert mask_line("x" * 20_000 + " 4242424242424242").endswith("•••• •••• •••• 4242")


class BrokenPattern(Pattern):
    """A real pattern whose matching fails, as a broken library would."""

    def spans(self, text: str, matching: Matching) -> Any:  # noqa: ARG002
        raise RuntimeError(f"cannot match {text}")


def test_an_error_withholds_the_message_and_says_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    policy = MaskingPolicy(patterns=(BrokenPattern("broken", "regex", "secret"),))
    masked = mask_or_withhold("my secret 4242", policy)
    assert type(masked) is MaskedText
    assert masked == WITHHELD == "[message withheld: masking error]"
    assert masked.findings == (Finding("withheld", 0, 14, "engine", ("RuntimeError",)),)
    assert "4242" not in caplog.text
    assert "secret" not in caplog.text
    assert "withheld" in caplog.text


def lines_run(text: str, policy: MaskingPolicy) -> int:
    """How many lines of the engine run for a text: a measure that does not depend on the machine."""
    count = 0

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal count
        if "masking" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    outer = sys.gettrace()
    sys.settrace(trace)
    try:
        mask_or_withhold(text, policy)
    finally:
        sys.settrace(outer)
    return count


def filled(unit: str) -> str:
    return (unit * (MAX_LENGTH // len(unit) + 1))[:MAX_LENGTH]


def drawn(seed: int, least: int, most: int, gap: str, zero: str = "0", before: str = "") -> str:
    """Runs of random digits; the same for the same arguments."""
    chance = Random(seed)  # noqa: S311 - texts that a test can repeat, no secrets
    run = (chr(ord(zero) + chance.randrange(10)) for _ in range(MAX_LENGTH))
    runs = (before + "".join(islice(run, chance.randint(least, most))) + gap for _ in range(MAX_LENGTH))
    return "".join(runs)[:MAX_LENGTH]


HOSTILE = [
    *map(filled, (
        "4", "0", "4 ", "0 ", "42 ", "6 2 ", "3 0 ", "4,", "4, ", "4242 ", "4242-", "4\u200b", "4\u200b\u200b ",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 ", "\u0664 ", "\uff14\uff12-", "4      ", "card 4 ", "ssn 123-45-6789 ",
        "123 45 6789 ", "123-45-6789 ", "123456789 ssn ", "4111111111111111 ", "4111111111111111", "[pin]", "[pin] 4242 ",
        "•", "•4", "0.4", "card4111", "a1", "a4242424242424242f", "-", "\u200b", "378282246310005 1234 ",
        "card 4242424242424242 ", "card " + "4" * 39 + "0 ",
    )),
    drawn(1, 1, 1, " "), drawn(2, 1, 4, "-"), drawn(3, 40, 40, " ", before="card "), drawn(4, 8_000, 8_000, ""),
    drawn(5, 1, 1, " ", zero="\u0660"), drawn(6, 1, 1, "\u200b\u2009", zero="\U0001d7ce"), drawn(7, 14, 19, " "),
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(text[:24]) for text in HOSTILE])
def test_hostile_texts_cost_a_bounded_number_of_steps(text: str) -> None:
    policy = MaskingPolicy(patterns=(Pattern("pin", "regex", r"\d{3}x"), Pattern("phrase", "phrase", ("a b", "4 x"))))
    assert lines_run(text, policy) < STEPS * MAX_LENGTH


def test_a_text_that_can_be_read_in_too_many_ways_is_withheld_as_a_whole() -> None:
    layers = "4<b>&amp;amp;#52;" + "4O2l" * 1_500 + " ssn 219099945" * 100
    masked = mask(layers[:MAX_LENGTH])
    assert masked == WITHHELD
    assert [finding.kind for finding in masked.findings] == ["withheld"]
    assert mask(str(masked)) == masked
    assert lines_run(layers[:MAX_LENGTH], MaskingPolicy()) < STEPS * MAX_LENGTH


def test_a_long_list_of_cards_or_of_orders_is_read_to_its_end() -> None:
    cards = "4242 4242 4242 4242\n" * 390
    assert "4242 4242" not in mask(cards)
    orders = "\n".join(f"2026-04-{day % 28 + 1:02};{day + 40_000_000};{day * 7}.50;shipped" for day in range(220))
    assert mask(orders) == orders


def test_clean_text_is_recognised_in_a_few_steps() -> None:
    assert lines_run("Order 48213 of May cost 39, see you at the shop in the four seasons", MaskingPolicy()) < 24
    assert lines_run("Order 48213 of 12 May cost 39.90, call 555-2671 at 10:30", MaskingPolicy()) < 300
