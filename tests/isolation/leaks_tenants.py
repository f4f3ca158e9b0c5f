"""Leaks in sign-in, pages, the admin and what is done to members."""

from __future__ import annotations

from typing import Final

from .leak import Leak

_ACCESS: Final = "tenants/access.py"
_BASE: Final = "tenants/admin/base.py"
_MEMBERS: Final = "tenants/services/people/members.py"
_MATRIX: Final = "tests/test_url_matrix.py"
_MIDDLEWARE: Final = "tests/tenants/test_middleware.py"
_OF_MEMBERS: Final = "tests/tenants/test_members.py"
_INVITATIONS: Final = "tests/tenants/test_invitations.py"
_GIVING: Final = "tests/tenants/test_giving.py"
_RIGHTS: Final = "tenants/services/rights/changing.py"
_ADMIN: Final = "tests/tenants/admin/"
_OPERATORS: Final = "tests/tenants/admin/test_operators.py"

TENANTS: Final = (
    Leak(
        "a form of one organisation writes into another",
        "tenants/middleware.py",
        "elif request.method not in _SAFE and _tenant_of_page(request)",
        "elif False and _tenant_of_page(request)",
        (_MIDDLEWARE,),
    ),
    Leak(
        "what would be masked waits in the table of sessions",
        "tenants/admin/kept_form.py",
        " or any(_is_masked(word) for field in fields for word in field):",
        ":",
        ("tests/tenants/admin/test_kept_form.py",),
    ),
    Leak(
        "nobody is asked again",
        "tenants/admin/site.py",
        "or asked_again(request, is_his=self._is_his(request))\n",
        "\n",
        ("tests/tenants/admin/test_asked_again.py",),
    ),
    Leak(
        "a page answers any network",
        "tenants/middleware.py",
        "elif not _is_let_in(request, active):",
        "elif False:",
        ("tests/tenants/admin/test_networks.py",),
    ),
    Leak(
        "a pass of one organisation opens another",
        "tenants/networks.py",
        "return tenant == tenant_id and now",
        "return now",
        ("tests/tenants/admin/test_networks.py",),
    ),
    Leak(
        "a pass is good in any session",
        "tenants/services/networks.py",
        'or not secrets.compare_digest(asked, session.get(ASKED_KEY, ""))',
        "",
        ("tests/tenants/admin/test_networks.py",),
    ),
    Leak(
        "a suspended member comes in",
        _ACCESS,
        "Membership.objects.filter(usable(now), user=user)",
        "Membership.objects.filter(user=user)",
        (_OF_MEMBERS, _MIDDLEWARE),
    ),
    Leak(
        "a suspended organisation is entered",
        _ACCESS,
        "Tenant.objects.filter(pk__in=wanted, status=TenantStatus.ACTIVE.value)",
        "Tenant.objects.filter(pk__in=wanted)",
        (_OPERATORS, "tests/isolation/test_grants.py"),
    ),
    Leak(
        "a suspended member keeps his grant",
        _ACCESS,
        "Membership.objects.filter(usable(now), user_id=user_id)",
        "Membership.objects.filter(user_id=user_id)",
        (_OF_MEMBERS,),
    ),
    Leak(
        "a suspended organisation gives grants",
        _ACCESS,
        "user_id=user_id).filter(Exists(open_now))",
        "user_id=user_id)",
        ("tests/isolation/test_grants.py",),
    ),
    Leak(
        "a grant is read from any membership of the tenant",
        _ACCESS,
        "Membership.objects.filter(usable(now), user_id=user_id)",
        "Membership.objects.filter(usable(now))",
        (_OF_MEMBERS, "tests/isolation/test_grants.py"),
    ),
    Leak(
        "a used invitation is open",
        _ACCESS,
        "Invitation.objects.filter(pk=invitation_id, accepted_at=None,",
        "Invitation.objects.filter(pk=invitation_id,",
        (_INVITATIONS, "tests/isolation/test_grants.py"),
    ),
    Leak(
        "a key of one site opens another",
        _ACCESS,
        "found = tenant_of(Directory.Kind.SITE_KEY, digest_of(key))",
        "found = tenant_of(Directory.Kind.INVITATION, digest_of(key))",
        ("tests/chat/views/test_widget.py",),
    ),
    Leak(
        "what was meant for a lost organisation is done in another",
        "tenants/services/people/switching.py",
        "if active is None and TENANT_KEY in session and not may_move:",
        "if False:",
        (_MIDDLEWARE,),
    ),
    Leak(
        "a session is believed about its organisation",
        "tenants/services/people/switching.py",
        "next((ref for ref in memberships if ref.tenant_id == session.get(TENANT_KEY)), None)",
        "next((ref for ref in memberships if TENANT_KEY in session), None)",
        (_MIDDLEWARE,),
    ),
    Leak(
        "a switch leads anywhere",
        "tenants/services/people/switching.py",
        "next((ref for ref in memberships if ref.tenant_public_id == tenant), None)",
        "next((ref for ref in memberships), None)",
        (_MIDDLEWARE,),
    ),
    Leak(
        "members' pages ask for no right",
        "tenants/guards.py",
        "                    require_somewhere(grant, permission)",
        "                    pass",
        (_MATRIX,),
    ),
    Leak(
        "members' pages are open to who belongs nowhere",
        "tenants/guards.py",
        'if grant is None:\n                return _refused(request, "tenants/no_membership.html")',
        "if grant is None:\n                return view(request, *args, **kwargs)",
        (_MIDDLEWARE,),
    ),
    Leak(
        "the admin asks for no right",
        _BASE,
        "return grant is not None and right is not None and has(grant, right)",
        "return grant is not None and right is not None",
        (_MATRIX,),
    ),
    Leak(
        "what no right is named for everybody may",
        _BASE,
        "return grant is not None and right is not None and has(grant, right)",
        "return grant is not None and (right is None or has(grant, right))",
        (_MATRIX,),
    ),
    Leak(
        "the admin's records ask for no scope",
        _BASE,
        "return super().get_queryset(request)",
        "return QuerySet(self.model)",
        ("tests/isolation/test_no_scope.py",),
    ),
    Leak(
        "histories are open to whoever reads the trail",
        _BASE,
        "if not self.has_view_permission(request, obj) or not has(grant, Permission.AUDIT_READ):",
        "if not has(grant, Permission.AUDIT_READ):",
        (_MATRIX,),
    ),
    Leak(
        "any lookup narrows a list",
        _BASE,
        "return lookup in names",
        "return True",
        (_ADMIN + "test_site.py",),
    ),
    Leak(
        "the admin names records by primary key",
        _BASE,
        'key_field: ClassVar[str] = "public_id"',
        'key_field: ClassVar[str] = "pk"',
        (_ADMIN + "test_site.py",),
    ),
    Leak(
        "choices are named by primary key",
        "tenants/admin/fields.py",
        "class PublicChoiceField(_Choice):\n"
        '    """One of the organisation\'s records; primary keys neither leave nor enter."""\n\n'
        "    def __init__(self, *args: Any, **kwargs: Any) -> None:\n"
        '        kwargs["to_field_name"] = "public_id"',
        "class PublicChoiceField(_Choice):\n"
        "    def __init__(self, *args: Any, **kwargs: Any) -> None:\n"
        '        kwargs["to_field_name"] = "pk"',
        (_ADMIN + "test_site.py",),
    ),
    Leak(
        "the choices of a filter ask for no scope",
        "tenants/admin/filters.py",
        "rows: Any = TenantQuerySet(self.model)",
        "rows: Any = QuerySet(self.model)",
        ("tests/isolation/test_no_scope.py",),
    ),
    Leak(
        "pop-ups answer",
        "tenants/admin/site.py",
        "if name in request.GET or name in request.POST:",
        "if False:",
        (_ADMIN + "test_site.py",),
    ),
    Leak(
        "django's autocomplete is routed",
        "tenants/admin/site.py",
        '{"autocomplete", "login",',
        '{"login",',
        (_ADMIN + "test_site.py", _MATRIX),
    ),
    Leak(
        "any model admin is registered",
        "tenants/admin/site.py",
        "if admin_class is None or not issubclass(admin_class, TenantAdmin):",
        "if admin_class is None:",
        (_ADMIN + "test_site.py",),
    ),
    Leak(
        "pages of the admin are open to everybody there",
        "tenants/admin/site.py",
        "if not page.is_allowed(request):",
        "if False:",
        (_ADMIN + "test_roles.py", _MATRIX),
    ),
    Leak(
        "conversations are listed without asking who sees them",
        "chat/admin/conversations.py",
        "return access.visible(require_grant(request)).order_by(*self.ordering)",
        "return Conversation.objects.order_by(*self.ordering)",
        ("tests/chat/admin/test_conversations.py", _MATRIX),
    ),
    Leak(
        "every role is offered",
        "tenants/admin/people/members.py",
        'if db_field.name == "role" and request is not None:',
        'if db_field.name == "none" and request is not None:',
        (_ADMIN + "test_members.py",),
    ),
    Leak(
        "who may do more is changed",
        "tenants/admin/people/members.py",
        "return obj.entry_id is None and services.may_act_on(require_grant(request), obj)",
        "return obj.entry_id is None",
        (_ADMIN + "test_members.py",),
    ),
    Leak(
        "a role that holds more is given",
        _MEMBERS,
        "    require_to_cover(held, replace(grant_of(membership), permissions=role_permissions(wanted)))\n",
        "",
        (_OF_MEMBERS, _GIVING),
    ),
    Leak(
        "members are changed without the right",
        _RIGHTS,
        "    require(grant, permission)\n    lock_rights()\n",
        "    held = grant\n    lock_rights()\n    return held\n",
        (_OF_MEMBERS, _GIVING),
    ),
    Leak(
        "who holds more is acted on",
        _RIGHTS,
        "    require_to_cover(held, grant_of(membership))\n",
        "",
        (_OF_MEMBERS, _GIVING),
    ),
    Leak(
        "departments are changed without the right",
        "tenants/services/departments.py",
        "    held = begin_change(grant, Permission.CONFIGURATION_DEPARTMENTS)\n    before = locked(department)\n    department.name",
        "    held = grant\n    before = locked(department)\n    department.name",
        ("tests/isolation/test_grants.py",),
    ),
    Leak(
        "the trail is read without the right",
        "tenants/services/audit/trail.py",
        "    require(grant, Permission.AUDIT_READ)\n",
        "",
        ("tests/isolation/test_grants.py",),
    ),
    Leak(
        "a record's history is everything's",
        "tenants/services/audit/trail.py",
        'AuditEvent.objects.filter(object_id=getattr(record, "public_id", None), object_id__isnull=False)',
        "AuditEvent.objects.filter(object_id__isnull=False)",
        (_ADMIN + "test_members.py", "tests/isolation/test_grants.py"),
    ),
    Leak(
        "anybody does what operators do",
        "tenants/services/platform/operators.py",
        "if not person.is_working_operator:",
        "if not person.is_active:",
        (_OPERATORS,),
    ),
    Leak(
        "the operators' role is kept after the query",
        "tenants/services/platform/operators.py",
        '        cursor.execute("RESET ROLE")\n',
        "",
        (_OPERATORS,),
    ),
    Leak(
        "operators act on the platform's own tenant",
        "tenants/services/platform/operators.py",
        "FROM tenants_tenant WHERE public_id = %s AND id <> %s",
        "FROM tenants_tenant WHERE public_id = %s AND id <> -%s",
        (_OPERATORS, "tests/isolation/test_grants.py"),
    ),
    Leak(
        "anybody sets opening times",
        "tenants/services/hours.py",
        "    require(grant, RIGHT)\n    row = BusinessHours(",
        "    row = BusinessHours(",
        (_ADMIN + "test_hours.py",),
    ),
    Leak(
        "opening times of another are changed",
        "tenants/services/hours.py",
        "    require(grant, RIGHT)\n    before, after",
        "    before, after",
        (_ADMIN + "test_hours.py",),
    ),
)
