"""A tenant's own patterns: what they find, and which are refused."""

import time

import pytest

from security.masking import MaskingPolicy, Pattern, PatternRefused, UnknownPack, mask
from security.masking.patterns import MAX_CHARACTERS, MAX_PROGRAM
from security.masking.policy import MAX_PATTERNS


def masked_by(text: str, *patterns: Pattern) -> str:
    return mask(text, MaskingPolicy(patterns=patterns))


def test_a_format_matches_as_a_whole_word_in_any_script_of_digits() -> None:
    employee = Pattern("employee", "format", "EMP-######")
    assert masked_by("I am EMP-123456.", employee) == "I am [employee]."
    assert masked_by("I am EMP-１２３４５６.", employee) == "I am [employee]."
    for text in ("EMP-1234567", "XEMP-123456", "EMP-12345", "EMP--123456"):
        assert masked_by(text, employee) == text


def test_a_format_of_digits_alone_needs_its_separators() -> None:
    policy = MaskingPolicy(patterns=(Pattern(name="badge", kind="format", value="##-##"),))
    assert mask("since 2024, 12 34 and 56-78", policy) == "since 2024, [badge] and [badge]"


@pytest.mark.parametrize("text", ["emp-123456", "EMP 123456", "EMP\u2013123456", "EMP\u2011123456", "Emp123456"])
def test_a_format_matches_in_any_case_and_with_any_separator_or_none(text: str) -> None:
    assert masked_by(f"I am {text}.", Pattern("employee", "format", "EMP-######")) == "I am [employee]."
    assert masked_by(f"I am {text}.", Pattern("employee", "format", "emp ######")) == "I am [employee]."


def test_a_format_of_the_greatest_length_is_taken() -> None:
    assert Pattern("long", "format", "-" * (MAX_CHARACTERS - 1) + "#").size <= MAX_PROGRAM


def test_phrases_match_in_any_case_and_the_longest_wins() -> None:
    project = Pattern("project", "phrase", ("Blue Moon", "Blue Moon Rising"))
    assert masked_by("about BLUE MOON rising, blue moons", project) == "about [project], blue moons"


def test_signs_in_a_phrase_are_no_regex() -> None:
    assert masked_by("a.b axb (c)", Pattern("x", "phrase", ("a.b", "(c)"))) == "[x] axb [x]"


def test_a_regex_matches_and_finds_its_label() -> None:
    masked = mask("key-ab12 end", MaskingPolicy(patterns=(Pattern("key", "regex", r"key-\w+", label="secret key"),)))
    assert masked == "[secret key] end"
    assert [(f.kind, f.start, f.end, f.rule) for f in masked.findings] == [("custom", 0, 8, "[secret key]")]


def test_a_longer_match_takes_a_card_with_it_and_a_shorter_leaves_the_card() -> None:
    long = Pattern("all", "regex", r"<.*>")
    short = Pattern("pin", "regex", r"424242")
    assert masked_by("<4242424242424242>", long) == "[all]"
    assert masked_by("4242424242424242", short) == "•••• •••• •••• 4242"


