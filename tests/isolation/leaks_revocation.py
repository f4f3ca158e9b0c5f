"""Rights that are taken away and stay open: a way to lose a right whose row is missing, or a socket that does not ask."""

from __future__ import annotations

from typing import Final

from .leak import Leak

_LIVE: Final = "tests/chat/live/test_revocation.py"
_WAYS: Final = "tests/isolation/test_revocation_ways.py"
_MEMBERS: Final = "tenants/services/people/members.py"
_ENDS: Final = "    revoke(RevocationKind.MEMBERSHIP, membership.public_id)\n"
_ENDS_PERSON: Final = "    revoke(RevocationKind.USER, user.public_id)"

REVOCATION: Final = (
    Leak(
        "signing out leaves the socket open",
        "security/accounts/signals.py",
        "        revoke(RevocationKind.SESSION, session_digest(request.session.session_key))",
        "        pass",
        (_WAYS,),
    ),
    Leak(
        "signing out everywhere leaves sockets open",
        "security/accounts/people.py",
        "        session.end()\n" + _ENDS_PERSON,
        "        session.end()",
        (_WAYS,),
    ),
    Leak(
        "a new password leaves sockets open",
        "security/accounts/people.py",
        '"must_change_password"])\n' + _ENDS_PERSON,
        '"must_change_password"])',
        (_WAYS,),
    ),
    Leak(
        "a reset by mail leaves sessions open",
        "security/accounts/signals.py",
        "    end_sessions(user)\n    confirm_email(user)",
        "    confirm_email(user)",
        (_WAYS,),
    ),
    Leak(
        "a session ended in the list leaves its socket open",
        "security/accounts/ending.py",
        "    revoke(RevocationKind.SESSION, session_digest(session.session_key))\n",
        "",
        (_WAYS,),
    ),
    Leak(
        "a suspended member's socket stays",
        _MEMBERS,
        '    membership.save(update_fields=["status"])\n' + _ENDS,
        '    membership.save(update_fields=["status"])\n',
        (_WAYS,),
    ),
    Leak(
        "a removed member's socket stays",
        _MEMBERS,
        "    membership.in_departments.all().delete()\n" + _ENDS,
        "    membership.in_departments.all().delete()\n",
        (_WAYS,),
    ),
    Leak(
        "a socket keeps the role it was opened with",
        _MEMBERS,
        "    membership.save(update_fields=membership.take_role(wanted))\n" + _ENDS,
        "    membership.save(update_fields=membership.take_role(wanted))\n",
        (_WAYS,),
    ),
    Leak(
        "who was signed out by an admin stays",
        _MEMBERS,
        '    membership.save(update_fields=["sessions_ended_at"])\n' + _ENDS,
        '    membership.save(update_fields=["sessions_ended_at"])\n',
        (_WAYS,),
    ),
    Leak(
        "who must change his password goes on",
        _MEMBERS,
        '    membership.save(update_fields=["password_change_required_at"])\n' + _ENDS,
        '    membership.save(update_fields=["password_change_required_at"])\n',
        (_WAYS,),
    ),
    Leak(
        "a socket keeps the departments it was opened with",
        "tenants/services/departments.py",
        _ENDS + '    return {"departments"',
        '    return {"departments"',
        (_WAYS,),
    ),
    Leak(
        "who is taken out of a department reads on",
        "tenants/services/departments.py",
        "        revoke(RevocationKind.MEMBERSHIP, (before.get(pk) or after[pk]).public_id)",
        "        pass",
        (_WAYS,),
    ),
    Leak(
        "a suspended organisation's sockets stay",
        "tenants/services/tenancy.py",
        "    revoke(RevocationKind.TENANT, tenant.public_id)\n",
        "",
        (_WAYS,),
    ),
    Leak(
        "a website that is switched off keeps its visitors",
        "tenants/services/settings.py",
        "        revoke(RevocationKind.SITE, changed.public_id)",
        "        pass",
        (_WAYS,),
    ),
    Leak(
        "a forgotten token's socket stays",
        "chat/services/visitors.py",
        "        revoke(RevocationKind.VISITOR, bytes(found.digest).hex()[:32])\n",
        "",
        (_WAYS,),
    ),
    Leak(
        "a narrowed role is not noticed",
        "chat/live/consumers/agent_rights.py",
        "elif found.grant != self.grant:",
        "elif False:",
        (_LIVE,),
    ),
    Leak(
        "a lost membership is not noticed",
        "chat/live/consumers/agent_rights.py",
        "        if isinstance(found, CloseCode):\n            self.revoke(found)",
        "        if isinstance(found, CloseCode):\n            return",
        (_LIVE,),
    ),
    Leak(
        "what cannot be checked is allowed",
        "chat/live/registry.py",
        "                    self._end_all()",
        "                    pass",
        (_LIVE,),
    ),
    Leak(
        "what was revoked while a socket opened is not told",
        "chat/live/registry.py",
        "if (revoked.kind, revoked.subject) in own and",
        "if False and",
        (_LIVE,),
    ),
    Leak(
        "a session that is over opens a socket",
        "chat/live/admission.py",
        "    if timezone.now() >= (ends := ends_at(session, limits_of(store))):",
        "    if (ends := ends_at(session, limits_of(store))) is None:",
        (_LIVE,),
    ),
    Leak(
        "a blocked visitor's sockets stay",
        "chat/services/blocking.py",
        "    revoke(RevocationKind.VISITOR, visitor.public_id)\n",
        "",
        (_WAYS, "tests/chat/live/test_blocking.py"),
    ),
    Leak(
        "sockets from a blocked address stay",
        "chat/services/blocking.py",
        "        revoke(RevocationKind.ADDRESS, address_subject(digest))",
        "        pass",
        (_WAYS, "tests/chat/live/test_blocking.py"),
    ),
    Leak(
        "a socket does not say where it comes from",
        "chat/live/consumers/visitor_socket.py",
        "return here if self.visit.address is None else",
        "return here if True else",
        ("tests/chat/live/test_blocking.py",),
    ),
)
