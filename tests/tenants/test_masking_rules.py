"""What a tenant decides about masking: drafted, activated, taken back, by whom it may be done, and what the trail says of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from security.audit.details import Opener
from security.crypto import keyring
from security.errors import Conflict, Denied, NotFound
from security.models import AuditEvent, Revocation, SubjectKey
from security.scoping import tenant_scope
from tenants.models import MaskingDraft, MaskingVersion, Tenant
from tenants.policies import current_masking, masking_policy, put_rules
from tenants.rules import Rule, RuleKind, RulesBroken, RuleSet
from tenants.services.masking import drafting, reading
from tenants.services.masking.drafting import RuleRefused, Settings

from .people import Organisation

EMP = Rule(public_id=UUID(int=1), name="Staff number", kind=RuleKind.FORMAT, value=("EMP-######",), label="staff")
NAMES = Rule(public_id=UUID(int=2), name="Projects", kind=RuleKind.PHRASE, value=("blue heron",))
PLAIN = Settings(
    packs=frozenset(),
    allowed=(),
    keep_last_four=True,
    masks_agents=True,
    visitor_may_undo=False,
    typing_preview=False,
)


def add(of: Organisation, *rules: Rule, who: str = "ada") -> None:
    grant = of.grant(who)
    with tenant_scope(of.tenant_id):
        for rule in rules:
            drafting.add_rule(grant=grant, rule=rule)


def activate(of: Organisation, who: str = "ada") -> MaskingVersion:
    grant = of.grant(who)
    with tenant_scope(of.tenant_id):
        return drafting.activate(grant=grant, revision=revision(), now=timezone.now())


def revision() -> int:
    return MaskingDraft.objects.get().revision


def masked(of: Organisation, text: str) -> str:
    with tenant_scope(of.tenant_id):
        return str(current_masking().masked(text))


def test_a_draft_masks_nothing_until_it_is_activated(acme: Organisation, rival: Organisation) -> None:
    add(acme, EMP)
    assert masked(acme, "EMP-123456") == "EMP-123456"
    assert activate(acme).number == 2
    assert masked(acme, "EMP-123456") == "[staff]"
    assert masked(rival, "EMP-123456") == "EMP-123456"
    assert acme.actions()[-2:] == ["masking.rule_added", "masking.version_activated"]


def test_open_sockets_are_told_of_a_new_version(acme: Organisation) -> None:
    add(acme, EMP)
    activate(acme)
    with tenant_scope(acme.tenant_id):
        public_id = Tenant.objects.get().public_id
    assert list(Revocation.objects.filter(kind="masking").values_list("subject", flat=True)) == [str(public_id)]


def test_rules_are_changed_moved_and_removed(acme: Organisation) -> None:
    add(acme, EMP, NAMES)
    grant = acme.grant("ada")
    with tenant_scope(acme.tenant_id):
        drafting.move_rule(grant=grant, rule=NAMES.public_id, by=-1)
        drafting.move_rule(grant=grant, rule=NAMES.public_id, by=-5)  # at the top already
        drafting.change_rule(grant=grant, rule=replace(EMP, label="id"))
        drafting.change_rule(grant=grant, rule=replace(EMP, label="id"))  # the same again
    activate(acme)
    assert masked(acme, "EMP-123456 blue heron") == "[id] [Projects]"
    with tenant_scope(acme.tenant_id):
        drafting.remove_rule(grant=grant, rule=EMP.public_id)
        with pytest.raises(NotFound):
            drafting.remove_rule(grant=grant, rule=EMP.public_id)
        with pytest.raises(NotFound):
            drafting.change_rule(grant=grant, rule=EMP)
        with pytest.raises(NotFound):
            drafting.move_rule(grant=grant, rule=EMP.public_id, by=1)
    activate(acme)
    assert masked(acme, "EMP-123456 blue heron") == "EMP-123456 [Projects]"
    assert acme.actions()[-6:] == [
        "masking.rule_added",
        "masking.rules_reordered",
        "masking.rule_changed",
        "masking.version_activated",
        "masking.rule_removed",
        "masking.version_activated",
    ]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (replace(EMP, kind=RuleKind.REGEX, value=(r"(a)\1",)), "back-references"),
        (replace(EMP, kind=RuleKind.REGEX, value=("a*",)), "empty text"),
        (replace(EMP, name=""), "name must have"),
        (replace(EMP, name="x" * 41), "name must have"),
        (replace(EMP, label="[x]"), "brackets"),
        (replace(NAMES, name="STAFF number"), "name already"),
    ],
)
def test_what_the_engine_does_not_take_is_refused_with_a_sentence(acme: Organisation, rule: Rule, said: str) -> None:
    if rule.public_id == NAMES.public_id:
        add(acme, EMP)
    with pytest.raises(RuleRefused) as refused:
        add(acme, rule)
    assert said in refused.value.reason


def test_there_are_as_many_rules_as_the_engine_takes(acme: Organisation) -> None:
    grant = acme.grant("ada")
    with tenant_scope(acme.tenant_id):
        for number in range(50):
            drafting.add_rule(grant=grant, rule=replace(NAMES, public_id=uuid.uuid4(), name=f"Rule {number}"))
        with pytest.raises(RuleRefused, match="rule_refused") as refused:
            drafting.add_rule(grant=grant, rule=EMP)
        assert "50" in refused.value.reason
        drafting.add_rule(grant=grant, rule=replace(EMP, is_active=False))  # it is the active ones that count


def slow(number: int, places: int = 300) -> Rule:
    return Rule(
        public_id=UUID(int=100 + number),
        name=f"Slow {number}",
        kind=RuleKind.REGEX,
        value=(f"[ab]*a[ab]{{{places}}}c",),
    )


def test_expressions_that_are_slow_together_are_refused_with_a_sentence(acme: Organisation) -> None:
    add(acme, slow(1), slow(2))
    with pytest.raises(RuleRefused) as refused:
        add(acme, slow(3))
    assert "too slow together" in refused.value.reason
    add(acme, replace(slow(3), is_active=False), EMP)
    grant = acme.grant("ada")
    with tenant_scope(acme.tenant_id), pytest.raises(RuleRefused):
        drafting.change_rule(grant=grant, rule=slow(3))


def test_rules_that_were_active_before_they_were_bounded_withhold_until_they_are_fewer(acme: Organisation) -> None:
    grant = acme.grant("ada")
    with tenant_scope(acme.tenant_id):
        old = MaskingVersion(number=2)
        put_rules(old, RuleSet(rules=tuple(slow(number) for number in range(4))))
        old.save(force_insert=True)
        assert current_masking().is_broken
        assert "too slow together" in reading.read_rulebook(grant=grant).unusable
    assert masked(acme, "Hello") == "[message withheld: masking error]"
    with tenant_scope(acme.tenant_id):
        drafting.remove_rule(grant=grant, rule=slow(3).public_id)  # still too slow, but less so
        with pytest.raises(RuleRefused) as refused:
            drafting.activate(grant=grant, revision=revision(), now=timezone.now())
        assert "too slow together" in refused.value.reason
        drafting.change_rule(grant=grant, rule=replace(slow(2), is_active=False))
    activate(acme)
    assert masked(acme, "Hello") == "Hello"
    with tenant_scope(acme.tenant_id):
        assert reading.read_rulebook(grant=grant).unusable == ""


def test_settings_are_drafted_and_activated_like_rules(acme: Organisation) -> None:
    grant = acme.grant("ada")
    with tenant_scope(acme.tenant_id):
        drafting.change_settings(grant=grant, settings=replace(PLAIN, keep_last_four=False, typing_preview=True))
        drafting.change_settings(grant=grant, settings=replace(PLAIN, keep_last_four=False, typing_preview=True))
        assert not current_masking().typing_preview
        with pytest.raises(RuleRefused):
            drafting.change_settings(grant=grant, settings=replace(PLAIN, packs=frozenset({"nonsense"})))
        with pytest.raises(RuleRefused):
            drafting.change_settings(grant=grant, settings=replace(PLAIN, allowed=("...",)))
    activate(acme)
    assert masked(acme, "4242424242424242") == "•••• •••• •••• ••••"
    with tenant_scope(acme.tenant_id):
        assert current_masking().typing_preview
    assert acme.actions().count("masking.settings_changed") == 1


def test_only_what_was_looked_at_is_activated(acme: Organisation) -> None:
    add(acme, EMP)
    grant = acme.grant("ada")
    with tenant_scope(acme.tenant_id):
        seen = revision()
    add(acme, NAMES, who="olga")
    with tenant_scope(acme.tenant_id), pytest.raises(Conflict, match="draft_moved"):
        drafting.activate(grant=grant, revision=seen, now=timezone.now())
    activate(acme)
    with pytest.raises(Conflict, match="nothing_to_activate"):
        activate(acme)


def test_an_older_version_is_taken_back_into_the_draft(acme: Organisation) -> None:
    add(acme, EMP)
    first = activate(acme)
    add(acme, NAMES)
    activate(acme)
    grant = acme.grant("ada")
    with tenant_scope(acme.tenant_id):
        drafting.restore(grant=grant, version=first.public_id)
    assert masked(acme, "blue heron") == "[Projects]", "Not before it is activated"
    assert activate(acme).number == 4
    assert masked(acme, "EMP-123456 blue heron") == "[staff] blue heron"
    with tenant_scope(acme.tenant_id):
        drafting.restore(grant=grant, version=None)
        with pytest.raises(NotFound):
            drafting.restore(grant=grant, version=uuid.uuid4())
    activate(acme)
    assert masked(acme, "EMP-123456") == "EMP-123456"
    assert acme.actions().count("masking.version_restored") == 2


@pytest.mark.parametrize("name", ["alice", "rita", "sam", "audrey"])
def test_who_may_not_configure_masking_is_refused(acme: Organisation, name: str) -> None:
    roles = {"rita": "analyst", "sam": "supervisor", "audrey": "auditor"}
    if name in roles:
        acme.join(name, roles[name])
    add(acme, EMP)
    grant = acme.grant(name)
    acts: dict[str, Callable[[], object]] = {
        "add": lambda: drafting.add_rule(grant=grant, rule=NAMES),
        "change": lambda: drafting.change_rule(grant=grant, rule=EMP),
        "remove": lambda: drafting.remove_rule(grant=grant, rule=EMP.public_id),
        "move": lambda: drafting.move_rule(grant=grant, rule=EMP.public_id, by=1),
        "settings": lambda: drafting.change_settings(grant=grant, settings=PLAIN),
        "activate": lambda: drafting.activate(grant=grant, revision=revision(), now=timezone.now()),
        "restore": lambda: drafting.restore(grant=grant, version=None),
    }
    with tenant_scope(acme.tenant_id):
        for act in acts.values():
            with pytest.raises(Denied):
                act()


def test_another_tenants_version_is_none(acme: Organisation, rival: Organisation) -> None:
    add(acme, EMP)
    theirs = activate(acme)
    grant = rival.grant("mallory")
    with tenant_scope(rival.tenant_id), pytest.raises(NotFound):
        drafting.restore(grant=grant, version=theirs.public_id)


def test_patterns_stand_neither_in_the_table_nor_in_the_trail(acme: Organisation) -> None:
    add(acme, replace(NAMES, value=("blue heron",)))
    grant = acme.grant("ada")
    with tenant_scope(acme.tenant_id):
        drafting.change_rule(grant=grant, rule=replace(NAMES, value=("grey owl",)))
        drafting.change_settings(grant=grant, settings=PLAIN)
    activate(acme)
    with tenant_scope(acme.tenant_id):
        opener = Opener()
        told = str([(event.entry, opener.values_of(event)) for event in AuditEvent.objects.prefetch_related("details")])
        stored = [bytes(row.content or b"") for row in (MaskingDraft.objects.get(), MaskingVersion.objects.get())]
    for secret in ("heron", "owl"):
        assert secret not in told
        assert not any(secret.encode() in content for content in stored)
    assert "Projects" in told


def test_rules_that_do_not_open_withhold_every_message(acme: Organisation) -> None:
    add(acme, EMP)
    activate(acme)
    with tenant_scope(acme.tenant_id):
        SubjectKey.objects.filter(kind="masking").delete()
    keyring.forget_everything()
    with tenant_scope(acme.tenant_id):
        newest = MaskingVersion.objects.get()
        broken = MaskingVersion(number=3, content=newest.content)  # sealed for another row
        broken.save()
        assert current_masking().is_broken
        with pytest.raises(RulesBroken):
            masking_policy()
    assert masked(acme, "Hello") == "[message withheld: masking error]"
    grant = acme.grant("ada")
    with tenant_scope(acme.tenant_id):
        with pytest.raises(Conflict, match="rules_broken"):
            drafting.restore(grant=grant, version=newest.public_id)
        drafting.restore(grant=grant, version=None)
    assert activate(acme).number == 4
    assert masked(acme, "Hello") == "Hello"


def test_what_cannot_be_used_is_one_alarm_in_ten_seconds_and_heals_with_its_key(
    acme: Organisation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = iter((100.0, 101.0, 109.9, 110.0, 119.0, 120.0))
    monkeypatch.setattr("tenants.policies.monotonic", lambda: next(now))
    add(acme, EMP)
    activate(acme)
    with tenant_scope(acme.tenant_id):
        key = SubjectKey.objects.get(kind="masking")
        SubjectKey.objects.filter(pk=key.pk).delete()
        keyring.forget_everything()
        said = []
        for _ in range(5):
            assert current_masking().is_broken
            said.append(sum(record.levelname == "CRITICAL" for record in caplog.records))
        assert said == [1, 1, 1, 2, 2]
        key.save(force_insert=True)
        assert not current_masking().is_broken


def test_a_version_is_never_changed(acme: Organisation) -> None:
    add(acme, EMP)
    version = activate(acme)
    for statement in ("UPDATE tenants_maskingversion SET number = 9", "DELETE FROM tenants_maskingversion"):
        with tenant_scope(acme.tenant_id), connection.cursor() as cursor:  # noqa: SIM117
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(statement)
    assert version.number == 2


def test_a_version_is_compiled_once(acme: Organisation) -> None:
    add(acme, EMP)
    activate(acme)
    with tenant_scope(acme.tenant_id):
        assert current_masking() is current_masking()
        assert current_masking().visitors is masking_policy()


def test_before_anything_is_decided_the_built_in_rules_hold(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        assert current_masking().version == 1
        assert RuleSet().masks_agents
    assert masked(acme, "4242424242424242") == "•••• •••• •••• 4242"
