"""Leaks in retention: who changes rules, what a shorter one waits for, and which deletion is not asked for holds."""

from __future__ import annotations

from typing import Final

from .leak import Leak

_CHANGING: Final = "chat/retention/changing.py"
_PROOF: Final = "tests/chat/retention/test_changing.py"
_RIGHTS: Final = "tests/chat/retention/test_visitors_rights.py"
_OWN: Final = "tests/chat/retention/test_own_server.py"
_INVENTORY: Final = "tests/chat/retention/test_deletion_inventory.py"

RETENTION: Final = (
    Leak(
        "whoever is a member closes the account",
        "chat/retention/closing.py",
        "    require(grant, RIGHT)\n    require_member(grant)\n    if not SOONEST",
        "    require_member(grant)\n    if not SOONEST",
        ("tests/chat/retention/test_closing.py",),
    ),
    Leak(
        "an account is closed though something of it is held",
        "chat/retention/closing.py",
        "if _is_held() or _is_worked_on(now) or not",
        "if _is_worked_on(now) or not",
        ("tests/chat/retention/test_closing.py",),
    ),
    Leak(
        "whoever is a member takes everything along",
        "chat/retention/exporting.py",
        "    require(grant, RIGHT)\n    require_member(grant)\n    row = _access(export)\n    if row.state",
        "    require_member(grant)\n    row = _access(export)\n    if row.state",
        ("tests/chat/retention/test_exporting.py",),
    ),
    Leak(
        "whoever is a member changes how long conversations are kept",
        _CHANGING,
        "    require(grant, RIGHT)\n    require_member(grant)\n    lock_rules()\n    days",
        "    require_member(grant)\n    lock_rules()\n    days",
        (_PROOF,),
    ),
    Leak(
        "a shorter retention needs no name",
        _CHANGING,
        "        if not is_confirmed(typed):\n            raise Invalid",
        "        if False:\n            raise Invalid",
        (_PROOF,),
    ),
    Leak(
        "what ends the archive sooner is not taken for shorter",
        "chat/retention/terms.py",
        "return self.primary_months < other.primary_months or self.gone_after < other.gone_after",
        "return self.primary_months < other.primary_months",
        (_PROOF,),
    ),
    Leak(
        "what was taken up is undone",
        _CHANGING,
        "if not waiting().filter(pk=row.pk).update(undone_at=now",
        "if not RetentionChange.objects.filter(pk=row.pk, undone_at=None).update(taken_at=None, undone_at=now",
        (_PROOF,),
    ),
    Leak(
        "the archive is purged without asking for holds",
        "chat/retention/run.py",
        "free = over_in_archive(kept, now=work.now, zone=zone).exclude(held())",
        "free = over_in_archive(kept, now=work.now, zone=zone)",
        (_INVENTORY,),
    ),
    Leak(
        "what a longer rule keeps by now is deleted, as it was chosen before",
        "chat/retention/moving.py",
        "return [row for row in unchanged_of(chunk, claimed) if row.pk in due]",
        "return unchanged_of(chunk, claimed)",
        ("tests/chat/retention/test_moving.py",),
    ),
    Leak(
        "deleting a department shortens how long its conversations are kept",
        "chat/apps.py",
        "        on_deletion(require_as_long)",
        "        _ = require_as_long",
        ("tests/chat/test_departments_deleted.py",),
    ),
    Leak(
        "a visitor is erased without asking for holds",
        "chat/retention/visitors/erasing.py",
        "    if _is_held(visitor, by_holds):\n        raise",
        "    if False:\n        raise",
        (_RIGHTS,),
    ),
    Leak(
        "whoever is a member exports a visitor",
        "chat/retention/visitors/gathering.py",
        "    require(grant, EXPORT)\n",
        "",
        (_RIGHTS,),
    ),
    Leak(
        "an erased visitor's key stays",
        "chat/retention/visitors/erasing.py",
        "    destroy_visitor_key(visitor.public_id)\n",
        "",
        (_RIGHTS,),
    ),
    Leak(
        "what was sent is deleted without being read again",
        "chat/retention/moving.py",
        "        if len(data) != size or sha256(data).digest() != digest:",
        "        if False:",
        (_OWN,),
    ),
    Leak(
        "an own server's secret goes wherever the address says",
        "chat/retention/servers/configured.py",
        "any(str(getattr(given, name)) != getattr(stored, name) for name in _FIELDS)",
        "False",
        (_OWN,),
    ),
    Leak(
        "a name of an organisation's leads into the own network",
        "security/outgoing.py",
        "        if not all(is_public(address) for address in addresses if address not in own):",
        "        if False:",
        ("tests/security/test_outgoing.py",),
    ),
    Leak(
        "whoever is a member names a server for transcripts",
        "chat/retention/servers/configured.py",
        "    require(grant, RIGHT)\n    require_member(grant)\n    return _complete",
        "    return _complete",
        (_OWN,),
    ),
)
