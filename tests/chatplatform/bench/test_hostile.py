"""Messages made to be slow are as long as a message may be, and the search is repeatable work."""

from chatplatform.bench import hostile, hostile_rules
from security.masking import MAX_LENGTH
from security.masking.policy import MAX_STEPS


def test_there_are_many_and_each_is_as_long_as_may_be() -> None:
    texts = dict(hostile.texts())
    assert len(texts) >= 60
    assert {len(text) for text in texts.values()} == {MAX_LENGTH}
    assert len(set(texts.values())) == len(texts)


def test_they_are_the_same_in_every_run() -> None:
    assert list(hostile.texts()) == list(hostile.texts())


def test_a_search_ends_with_something_that_can_be_built_again() -> None:
    found = hostile.search(3)
    assert found.milliseconds > 0
    assert len(hostile.built(found.segments)) == MAX_LENGTH


def test_the_slowest_rules_are_near_what_an_organisation_may_have() -> None:
    found = list(hostile_rules.rules())
    assert len({name for name, _, _ in found}) == len(found) >= 10
    assert {len(text) for _, _, text in found} == {MAX_LENGTH}
    assert max(policy.steps for _, policy, _ in found) > 0.9 * MAX_STEPS
