"""Operators who see more, stay longer or leave more behind than a stay allows."""

from __future__ import annotations

from typing import Final

from .leak import Leak

_ENTERING: Final = "tenants/services/platform/entering.py"
_LOCKED: Final = "tests/tenants/test_entry_of_locked.py"
_STAYS: Final = ("tests/tenants/test_entering.py",)
_LIMITS: Final = ("tests/tenants/test_limits.py",)
_LASTING: Final = ("tests/tenants/test_lasting.py",)

_ACCESS: Final = "tenants/access.py"
_OWNERS_IN: Final = "tests/tenants/sign_in/test_owners_in.py"

PLATFORM: Final = (
    Leak(
        "an operator lets everybody in by password, not owners alone",
        _ACCESS,
        "return not (is_owner and (is_open or has_second_factor(membership.user)))",
        "return not (is_open or (is_owner and has_second_factor(membership.user)))",
        (_OWNERS_IN,),
    ),
    Leak(
        "owners come by password for good",
        _ACCESS,
        "is_open = opened is not None and timezone.now() < opened",
        "is_open = opened is not None",
        (_OWNERS_IN,),
    ),
    Leak(
        "who changes his address comes by password again",
        "tenants/provider_only.py",
        "return any(speaks_for(tenant_id, user.email)",
        "return any(False",
        ("tests/tenants/sign_in/test_only.py",),
    ),
    Leak(
        "owners come by password after the provider was mended",
        "tenants/services/sign_in/provider.py",
        "provider_only=given.is_only, owners_by_password_until=None",
        "provider_only=given.is_only",
        (_OWNERS_IN,),
    ),
    Leak(
        "owners are let in unseen",
        "tenants/services/platform/owners_in.py",
        "    if not addresses:",
        "    if False:",
        (_OWNERS_IN,),
    ),
    Leak(
        "an operator has all of the role that he enters as",
        "tenants/access.py",
        "permissions=grant.permissions & ENTRY_MAY, further=frozenset(), entry",
        "entry",
        (*_STAYS, *_LASTING),
    ),
    Leak(
        "a stay gives what gives rights",
        "tenants/roles.py",
        "        Permission.AUDIT_READ,\n        Permission.AUDIT_VERIFY,\n    }\n)",
        "        Permission.AUDIT_READ,\n        Permission.AUDIT_VERIFY,\n        Permission.CONFIGURATION_MEMBERS,\n    }\n)",
        (*_STAYS, *_LASTING),
    ),
    Leak(
        "an operator enters as an owner",
        _ENTERING,
        "if role not in ENTRY_ROLES:",
        "if role not in ROLE_NAMES:",
        _STAYS,
    ),
    Leak(
        "anybody enters",
        _ENTERING,
        "    if not _operator_now(operator.pk).is_working_operator:\n        raise Denied\n    if role",
        "    if role",
        _STAYS,
    ),
    Leak(
        "an operator enters where he has to ask",
        _ENTERING,
        'if not Policy.objects.values_list("entry_needs_consent", flat=True).get():',
        "if True:",
        _STAYS,
    ),
    Leak(
        "an administrator lets operators in",
        _ENTERING,
        "    require(grant, Permission.CONFIGURATION_ACCOUNT)\n    asked_by = ",
        "    asked_by = ",
        (*_STAYS, *_LASTING),
    ),
    Leak(
        "an operator enters unseen",
        _ENTERING,
        '    _tell_owners("entry_opened", entry)\n',
        "",
        _STAYS,
    ),
    Leak(
        "an old question still opens",
        _ENTERING,
        " or found.asked_at <= now - ANSWERED_WITHIN:",
        ":",
        _STAYS,
    ),
    Leak(
        "an operator who was sent out stays connected",
        _ENTERING,
        "        revoke(RevocationKind.MEMBERSHIP, membership.public_id)\n",
        "",
        (*_STAYS, "tests/isolation/test_revocation_ways.py"),
    ),
    Leak(
        "who works for the platform no more goes on",
        "tenants/models/people.py",
        "& unexpired(now) & is_own",
        "& unexpired(now)",
        _STAYS,
    ),
    Leak(
        "a stay that is over keeps its socket",
        "chat/live/consumers/agent_rights.py",
        "        if self.grant.until is not None:\n            self.spawn(self._ask_at(self.grant.until))\n",
        "",
        ("tests/chat/live/test_stays.py",),
    ),
    Leak(
        "an owner makes a member of an operator",
        "tenants/services/rights/changing.py",
        '    if membership.entry_id is not None:\n        raise Conflict("operator_entry")',
        '    if False:\n        raise Conflict("operator_entry")',
        _LASTING,
    ),
    Leak(
        "an operator takes the secret of identities with him",
        "tenants/services/identity.py",
        "    require_member(grant)",
        "    pass",
        _LASTING,
    ),
    Leak(
        "an operator's stay changes how long is kept",
        "chat/retention/changing.py",
        "    require_member(grant)\n    lock_rules()\n    days",
        "    lock_rules()\n    days",
        _LASTING,
    ),
    Leak(
        "suspending leaves a stay for later",
        "tenants/services/platform/operators.py",
        "        end_open_entries(by=EntryEnd.SUSPENSION, now=now)\n",
        "",
        _STAYS,
    ),
    Leak(
        "an operator's acts are not marked in pages",
        "tenants/middleware.py",
        "role=grant.role, entry=entry)",
        "role=grant.role)",
        _STAYS,
    ),
    Leak(
        "an operator's acts are not marked in the console",
        "chat/live/admission.py",
        "entry=None if grant.entry is None else str(grant.entry),",
        "entry=None,",
        ("tests/chat/live/test_stays.py",),
    ),
    Leak(
        "of two who are added at once both get the last place",
        "tenants/services/limits.py",
        "    Tenant.objects.select_for_update(no_key=True).get()\n",
        "",
        _LIMITS,
    ),
    Leak(
        "who accepts needs no place",
        "tenants/services/people/invitations.py",
        "        require_room(Limit.MEMBERS)\n",
        "",
        _LIMITS,
    ),
    Leak(
        "who is let in again needs no place",
        "tenants/services/people/members.py",
        "    require_room(Limit.MEMBERS)\n",
        "",
        _LIMITS,
    ),
    Leak(
        "conversations begin above the plan for ever",
        "chat/services/beginning.py",
        "    if not may_begin(now=now):",
        "    if False:",
        ("tests/chat/test_usage.py",),
    ),
    Leak(
        "anybody makes plans",
        "tenants/services/platform/plans.py",
        "    require_operator(operator)\n    try:",
        "    try:",
        ("tests/tenants/admin/test_plans.py",),
    ),
    Leak(
        "a locked account stays signed in",
        "security/accounts/people.py",
        '    user.save(update_fields=["is_active"])\n    return end_sessions(user)',
        '    user.save(update_fields=["is_active"])\n    return 1',
        ("tests/isolation/test_revocation_ways.py",),
    ),
    Leak(
        "a locked operator's stay waits for him",
        "tenants/services/platform/accounts.py",
        "            end_entries_of(operator=found, now=now)\n",
        "            pass\n",
        ("tests/tenants/admin/test_accounts.py", _LOCKED),
    ),
    Leak(
        "who is in locks out who would send him out",
        "tenants/services/platform/accounts.py",
        "    _require_no_guard(found, operator)\n",
        "",
        (_LOCKED,),
    ),
    Leak(
        "what is refused to who is in does not say that he is",
        "tenants/middleware.py",
        '    with acting(actor=_actor(getattr(request, "grant", None))):',
        "    with acting():",
        ("tests/tenants/admin/test_entries.py",),
    ),
    Leak(
        "an administrator lifts a lock as often as somebody guesses",
        "tenants/services/people/lockouts.py",
        "if not lockout.take_lift(membership.user.email, now=now):",
        "if False:",
        ("tests/tenants/admin/test_security.py",),
    ),
    Leak(
        "a browser stays known after the password was changed",
        "security/accounts/known_devices.py",
        "person is not None and secrets.compare_digest(stamp, _stamp(person))",
        "person is not None",
        ("tests/security/accounts/test_known_devices.py",),
    ),
    Leak(
        "whoever sprays keeps everybody waiting",
        "security/accounts/attempts.py",
        'here = strange.filter(address__startswith=neighbours) if neighbours else strange.filter(address="")',
        "here = strange",
        ("tests/security/accounts/test_attempts.py",),
    ),
    Leak(
        "an owner lets a locked operator in",
        _ENTERING,
        '    if not _operator_now(asked_by).is_working_operator:\n        raise Conflict("entry_not_asked")\n',
        "",
        (_LOCKED,),
    ),
)
