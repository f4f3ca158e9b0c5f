"""Which pages ask who it is once more: exports, erasing, keys, security settings, and giving rights."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from security.accounts.fresh import is_fresh, led_to_password

TO_OPEN: Final = frozenset(
    {
        "audit_export",
        "security_networks",
        "security_passwords",
        "security_require_all",
        "security_second_factor",
        "security_sessions",
        "tenants_site_renew-secret",
    }
)
"""Asked before they are shown, so that nothing that was filled in is lost."""
TO_SEND: Final = frozenset(
    {
        "audit_alert_rules",
        "platform_account_lock",
        "platform_account_unlock",
        "platform_enter",
        "security_lift",
        "tenants_invitation_add",
        "tenants_membership_change",
        "tenants_membership_remove",
        "tenants_membership_reset-second-factor",
        "tenants_membership_roles",
        "tenants_operatorentry_allow",
        "tenants_role_add",
        "tenants_role_change",
        "tenants_role_remove",
    }
)
"""Anybody who may looks at them; asked before what was sent counts."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def asked_again(request: HttpRequest) -> HttpResponse | None:
    """The way to the password, or None where the page needs none now."""
    match = request.resolver_match
    name = "" if match is None else match.url_name or ""
    is_sent = name in TO_SEND and request.method not in _SAFE
    if not (name in TO_OPEN or is_sent) or is_fresh(request, timezone.now()):
        return None
    if request.method not in _SAFE:
        messages.warning(
            request, _("Nothing was changed yet: we ask for your password first. Then please do it again.")
        )
    return led_to_password(request)
