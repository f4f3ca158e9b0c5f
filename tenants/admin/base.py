"""`TenantAdmin`: Django's model admin inside one organisation.

Danger: Django's admin reads any row by its primary key, writes past the services and tells nobody but its own log. Rule: rows come from the
scoped manager and are named by public id; who may is said by `security.permissions`; every write goes through a service that leaves its event in
the same transaction; Django's own log stays empty. Proof: tests/tenants/admin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import NestedObjects, quote, unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, router
from django.db.models import CharField, Field, ForeignKey, Model, QuerySet, TextField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from security.audit import Action
from security.errors import Conflict, Invalid
from security.forms import MaskedCharField, spells_no_secret
from security.permissions import Grant, Permission, has
from tenants.admin import converters  # noqa: F401  registers how records are written
from tenants.admin.acts import Act, act_urls
from tenants.admin.changelist import PublicChangeList
from tenants.admin.fields import PublicChoiceField
from tenants.admin.forms import TenantModelForm
from tenants.admin.refusals import sentence_for
from tenants.admin.searching import narrow
from tenants.admin.sections import Section
from tenants.guards import grant_of_request
from tenants.policies import masked_for_members
from tenants.services import records
from tenants.services.audit import trail

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


def require_grant(request: HttpRequest) -> Grant:
    """What the person may do in the organisation whose scope is open; PermissionDenied where there is none."""
    grant = grant_of_request(request)
    if grant is None:
        raise PermissionDenied
    return grant


class TenantAdmin(_ModelAdmin):
    """Records of the organisation in scope. `rights` maps view, add, change and delete to a permission; what is not named nobody may."""

    section: ClassVar[Section] = Section.ORGANISATION
    key_field: ClassVar[str] = "public_id"
    key_converter: ClassVar[str] = "public_id"
    rights: ClassVar[Mapping[str, Permission]] = {}
    created: ClassVar[Action] = Action.ADMIN_CREATED
    changed: ClassVar[Action] = Action.ADMIN_CHANGED
    deleted: ClassVar[Action] = Action.ADMIN_DELETED
    acts: ClassVar[Sequence[Act]] = ()
    is_in_menu: ClassVar[bool] = True
    add_title: ClassVar[str | Promise] = ""
    about: ClassVar[str | Promise] = ""
    """What the list, or the one form, is for: a sentence under its title."""
    nothing: ClassVar[str | Promise] = gettext_lazy("Nothing here yet.")
    """What stands instead of an empty list."""

    form = TenantModelForm
    actions = None
    view_on_site = False
    preserve_filters = False  # they would be copied into every link, as they came
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    empty_value_display = "–"
    list_per_page = 50
    list_max_show_all = 0

    # -- who may ------------------------------------------------------------------------------------------------------------------

    def may(self, request: HttpRequest, verb: str) -> bool:
        """Whether the person holds the right for `verb` on records of this kind."""
        grant, right = grant_of_request(request), self.rights.get(verb)
        return grant is not None and right is not None and has(grant, right)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "view")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def menu_name(self) -> str | Promise:
        """What the menu calls the list."""
        return str(self.opts.verbose_name_plural).capitalize()

    # -- which records, by which name ---------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        require_grant(request)
        return super().get_queryset(request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The record with this public id; 404 for any other string, another organisation's id included."""
        found = super().get_object(request, object_id, self.key_field)
        if found is None:
            raise Http404
        return found

    def public_key(self, obj: Model) -> str:
        """What stands for the record in addresses."""
        return quote(str(getattr(obj, self.key_field)))

    def url_of(self, obj: Model, view: str = "change") -> str:
        """The address of one of the record's pages."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{view}", args=[self.public_key(obj)])

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what a filter of the list asks for: any other lookup could be used to guess a field letter by letter."""
        names = {name for item in self.list_filter for name in getattr(item, "parameters", ())}
        return lookup in names

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PublicChangeList

    def enrich(self, request: HttpRequest, rows: list[Any]) -> None:
        """Called with the rows of one page of the list, before it is shown: to attach what takes one query for all of them."""

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest | None, **kwargs: Any) -> Any:
        """A plain choice for a foreign key: the wrapper's links open pop-ups, which speak of primary keys. Text is masked or spells no secret."""
        if isinstance(db_field, ForeignKey):
            return self.formfield_for_foreignkey(db_field, request, **kwargs)
        if type(db_field) in {CharField, TextField} and not db_field.choices:
            kwargs.update(form_class=MaskedCharField, masker=masked_for_members)
        elif isinstance(db_field, CharField) and not db_field.choices:
            kwargs["validators"] = [*db_field.validators, spells_no_secret]
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[arg-type]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        kwargs.setdefault("form_class", PublicChoiceField)
        return db_field.formfield(**kwargs)

    # -- writing ------------------------------------------------------------------------------------------------------------------

    def create(self, grant: Grant, record: Any, form: Any) -> Any:
        """Store a new record; what a service raises becomes an error of the form."""
        return records.create_record(grant=grant, permission=self.rights["add"], record=record, action=self.created)

    def change(self, grant: Grant, record: Any, form: Any) -> None:
        """Store what was changed in the form."""
        fields = [name for name in form.changed_data if name in {field.name for field in self.opts.concrete_fields}]
        records.change_record(
            grant=grant, permission=self.rights["change"], record=record, fields=fields, action=self.changed
        )

    def delete(self, grant: Grant, record: Any) -> None:
        """Delete the record."""
        records.delete_record(grant=grant, permission=self.rights["delete"], record=record, action=self.deleted)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        grant = require_grant(request)
        if change:
            self.change(grant, obj, form)
        else:
            stored = self.create(grant, obj, form)
            obj.__dict__.update(stored.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: the service stored all of it."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete(require_grant(request), obj)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the service left its event in the audit trail."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the service left its event in the audit trail."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing: the service left its event in the audit trail."""

    # -- pages --------------------------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Django's, by public id, without its redirect of bare ids."""
        by_key = f"<{self.key_converter}:object_id>"
        return [
            *act_urls(self, by_key),
            *(
                path(str(route.pattern).replace("<path:object_id>", by_key), route.callback, name=route.name)
                for route in super().get_urls()
                if route.name
            ),
        ]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """As Django's; what the service refuses comes back as an error of the form, with nothing stored."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (Conflict, Invalid, IntegrityError) as refusal:
            request.refusal = sentence_for(refusal)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """As Django's, called what the menu calls it, searched by POST."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        narrow(request, masked_for_members)
        words = {"title": self.menu_name(), "about": self.about, "nothing": self.nothing}
        return super().changelist_view(request, {**words, **(extra_context or {})})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        original = context.get("original")
        context["title"] = self.add_title if original is None else self.title_of(original)
        context["subtitle"] = None
        if original is not None:
            grant = require_grant(request)
            context["object_key"] = self.public_key(original)
            context["may_read_trail"] = has(grant, Permission.AUDIT_READ) and hasattr(original, "public_id")
            offered = [act for act in self.acts if self.may_act(request, original) and act.offered(grant, original)]
            context["acts"] = [(act, self.url_of(original, act.name)) for act in offered]
        return super().render_change_form(request, context, *args, **kwargs)

    def after_act(self, obj: Any) -> str:
        """Where an act on the record leads."""
        return self.url_of(obj)

    def told_of(self, obj: Any) -> Model:
        """Whose history the record's is."""
        found: Model = obj
        return found

    def title_of(self, obj: Any) -> str | Promise:
        """What stands above the record's page."""
        return str(obj)

    def may_act(self, request: HttpRequest, obj: Any) -> bool:
        """Whether the acts beside the form are for this person."""
        return self.has_change_permission(request, obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Say so, and go where the button leads."""
        self.message_user(request, format_html(_("“{}” was added."), obj), messages.SUCCESS)
        if "_addanother" in request.POST:
            return HttpResponseRedirect(request.path)
        if "_continue" in request.POST:
            return HttpResponseRedirect(self.url_of(obj))
        return self.response_post_save_add(request, obj)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """The records themselves and, of what goes with them, how many of each kind."""
        collector = NestedObjects(using=router.db_for_write(self.model), origin=objs)
        collector.collect(objs)
        found: dict[Any, Any] = collector.model_objs  # by model; the stubs say by name
        counts = {str(model._meta.verbose_name_plural): len(rows) for model, rows in found.items()}
        protected = sorted({str(type(row)._meta.verbose_name_plural) for row in collector.protected})
        return [str(obj) for obj in objs], counts, set(), protected

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """As Django's; what the service refuses is said on the record's page."""
        context = {"object_key": object_id, **(extra_context or {})}
        try:
            return super().delete_view(request, object_id, context)
        except (Conflict, Invalid, IntegrityError) as refusal:
            self.message_user(request, sentence_for(refusal), messages.ERROR)
            return HttpResponseRedirect(self.url_of(self.get_object(request, unquote(object_id))))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """What the audit trail says of this record, for those who may read the trail."""
        obj = self.get_object(request, unquote(object_id))
        grant = require_grant(request)
        if not self.has_view_permission(request, obj) or not has(grant, Permission.AUDIT_READ):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("History"),
            "subtitle": str(obj),
            "opts": self.opts,
            "original": obj,
            "object_key": self.public_key(obj),
            "lines": trail.history_of(grant=grant, record=self.told_of(obj)),
            "timeline": getattr(self.told_of(obj), "public_id", None),
        }
        return TemplateResponse(request, "admin/object_history.html", context)
