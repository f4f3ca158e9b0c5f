from uuid import UUID

import pytest

from security.errors import Denied
from security.permissions import Grant, Permission, has, require
from tenants.roles import ROLE_PERMISSIONS, permissions_of

SALES, SUPPORT = 1, 2


def grant(*permissions: Permission, departments: tuple[int, ...] = (SALES,)) -> Grant:
    nobody = UUID(int=0)
    return Grant(1, nobody, 1, 1, nobody, "Alice", "agent", frozenset(permissions), frozenset(departments), 5)


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
