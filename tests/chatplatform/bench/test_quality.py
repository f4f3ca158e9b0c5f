"""The corpus is sound, and the figures count what they say."""

from collections import Counter

import pytest

from chatplatform.bench import judge, quality
from chatplatform.bench.cases import Case, Said
from chatplatform.bench.corpus import every_case
from chatplatform.bench.report import as_data, as_lines

CASES = tuple(every_case())


def visible(case: Case) -> str:
    return "\n".join(said.text for said in case.messages if said.author == "visitor") if case.is_split else case.text


def test_each_secret_of_the_corpus_can_be_read_as_it_was_typed() -> None:
    """A case that does not leak by itself would count as found whatever the engine does."""
    for case in CASES:
        text = visible(case)
        assert all(judge.leaks_card(card, text) for card in case.cards), case.id
        assert all(judge.leaks_ssn(ssn, text) for ssn in case.ssns), case.id
        assert all(judge.leaks_text(secret, text) for secret in case.gone), case.id
        assert all(keep in text for keep in case.keeps), case.id


def test_no_case_stands_there_twice() -> None:
    assert not {name for name, times in Counter(case.id for case in CASES).items() if times > 1}


def test_the_corpus_is_broad() -> None:
    counts = Counter(quality.bucket(case) for case in CASES)
    assert len(CASES) >= 1500
    assert counts["clean"] >= 400


def case(group: str, text: str, **expected: tuple[str, ...]) -> Case:
    return Case(id=text, group=group, language="en", messages=(Said(text),), **expected)


@pytest.mark.parametrize(
    ("one", "bucket", "good"),
    [
        (case("cards.x", "4242 4242 4242 4242", cards=("4242424242424242",)), "card", 1),
        (case("cards.x", "4242 4242 4242 4241", cards=("4242424242424241",)), "card", 0),
        (case("clean.x", "order 1001"), "clean", 1),
        (case("clean.x", "4242 4242 4242 4242"), "clean", 0),
        (case("ssn.x", "ssn 219-09-9941", ssns=("219099941",)), "ssn", 1),
    ],
)
def test_a_case_counts_for_its_figure(one: Case, bucket: str, good: int) -> None:
    outcome = quality.run([one])
    assert outcome.ours.total[bucket] == 1
    assert outcome.ours.good[bucket] == good


def test_text_that_had_to_stay_is_missed() -> None:
    outcome = quality.run(
        [case("cards.x", "hello 4242 4242 4242 4242", cards=("4242424242424242",), keeps=("4242 4242",))]
    )
    assert [failure.case.group for failure in outcome.lost] == ["cards.x"]
    assert "must-keep texts lost: 1" in outcome.shortfalls


def test_a_shortfall_is_named() -> None:
    outcome = quality.run([case("cards.x", "4242 4242 4242 4241", cards=("4242424242424241",))])
    assert outcome.shortfalls == ["card: 0.00% < 99.0%"]
    assert as_data(outcome, failures=True)["failures"][0]["class"] == "cards.x"
    assert any("4242 4242 4242 4241" in line for line in as_lines(outcome, failures=True))


def test_what_is_held_is_counted_of_clean_messages_under_the_default_rules() -> None:
    alone = Said("45001239")
    plain = Case(id="a", group="clean.x", language="en", messages=(alone,))
    with_pack = Case(id="b", group="clean.x", language="en", messages=(alone,), packs=("email",))
    assert quality.run([plain]).held == [plain]
    assert quality.run([with_pack]).held == []
