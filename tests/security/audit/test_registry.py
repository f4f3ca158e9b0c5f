import re

from security.audit.registry import ERASURES, Action
from security.audit.subjects import erased_by
from security.audit.walk import columns_of
from tests.sources import PROJECT, modules


def test_each_action_has_a_namespaced_name_that_fits_its_column_and_a_sentence() -> None:
    for action in Action:
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", action.value)
        assert action.name == action.value.replace(".", "_").upper()
        assert len(action.value) <= 64
        assert action.meaning.endswith(".")
    assert len({action.meaning for action in Action}) == len(Action) >= 60


def test_no_action_comes_before_its_feature() -> None:
    code = "\n".join((PROJECT / name).read_text() for name in modules() if name != "security/audit/registry.py")
    assert {action.name for action in Action} == set(re.findall(r"\bAction\.([A-Z_]+)", code))


def test_an_action_is_its_name_wherever_text_is_wanted() -> None:
    assert f"{Action.CONVERSATION_READ}" == Action["CONVERSATION_READ"] == "conversation.read"


def test_each_erasure_names_whose_values_may_be_gone() -> None:
    assert {erased_by(action, "u") for action in ERASURES} == {"visitor:u", "person:u"}
    assert erased_by("visitor.erased", None) is None
    assert erased_by("conversation.read", "u") is None


def test_an_entry_without_an_object_has_no_object_in_its_columns() -> None:
    said = {"action": "audit.verified", "outcome": "ok", "actor": {"kind": "job"}}
    assert columns_of(said) == {
        "action": "audit.verified",
        "outcome": "ok",
        "actor_kind": "job",
        "actor_id": None,
        "object_id": None,
    }
