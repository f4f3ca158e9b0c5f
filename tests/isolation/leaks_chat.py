"""Leaks in conversations: who sees them, what is sent to whom, under which keys."""

from __future__ import annotations

from typing import Final

from .leak import Leak

_ACCESS: Final = "chat/access.py"
_ANSWERING: Final = "chat/live/answering.py"
_MATRIX: Final = "tests/chat/live/test_matrix.py"
_ACTS: Final = "tests/chat/test_services_acts.py"
_REACH: Final = "tests/isolation/test_reach.py"
_ROOM: Final = "tests/chat/live/hub/test_room.py"
_WIDGET: Final = "tests/chat/views/test_widget.py"
_HUB: Final = "tests/isolation/test_hub.py"

CHAT: Final = (
    Leak(
        "an agent sees every department",
        _ACCESS,
        "return found | Q(department=None) | _own(grant) if reach.is_general else found",
        "return Q(pk__isnull=False)",
        (_MATRIX, _REACH),
    ),
    Leak(
        "who may see nothing sees everything",
        _ACCESS,
        "return Conversation.objects.filter(own | in_departments)",
        "return Conversation.objects.filter(own | in_departments) or Conversation.objects.all()",
        (_REACH,),
    ),
    Leak(
        "who sees his own sees all",
        _ACCESS,
        "own = _own(grant) & _reached(grant, Permission.CHAT_SEE_OWN)",
        "own = _reached(grant, Permission.CHAT_SEE_OWN)",
        (_REACH,),
    ),
    Leak(
        "the queue is shown without the right",
        _ACCESS,
        "filter(_reached(grant, Permission.CHAT_SEE_QUEUE), status=Status.WAITING.value)",
        "filter(status=Status.WAITING.value)",
        (_REACH,),
    ),
    Leak(
        "a conversation is fetched without asking who sees it",
        _ACCESS,
        "found = visible(grant).select_related(*WITH_PEOPLE).filter(public_id=public_id).first()",
        "found = Conversation.objects.select_related(*WITH_PEOPLE).filter(public_id=public_id).first()",
        (_REACH,),
    ),
    Leak(
        "a conversation is changed without asking who sees it",
        _ACCESS,
        'found = visible(grant).select_for_update(of=("self",)).filter(public_id=public_id).first()',
        'found = Conversation.objects.select_for_update(of=("self",)).filter(public_id=public_id).first()',
        (_REACH,),
    ),
    Leak(
        "a colleague's conversation is changed",
        _ACCESS,
        "    if not is_his:\n",
        "    if False:\n",
        (_REACH, _ACTS),
    ),
    Leak(
        "frames reach every department",
        _ACCESS,
        "return any(may(grant, permission, department_id=department_id, is_own=is_own) for permission in seen_by)",
        "return any(may(grant, permission, department_id=None, is_own=is_own) for permission in seen_by)",
        (_REACH,),
    ),
    Leak(
        "a permission reaches every department",
        "security/permissions.py",
        "return department in grant.department_ids or everywhere in grant.permissions",
        "return True",
        ("tests/security/test_permissions.py",),
    ),
    Leak(
        "a role of the tenant's own holds everything",
        "tenants/roles.py",
        "return frozenset(Permission(name) for name in stored if name in known)",
        "return frozenset(Permission(name) for name in known)",
        ("tests/security/test_permissions.py",),
    ),
    Leak(
        "a role on one department holds in all",
        "security/permissions.py",
        "if department is not None and (department, wanted) in grant.further:",
        "if department is not None and any(held is wanted for _, held in grant.further):",
        (_REACH, "tests/security/test_permissions.py"),
    ),
    Leak(
        "a role on a department holds for the organisation",
        "security/permissions.py",
        "if wanted not in grant.permissions:\n        return False",
        "if not has_somewhere(grant, wanted):\n        return False",
        (_REACH, "tests/security/test_permissions.py"),
    ),
    Leak(
        "a query narrows by any department",
        "security/permissions.py",
        "further = frozenset(department for department, held in grant.further if held is wanted)",
        "further = frozenset(department for department, held in grant.further)",
        (_REACH, "tests/security/test_permissions.py"),
    ),
    Leak(
        "a conversation's act asks for the right anywhere",
        _ACCESS,
        "return has(grant, permission, department_id) or (is_own and has(grant, permission))",
        "return has(grant, permission, department_id) or has(grant, permission)",
        (_REACH,),
    ),
    Leak(
        "anybody reads along",
        _ANSWERING,
        "    access.require_on(grant, Permission.CHAT_WATCH, row)\n",
        "",
        (_MATRIX,),
    ),
    Leak(
        "contact data is shown without the right",
        _ANSWERING,
        "if not access.has_on(grant, Permission.CHAT_SEE_CONTACT, row):",
        "if False:",
        (_REACH,),
    ),
    Leak(
        "a list shows every conversation",
        _ANSWERING,
        "rows = access.visible(grant).select_related(*access.WITH_PEOPLE)",
        "rows = Conversation.objects.select_related(*access.WITH_PEOPLE)",
        (_REACH,),
    ),
    Leak(
        "an event is shown to every agent",
        "chat/live/consumers/agent_socket.py",
        "if self._sees(state):",
        "if state:",
        (_REACH, "tests/chat/live/test_departments.py"),
    ),
    Leak(
        "who does not chat has a socket",
        "chat/live/admission.py",
        "if not any(has_somewhere(grant, permission) for permission in CHAT):",
        "if False:",
        (_MATRIX,),
    ),
    Leak(
        "a visitor reads any conversation of the tenant",
        "chat/live/visiting.py",
        ".filter(visitor=visitor_pk, public_id=conversation).first()",
        ".filter(public_id=conversation).first()",
        (_REACH,),
    ),
    Leak(
        "a visitor resumes any conversation of the tenant",
        "chat/live/visiting.py",
        "current = mine.filter(public_id=wanted).first()",
        "current = Conversation.objects.filter(public_id=wanted).first()",
        (_REACH,),
    ),
    Leak(
        "a token of one site is good on another",
        "chat/services/visitors.py",
        ".filter(digest=digest, expires_at__gt=now, visitor__site=site_id)",
        ".filter(digest=digest, expires_at__gt=now)",
        (_REACH,),
    ),
    Leak(
        "a visitor's token ends another site's",
        "chat/services/visitors.py",
        ".filter(digest=token_digest(token), visitor__site=site_id).first()",
        ".filter(digest=token_digest(token)).first()",
        (_REACH,),
    ),
    Leak(
        "a token for one site identifies on another",
        "chat/services/identity.py",
        'audience=site.key, options={"require": _REQUIRED, ',
        'options={"require": _REQUIRED, "verify_aud": False, ',
        ("tests/chat/test_identity.py",),
    ),
    Leak(
        "a visitor of one site is known on another",
        "chat/services/identity.py",
        "Visitor.objects.select_for_update().filter(site=site.site_id, external_id_digest=digest)",
        "Visitor.objects.select_for_update().filter(external_id_digest=digest)",
        ("tests/chat/test_identity.py", _REACH),
    ),
    Leak(
        "any website frames the chat",
        "chat/views/widget.py",
        "if not is_own and page not in site.allowed_origins:",
        "if False:",
        (_WIDGET,),
    ),
    Leak(
        "any page ends a visitor's session",
        "chat/views/widget.py",
        'is_ours = request.headers.get("Origin") == own_origin(request) and',
        "is_ours =",
        (_WIDGET,),
    ),
    Leak(
        "a site that is switched off answers",
        "chat/views/widget.py",
        "    if not site.is_active:\n        raise Http404\n",
        "",
        (_WIDGET,),
    ),
    Leak(
        "a socket joins another tenant's room",
        "chat/live/hub/room.py",
        "        if member.tenant_id != self.tenant_id:\n            raise WrongTenant\n",
        "",
        (_ROOM,),
    ),
    Leak(
        "what is sent is not checked against its readers",
        "chat/live/hub/room.py",
        "            if member.tenant_id == self.tenant_id:\n                place.take",
        "            if member:\n                place.take",
        (_HUB,),
    ),
    Leak(
        "two tenants have one room",
        "chat/live/hub/rooms.py",
        'return f"{prefix}{tenant_id}:{name}"',
        'return f"{prefix}0:{name}"',
        (_HUB,),
    ),
    Leak(
        "an envelope opens in any room",
        "chat/live/sealing.py",
        'return bind("hub", tenant_id, str(room))',
        'return bind("hub", tenant_id)',
        (_HUB,),
    ),
    Leak(
        "an envelope opens for any tenant",
        "chat/live/sealing.py",
        'keyring.derived_key("hub"), time.monotonic()',
        "bytes(32), time.monotonic()",
        (_HUB,),
    ),
    Leak(
        "a visitor hears what is for agents",
        "chat/live/hub/event.py",
        "if self.audience is not Audience.ALL and member.side is not Side.AGENT:",
        "if False:",
        (_ROOM,),
    ),
    Leak(
        "a visitor reads notes",
        "chat/transcript.py",
        "return rows if reader.audience is Audience.AGENTS else rows.filter(is_visible=True)",
        "return rows",
        ("tests/chat/test_transcript.py",),
    ),
    Leak(
        "a body is not bound to its tenant",
        "chat/sealing.py",
        "return aad(AAD_VERSION, tenant_id, conversation, message, seq, rev, field)",
        "return aad(AAD_VERSION, 0, conversation, message, seq, rev, field)",
        ("tests/chat/test_sealing.py",),
    ),
    Leak(
        "keys are remembered for any tenant",
        "security/crypto/keyring.py",
        "return tenant_id, KeySubject(kind).value, subject_id",
        "return 0, KeySubject(kind).value, subject_id",
        ("tests/security/crypto/test_keyring.py",),
    ),
    Leak(
        "a task runs in the scope of its caller",
        "tenants/tasks.py",
        "with acting(actor=Actor(ActorKind.JOB, name=name)), tenant_scope(tenant_id):",
        "with acting(actor=Actor(ActorKind.JOB, name=name)):",
        ("tests/chat/test_tasks.py",),
    ),
)
