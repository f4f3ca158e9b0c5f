from uuid import UUID

import pytest

from security.errors import Denied
from security.permissions import (
    ON_DEPARTMENTS,
    Grant,
    Permission,
    covers,
    has,
    has_somewhere,
    reach_of,
    require,
    require_somewhere,
)
from tenants.roles import ROLE_PERMISSIONS, permissions_of

SALES, SUPPORT = 1, 2


def grant(
    *permissions: Permission,
    departments: tuple[int, ...] = (SALES,),
    further: tuple[tuple[int, Permission], ...] = (),
) -> Grant:
    nobody = UUID(int=0)
    held, answers = frozenset(permissions), frozenset(departments)
    return Grant(1, nobody, 1, 1, nobody, "Alice", "agent", held, answers, 5, frozenset(further))


def test_there_are_at_least_forty_rights_in_four_tiers() -> None:
    assert len(Permission) >= 40
    assert {permission.tier for permission in Permission} == {"chat", "configuration", "reports", "audit"}


def test_a_right_that_is_not_held_is_denied() -> None:
    with pytest.raises(Denied):
        require(grant(Permission.CHAT_REPLY), Permission.CHAT_CLOSE)


def test_a_right_that_does_not_exist_is_an_error_and_not_a_yes() -> None:
    with pytest.raises(ValueError, match="fly"):
        has(grant(*Permission), "chat.fly")


def test_a_right_reaches_ones_own_departments() -> None:
    alice = grant(Permission.CHAT_REPLY)
    assert has(alice, Permission.CHAT_REPLY, SALES)
    assert not has(alice, Permission.CHAT_REPLY, SUPPORT)


def test_who_sees_all_conversations_reaches_every_department() -> None:
    assert has(grant(Permission.CHAT_REPLY, Permission.CHAT_SEE_ALL), Permission.CHAT_REPLY, SUPPORT)


def test_seeing_all_conversations_does_not_open_all_reports() -> None:
    rita = grant(Permission.REPORTS_DEPARTMENT, Permission.CHAT_SEE_ALL)
    assert not has(rita, Permission.REPORTS_DEPARTMENT, SUPPORT)


def test_a_right_on_a_department_holds_there_and_nowhere_else() -> None:
    alice = grant(departments=(), further=((SALES, Permission.CHAT_WATCH),))
    assert has(alice, Permission.CHAT_WATCH, SALES)
    assert not has(alice, Permission.CHAT_WATCH, SUPPORT)
    assert not has(alice, Permission.CHAT_WATCH)
    assert not has(alice, Permission.CHAT_REPLY, SALES)
    assert has_somewhere(alice, Permission.CHAT_WATCH)
    assert not has_somewhere(alice, Permission.CHAT_REPLY)
    with pytest.raises(Denied):
        require_somewhere(alice, Permission.CHAT_REPLY)


def test_seeing_all_of_one_department_carries_no_other_right_into_it() -> None:
    alice = grant(Permission.CHAT_REPLY, departments=(SUPPORT,), further=((SALES, Permission.CHAT_SEE_ALL),))
    assert not has(alice, Permission.CHAT_REPLY, SALES)


@pytest.mark.parametrize("permission", [Permission.CHAT_WATCH, Permission.CHAT_SEE_ALL, Permission.REPORTS_DEPARTMENT])
def test_reach_is_what_is_had_department_by_department(permission: Permission) -> None:
    further = ((SUPPORT, Permission.CHAT_WATCH), (SUPPORT, Permission.REPORTS_DEPARTMENT))
    for rights in ((), (permission,), (permission, Permission.CHAT_SEE_ALL, Permission.REPORTS_ALL)):
        alice = grant(*rights, further=further)
        reach = reach_of(alice, permission)
        assert reach.is_general == has(alice, permission)
        for department in (SALES, SUPPORT, 3):
            is_reached = reach.is_everywhere or department in reach.departments
            assert is_reached == has(alice, permission, department)


def test_nobody_covers_what_he_has_less_of() -> None:
    everywhere = grant(Permission.CHAT_SEE_ALL, Permission.CHAT_REPLY, departments=())
    local, elsewhere = grant(Permission.CHAT_REPLY), grant(Permission.CHAT_REPLY, departments=(SALES, SUPPORT))
    further = grant(departments=(), further=((SALES, Permission.CHAT_REPLY),))
    assert all(covers(everywhere, other) for other in (everywhere, local, elsewhere, further))
    assert covers(elsewhere, local)
    assert covers(local, further)
    assert not covers(local, elsewhere)
    assert not covers(further, local)
    assert not covers(local, grant(departments=(), further=((SUPPORT, Permission.CHAT_REPLY),)))
    assert not covers(local, everywhere)
    assert covers(further, further)


def test_what_is_the_whole_organisations_is_given_on_no_department() -> None:
    assert {permission.tier for permission in ON_DEPARTMENTS} == {"chat", "reports"}
    assert Permission.CHAT_BLOCK_VISITOR not in ON_DEPARTMENTS


@pytest.mark.parametrize("role", sorted(ROLE_PERMISSIONS))
def test_a_builtin_role_gives_what_the_table_says_whatever_its_row_says(role: str) -> None:
    assert permissions_of(role, is_builtin=True, stored=["chat.reply"]) == ROLE_PERMISSIONS[role]


def test_a_role_of_the_tenants_own_gives_only_rights_that_exist() -> None:
    assert permissions_of("night", is_builtin=False, stored=["chat.reply", "chat.fly"]) == {Permission.CHAT_REPLY}


def test_the_owner_holds_everything_and_nobody_else_does() -> None:
    assert [role for role, rights in ROLE_PERMISSIONS.items() if rights == frozenset(Permission)] == ["owner"]


def test_analyst_and_auditor_see_no_conversation() -> None:
    for role in ("analyst", "auditor"):
        assert not any(permission.tier == "chat" for permission in ROLE_PERMISSIONS[role])
