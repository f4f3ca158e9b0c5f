"""Websites: where the widget may be shown, and how it looks there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django import forms
from django.conf import settings
from django.contrib import admin
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from security.audit import Action
from security.csp import allow_frames_of_self
from security.permissions import Grant, Permission
from tenants.admin.acts import Act, Done
from tenants.admin.base import TenantAdmin
from tenants.admin.fields import OriginsField
from tenants.admin.forms import TenantModelForm
from tenants.admin.site import site
from tenants.models import Site
from tenants.services import create_site
from tenants.services.identity import renew_identity_secret
from tenants.services.settings import change_site

_LOOKS: Final = ("greeting", "consent", "brand_color", "is_active")


class SiteForm(TenantModelForm):
    """Addresses are typed one a line."""

    allowed_origins = OriginsField(
        label=_("Allowed addresses"),
        help_text=_("One a line, such as https://shop.example. The chat is shown on these only."),
    )
    brand_color = forms.RegexField(
        label=_("Colour"),
        regex=r"^#[0-9a-fA-F]{6}\Z",
        max_length=7,
        initial=Site._meta.get_field("brand_color").default,
        widget=forms.TextInput(attrs={"type": "color"}),
    )

    class Meta(TenantModelForm.Meta):
        model = Site
        fields = ("name", "allowed_origins", *_LOOKS)
        widgets: ClassVar = {
            "greeting": forms.Textarea(attrs={"rows": 3}),
            "consent": forms.Textarea(attrs={"rows": 3}),
        }
        labels: ClassVar = {"is_active": _("Switched on")}
        help_texts: ClassVar = {
            "greeting": _("The first thing that visitors read. Empty: none."),
            "consent": _("Shown before the first message is sent. Empty: nothing is asked."),
            "is_active": _("Switched off, the chat disappears from the website and open chats end."),
        }

    def clean_brand_color(self) -> str:
        """One spelling."""
        return str(self.cleaned_data["brand_color"]).lower()


def _renew_secret(grant: Grant, record: Site) -> Done:
    secret = renew_identity_secret(grant=grant, site=record.public_id)
    return Done(_("Copy the secret now: it is not shown again."), secret=secret)


def _copied(text: str) -> str:
    """Text with a button that copies it."""
    return format_html(
        '<div class="code" data-copy><code class="snippet" data-copy-text>{}</code>'
        '<button class="button" type="button" data-copy-button data-done="{}" data-failed="{}">{}</button></div>',
        text,
        _("Copied"),
        _("Select and copy by hand"),
        _("Copy"),
    )


@admin.register(Site, site=site)
class SiteAdmin(TenantAdmin):
    """Switched off rather than deleted: conversations name the website that they began on."""

    add_title = _("Add a website")
    about = _("Where your chat is shown, how it looks there, and the line that brings it into the page.")
    nothing = _("No website yet. Add the first one to get the line that brings the chat into its pages.")
    rights: ClassVar = dict.fromkeys(("view", "add", "change"), Permission.CONFIGURATION_SITES)
    created, changed = Action.SITE_CREATED, Action.SITE_CHANGED
    form = SiteForm
    fieldsets = (
        (None, {"fields": ("name", "allowed_origins", "is_active")}),
        (_("Appearance"), {"fields": ("brand_color", "greeting", "consent")}),
        (_("Installation"), {"fields": ("snippet", "policy", "identity", "last_seen", "last_seen_on")}),
    )
    readonly_fields = ("snippet", "policy", "identity", "last_seen", "last_seen_on")
    list_display = ("name", "origins", "is_active", "last_seen", "last_seen_on")
    search_fields = ("name",)
    ordering = ("name", "pk")
    acts: ClassVar[Sequence[Act]] = (
        Act(
            "renew-secret",
            _("New identity secret"),
            _(
                "Make a new secret for signing visitors' identities? Tokens that were signed with the old one are refused at once."
            ),
            _renew_secret,
            lambda grant, record: grant.entry is None,
        ),
    )

    def menu_name(self) -> Any:
        return _("Websites")

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        """What is installed shows once there is something to install."""
        return self.fieldsets if obj is not None else self.fieldsets[:2]

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        """With the chat itself in a frame, as long as it is switched on."""
        original = context.get("original")
        if original is not None and original.is_active:
            context["preview"] = f"/widget/{original.key}/"
        answer = super().render_change_form(request, context, *args, **kwargs)
        allow_frames_of_self(answer)
        return answer

    def create(self, grant: Grant, record: Any, form: Any) -> Any:
        """The website first, then how it looks: two events."""
        data = form.cleaned_data
        stored = create_site(grant=grant, name=data["name"], websites=data["allowed_origins"])
        for name in _LOOKS:
            setattr(stored, name, data[name])
        return change_site(grant=grant, site=stored, fields=_LOOKS)

    def change(self, grant: Grant, record: Any, form: Any) -> None:
        change_site(grant=grant, site=record, fields=form.changed_data)

    @admin.display(description=_("Allowed addresses"))
    def origins(self, record: Site) -> str:
        return ", ".join(record.allowed_origins)

    @admin.display(description=_("Snippet"))
    def snippet(self, record: Site) -> str:
        text = f'<script async src="{settings.SITE_URL}/w.js" data-key="{record.key}"></script>'
        return _copied(text)

    @admin.display(description=_("Content Security Policy"))
    def policy(self, record: Site) -> str:
        """The two sources that a website with a policy of its own has to add."""
        return _copied(f"script-src {settings.SITE_URL}\nframe-src {settings.SITE_URL}")

    @admin.display(description=_("Identity secret"))
    def identity(self, record: Site) -> str:
        if record.identity_secret is None:
            return gettext("None: visitors are whoever they say they are.")
        return gettext("Made. Visitors with a token that it signed are verified.")

    @admin.display(description=_("Last asked for"), ordering="seen_at")
    def last_seen(self, record: Site) -> str | None:
        return date_format(localtime(record.seen_at), "DATETIME_FORMAT") if record.seen_at else None

    @admin.display(description=_("By a page of"))
    def last_seen_on(self, record: Site) -> str:
        return record.seen_origin
