"""Leaks in giving rights: more than one has, to oneself, by a role, by a department, by an old promise."""

from __future__ import annotations

from typing import Final

from .leak import Leak

_GRANTS: Final = "tests/isolation/test_grants.py"
_GIVING: Final = "tests/tenants/test_giving.py"
_OF_ROLES: Final = "tests/tenants/test_roles.py"
_RACES: Final = "tests/tenants/test_races.py"
_WAYS: Final = "tests/isolation/test_revocation_ways.py"
_RIGHTS: Final = "tenants/services/rights/changing.py"
_ROLES: Final = "tenants/services/rights/roles.py"
_ON_DEPARTMENTS: Final = "tenants/services/rights/department_roles.py"
_MEMBERS: Final = "tenants/services/people/members.py"
_INVITATIONS: Final = "tenants/services/people/invitations.py"
_ENROLMENT: Final = "tenants/enrolment.py"
_FACTOR: Final = "tests/tenants/test_factor_by_role.py"
_ENDS: Final = "    end_sockets_of([membership])\n"

RIGHTS: Final = (
    Leak(
        "a role on a department asks for no second factor",
        _ENROLMENT,
        'further.values_list("role__second_factor_since", "given_at"),',
        'further.none().values_list("role__second_factor_since", "given_at"),',
        (_FACTOR,),
    ),
    Leak(
        "a role asks for no second factor",
        _ENROLMENT,
        "_asked_of(membership) if policy.second_factor_by_role else ()",
        "()",
        (_FACTOR,),
    ),
    Leak(
        "sockets do not ask for the second factor",
        "tenants/access.py",
        " or _is_past(enrol_by(membership, policy, came), now):",
        ":",
        (_FACTOR,),
    ),
    Leak(
        "the latest of what is asked holds",
        _ENROLMENT,
        "return min(by_roles if of_all",
        "return max(by_roles if of_all",
        (_FACTOR,),
    ),
    Leak(
        "the days for a second factor begin anew with each role",
        "tenants/models/people.py",
        "if self.role.second_factor_since is None:",
        "if True:",
        (_FACTOR,),
    ),
    Leak(
        "anybody says which roles need no second factor",
        "tenants/services/settings.py",
        "    require(grant, Permission.CONFIGURATION_SECURITY)\n    policy = Policy.objects.select_for_update()",
        "    policy = Policy.objects.select_for_update()",
        (_FACTOR,),
    ),
    Leak(
        "a right that was lost meanwhile is used",
        _RIGHTS,
        "permissions=grant.permissions & now.permissions,",
        "permissions=grant.permissions,",
        (_GIVING,),
    ),
    Leak(
        "who is out by now changes rights",
        _RIGHTS,
        "    if now is None:\n        raise Denied",
        "    if now is None:\n        return grant",
        (_GIVING,),
    ),
    Leak(
        "changes of rights do not wait for one another",
        _RIGHTS,
        "Role.objects.select_for_update(no_key=True).get(slug=OWNER)",
        "Role.objects.get(slug=OWNER)",
        (_RACES,),
    ),
    Leak(
        "a role is given on a department where the giver has nothing",
        _RIGHTS,
        "if not all(has(grant, permission, department.pk) for permission in given):",
        "if False:",
        (_GIVING,),
    ),
    Leak(
        "whoever manages departments puts himself into any",
        "tenants/services/departments.py",
        "        require_to_give(grant, joining.role, department)",
        "        pass",
        (_GIVING,),
    ),
    Leak(
        "whoever manages departments takes out who holds more",
        "tenants/services/departments.py",
        "        require_to_cover(grant, held)",
        "        pass",
        (_GIVING,),
    ),
    Leak(
        "whoever manages members puts himself into any department",
        _MEMBERS,
        "    require_to_cover(held, replace(grant_of(membership), department_ids=answers))\n",
        "",
        (_GIVING,),
    ),
    Leak(
        "a role is made of what its maker does not have",
        _ROLES,
        "    if not wanted <= grant.permissions:\n",
        "    if False:\n",
        (_GIVING, _OF_ROLES),
    ),
    Leak(
        "a role that holds more is changed",
        _ROLES,
        "    if not role_permissions(found) <= grant.permissions:\n",
        "    if False:\n",
        (_GIVING, _OF_ROLES),
    ),
    Leak(
        "a built-in role is changed",
        _ROLES,
        "    if found.is_builtin:\n",
        "    if False:\n",
        (_GIVING, _OF_ROLES),
    ),
    Leak(
        "somebody is raised by a change of his role",
        _ROLES,
        "        _require_to_cover_all(held, holders)\n        withdraw",
        "        withdraw",
        (_GIVING,),
    ),
    Leak(
        "an open invitation gives what its role came to hold",
        _ROLES,
        "        withdraw_invitations_as(found)\n    if wanted",
        "    if wanted",
        (_GIVING,),
    ),
    Leak(
        "a role's end raises who had it",
        _ROLES,
        "        _require_to_cover_all(held, members)\n",
        "",
        (_GIVING, _OF_ROLES),
    ),
    Leak(
        "a role's end moves members without the right to",
        _ROLES,
        "        require(held, Permission.CONFIGURATION_MEMBERS)\n",
        "",
        (_GIVING, _OF_ROLES),
    ),
    Leak(
        "rights come without those that they need",
        _ROLES,
        "    if unmet(wanted):\n",
        "    if False:\n",
        (_GIVING, _OF_ROLES),
    ),
    Leak(
        "a removed member is given roles on departments",
        _ON_DEPARTMENTS,
        "    require_to_belong(membership)\n",
        "",
        (_GIVING,),
    ),
    Leak(
        "a removed member is given another role",
        _MEMBERS,
        "    require_to_belong(membership)\n",
        "",
        (_GIVING,),
    ),
    Leak(
        "who comes back has what he had",
        _INVITATIONS,
        "        membership.department_roles.all().delete()\n        membership.in_departments.all().delete()\n",
        "",
        (_GIVING,),
    ),
    Leak(
        "an invitation gives what its sender has lost",
        _INVITATIONS,
        "return covers(grant, newcomer(grant, invitation.role))",
        "return True",
        (_GIVING, "tests/tenants/test_invitations.py"),
    ),
    Leak(
        "an invitation leads into a department out of its sender's reach",
        _RIGHTS,
        "department_ids=frozenset(first), further",
        "department_ids=frozenset(), further",
        (_GIVING,),
    ),
    Leak(
        "a role on a department gives what is the whole organisation's",
        "tenants/access.py",
        "stored=stored) & ON_DEPARTMENTS",
        "stored=stored)",
        (_GIVING,),
    ),
    Leak(
        "sockets keep what a changed role gave",
        _ROLES,
        "        end_sockets_of(holders)\n",
        "        pass\n",
        (_WAYS,),
    ),
    Leak(
        "sockets keep what a removed role gave",
        _ROLES,
        _ENDS,
        "",
        (_WAYS,),
    ),
    Leak(
        "sockets keep what a role on a department gave",
        _ON_DEPARTMENTS,
        "    row.delete()\n" + _ENDS,
        "    row.delete()\n",
        (_WAYS,),
    ),
    Leak(
        "sockets do not learn of a role on a department",
        _ON_DEPARTMENTS,
        "    if is_new:\n    " + _ENDS,
        "    if is_new:\n",
        (_WAYS,),
    ),
    Leak(
        "an operator names a mailbox that stays",
        "tenants/services/audit/mailbox.py",
        "    require_member(grant)\n    stored = Policy.objects.select_for_update().get()\n    if stored.audit_checkpoint_email ==",
        "    stored = Policy.objects.select_for_update().get()\n    if stored.audit_checkpoint_email ==",
        (_GRANTS,),
    ),
    Leak(
        "an operator leaves a domain behind",
        "tenants/services/sign_in/domains.py",
        "    require_member(grant)  # an operator who is in for a time must not leave a door behind\n",
        "",
        (_GRANTS,),
    ),
    Leak(
        "anybody replaces the organisation's key",
        "tenants/services/keys.py",
        "    require(grant, RIGHT)\n    require_member(grant)\n",
        "    require_member(grant)\n",
        (_GRANTS,),
    ),
    Leak(
        "an operator sets a provider",
        "tenants/services/sign_in/provider.py",
        "    require(grant, RIGHT)\n    require_member(grant)\n",
        "    require(grant, RIGHT)\n",
        ("tests/tenants/sign_in/test_provider.py",),
    ),
)