def test_what_a_longer_match_leaves_of_a_shorter_is_still_hidden() -> None:
    masked = masked_by("ab4242424242424242", Pattern("lead", "regex", r"ab4242"))
    assert "ab" not in masked
    assert masked == "[lead]•••• •••• •••• 4242"


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("regex", "(unclosed", "bracket is missing"),
        ("regex", "[a-z", "bracket is missing"),
        ("regex", "a)", "bracket is missing"),
        ("regex", "a{1000}{1000}", "repeated too often"),
        ("regex", "a{1001}", "repeated too often"),
        ("regex", "[z-a]", r"not valid\.$"),
        ("regex", r"(a)\1", "back-references are not supported"),
        ("regex", r"(?=a)", "look-around"),
        ("regex", r"(?<!a)b", "look-around"),
        ("regex", "a*", "empty text"),
        ("regex", ".", "single space"),
        ("regex", r"\s", "single space"),
        ("regex", "^", "empty text"),
        ("regex", "((a{100}){100}){10}", "not valid|complex"),
        ("regex", r"\pL{500}x", "complex"),
        ("regex", "a" * (MAX_CHARACTERS + 1), "longer"),
        ("regex", "\ud800", "broken"),
        ("regex", ("a", "b"), "one text"),
        ("format", "  ", "empty"),
        ("format", "EMP-NNNNNN", "at least one #"),
        ("format", r"EMP\d+", "at least one #"),
        ("format", "-- --", "at least one #"),
        ("format", "EMP-####\nSTAFF-####", "one line"),
        ("phrase", (), "between 1"),
        ("phrase", ("",), "empty"),
        ("glob", "a*", "kind"),
    ],
)
def test_unusable_patterns_are_refused_with_a_reason(kind: str, value: object, reason: str) -> None:
    with pytest.raises(PatternRefused, match=reason) as caught:
        Pattern("x", kind, value)
    assert caught.value.reason.endswith(".")


@pytest.mark.parametrize("label", ["", "a]", "[", "•", "x" * 41, "a\nb", "12345"])
def test_labels_that_could_be_misread_are_refused(label: str) -> None:
    with pytest.raises(PatternRefused):
        Pattern(label, "regex", "abc")


def test_evil_regexes_run_in_linear_time_or_not_at_all() -> None:
    for value in (r"(x+x+)+y", r"(x|x)*y", r"(x*)*y", r"^(([a-z])+.)+[A-Z]([a-z])+$"):
        assert masked_by("x" * 8_000, Pattern("evil", "regex", value)) == "x" * 8_000


@pytest.mark.parametrize(
    ("kind", "value", "keep_last", "text"),
    [
        ("regex", "[a-z]", 4, "a" * 8_000),
        ("regex", "[a-z]", 0, "a " * 4_000),
        ("regex", r"\b", 0, "a " * 4_000),
        ("regex", r"a.*c|a", 0, "a" * 8_000),
        ("phrase", ("a",), 0, "a" * 8_000),
        ("phrase", ("a",), 0, "•a" * 4_000),
        ("phrase", ("a",), 0, "[p1]a" * 1_600),
    ],
)
def test_patterns_that_match_everywhere_hide_the_whole_text_at_once(
    kind: str, value: object, keep_last: int, text: str
) -> None:
    """Fifty of them took seconds, in the process that serves everybody."""
    policy = MaskingPolicy(patterns=tuple(Pattern(f"p{n}", kind, value, "", keep_last) for n in range(50)))
    begun = time.process_time()
    masked = mask(text, policy)
    assert time.process_time() - begun < 0.2
    assert set(masked) <= {"•", " "}
    assert len(masked) == len(text)
    assert [(f.kind, f.start, f.end) for f in masked.findings] == [("custom", 0, len(text))]
    assert mask(masked, policy) == masked


def test_what_is_hidden_as_a_whole_offers_nothing_to_match() -> None:
    policy = MaskingPolicy(patterns=(Pattern("gap", "regex", r"\s\s|\n|-"), Pattern("word", "regex", "[a-z]")))
    masked = mask("a  b\n-c d" + "a" * 600, policy)
    assert masked.startswith("••••••• •")
    assert not mask(masked, policy).findings


def test_many_matches_are_still_replaced_one_by_one() -> None:
    assert masked_by("ab " * 200, Pattern("x", "phrase", "ab")) == "[x] " * 200


def test_a_policy_holds_at_most_fifty_patterns_and_only_known_packs() -> None:
    pattern = Pattern("x", "regex", "abc")
    MaskingPolicy(patterns=(pattern,) * MAX_PATTERNS)
    with pytest.raises(PatternRefused):
        MaskingPolicy(patterns=(pattern,) * (MAX_PATTERNS + 1))
    with pytest.raises(UnknownPack, match="nonsense"):
        MaskingPolicy(packs={"nonsense"})
    assert mask("4242424242424242", MaskingPolicy(packs=set())) == "•••• •••• •••• 4242"
