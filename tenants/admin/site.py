"""The admin's site: who gets in, what the menu holds, which of Django's own paths exist at all.

Danger: Django's admin trusts `is_staff`, puts primary keys into addresses and lets third-party apps add pages. Rule: every page asks the grant of
the active organisation (operators' pages: the person), what is registered must be a `TenantAdmin`, and paths that speak of primary keys are not
routed. Proof: tests/tenants/admin/test_site.py, tests/tenants/admin/test_roles.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from security.accounts.fresh import is_fresh
from security.accounts.must_change import owes_change
from security.accounts.second_factor import led_to_enrolment
from security.errors import Denied, NotFound
from security.failures import refuse
from security.models import User
from tenants.admin import kept_form
from tenants.admin.asked_again import asked_again
from tenants.admin.base import TenantAdmin
from tenants.admin.sections import Section
from tenants.guards import grant_of_request
from tenants.second_factor import lacks_second_factor
from tenants.services.audit.alerts import unseen_alerts

View = Callable[..., HttpResponseBase]
_UNROUTED: Final = frozenset(
    {"autocomplete", "login", "logout", "password_change", "password_change_done", "view_on_site"}
)
"""Sign-in and passwords are allauth's; the other two look up any model by primary key."""
_BY_PRIMARY_KEY: Final = (
    "inlines",
    "raw_id_fields",
    "autocomplete_fields",
    "list_editable",
    "actions",
    "date_hierarchy",
)
"""Features of Django's that write primary keys into pages, or act on rows past the services."""


@dataclass(frozen=True, slots=True)
class AdminPage:
    """A page that is no list of records. `path` is below the admin's own; without a label it is not in the menu."""

    path: str
    name: str
    view: View
    section: Section
    is_allowed: Callable[[HttpRequest], bool]
    label: str | Promise = ""
    about: str | Promise = ""
    """What the page is for, in one sentence: the home page says it beside the label."""


class ChatAdminSite(admin.AdminSite):
    """One site for members, in the scope of their active organisation, and for operators, outside any."""

    site_title = _("Chatplatform")
    site_header = _("Administration")
    index_title = _("Administration")
    enable_nav_sidebar = False
    site_url = None

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.pages: list[AdminPage] = []

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[Any] | None = None,
        **options: Any,
    ) -> None:
        """Take a model with its `TenantAdmin`; ImproperlyConfigured for an admin that would reach past it."""
        if admin_class is None or not issubclass(admin_class, TenantAdmin):
            raise ImproperlyConfigured(
                "Only a TenantAdmin is registered here: it asks for rights and hides primary keys."
            )
        unsafe = [name for name in _BY_PRIMARY_KEY if getattr(admin_class, name)]
        if unsafe:
            raise ImproperlyConfigured(f"{admin_class.__name__} uses {', '.join(unsafe)}, which show primary keys.")
        super().register(model_or_iterable, admin_class, **options)

    def add_page(self, page: AdminPage) -> None:
        """Route a page and, if it has a label, show it in the menu of whoever may open it."""
        self.pages.append(page)

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether anything here is for this person; `is_staff` is not asked."""
        return any(model_admin.has_module_permission(request) for model_admin in self._registry.values()) or any(
            page.is_allowed(request) for page in self.pages
        )

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As Django's, asking before anything else, and answering refusals in one way."""
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = request.user
            if not isinstance(user, User):
                return redirect_to_login(request.get_full_path())
            if owes_change(request):
                return redirect("account_change_password")
            if lacks_second_factor(request):
                return led_to_enrolment(request)
            if not self.has_permission(request):
                return _refused(request)
            _refuse_pop_ups(request)
            try:
                answer: HttpResponseBase = (
                    self._kept(request)
                    or asked_again(request, is_his=self._is_his(request))
                    or inner(request, *args, **kwargs)
                )
            except (PermissionDenied, Denied):
                return _refused(request)
            except NotFound:
                raise Http404 from None
            return answer

        return guarded

    def _is_his(self, request: HttpRequest) -> bool:
        """Whether the page, or something of the model that it is about, is for this person. Its view asks for the exact right."""
        match = request.resolver_match
        name = "" if match is None else match.url_name or ""
        for page in self.pages:
            if page.name == name:
                return page.is_allowed(request)
        about = [
            one for one in self._registry.values() if name.startswith(f"{one.opts.label_lower.replace('.', '_')}_")
        ]
        return any(model_admin.has_module_permission(request) for model_admin in about)

    def _kept(self, request: HttpRequest) -> HttpResponseBase | None:
        """What was typed here before the password was asked for, once it was given."""
        if (
            request.method != "GET"
            or kept_form.SESSION_KEY not in request.session
            or not is_fresh(request, timezone.now())
        ):
            return None
        fields = kept_form.take(request, now=timezone.now())
        return kept_form.shown(request, fields, self.each_context(request)) if fields else None

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Django's without those that lead past us, and the pages of our own."""
        own = [path(page.path, self.admin_view(_allowed(page)), name=page.name) for page in self.pages]
        stock = [route for route in super().get_urls() if getattr(route, "name", None) not in _UNROUTED]
        return [*own, *stock]

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> Any:
        """The menu is not sorted by Python package, so there is no page for one."""
        return redirect("admin:index")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """As Django's, with how many alerts wait; asked for where a page shows it."""
        waiting = SimpleLazyObject(lambda: unseen_alerts(grant_of_request(request)))
        return {**super().each_context(request), "unseen_alerts": waiting}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The menu: sections with what this person may open, as the templates take them."""
        entries: dict[Section, list[dict[str, Any]]] = {section: [] for section in Section}
        registered: dict[type[Model], Any] = self._registry
        for model, model_admin in registered.items():
            if model_admin.has_module_permission(request) and model_admin.is_in_menu:
                meta = model._meta
                url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
                entry = {"name": model_admin.menu_name(), "admin_url": url, "about": model_admin.about}
                entries[model_admin.section].append(entry)
        for page in self.pages:
            if page.label and page.is_allowed(request):
                entry = {"name": page.label, "admin_url": reverse(f"admin:{page.name}"), "about": page.about}
                entries[page.section].append(entry)
        return [
            {"name": section.label, "about": section.about, "app_label": section.value, "models": found}
            for section, found in entries.items()
            if found
        ]


def _allowed(page: AdminPage) -> View:
    @wraps(page.view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not page.is_allowed(request):
            raise PermissionDenied
        return page.view(request, *args, **kwargs)

    return asked


def _refuse_pop_ups(request: HttpRequest) -> None:
    """Pop-ups answer with the primary key of what was chosen, or with any field that is asked for."""
    for name in (IS_POPUP_VAR, TO_FIELD_VAR):
        if name in request.GET or name in request.POST:
            raise Http404


def _refused(request: HttpRequest) -> HttpResponse:
    refuse(request)
    is_stranger = grant_of_request(request) is None and not getattr(request.user, "is_operator", False)
    return render(request, "tenants/no_membership.html" if is_stranger else "tenants/forbidden.html", status=403)


site = ChatAdminSite()
