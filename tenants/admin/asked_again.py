"""Which pages ask who it is once more: exports, erasing, keys, security settings, and giving rights.

Danger: a new page that lets data out or lowers a guard, and that nobody thought of here. Rule: each page that takes a form stands in one of the
three tables. Proof: tests/tenants/admin/test_asked_again.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from security.accounts.fresh import is_fresh, led_to_password
from tenants.admin import kept_form

TO_OPEN: Final = frozenset(
    {
        "account",
        "account_export_download",
        "audit_export",
        "masking",
        "masking_rule",
        "masking_rule_add",
        "reports_csv",
        "retention_department_rule",
        "retention_rule",
        "retention_server",
        "security_domains",
        "security_keys",
        "security_networks",
        "security_passwords",
        "security_provider",
        "security_require_all",
        "security_second_factor",
        "security_sessions",
        "tenants_site_renew-secret",
        "visitor_data",
    }
)
"""Asked before they are shown, so that nothing that was filled in is lost."""
TO_SEND: Final = frozenset(
    {
        "account_close",
        "account_export",
        "archived_restore",
        "audit_alert_rules",
        "audit_keeping",
        "audit_mailbox",
        "masking_activate",
        "masking_remask",
        "masking_restore",
        "masking_restore_first",
        "masking_rule_move",
        "masking_rule_remove",
        "masking_settings",
        "platform_account_lock",
        "platform_account_unlock",
        "platform_enter",
        "platform_owners_in",
        "platform_resume",
        "platform_suspend",
        "retention_cooling",
        "retention_release",
        "retention_server_remove",
        "security_domain_check",
        "security_domain_remove",
        "security_lift",
        "tenants_department_delete",
        "tenants_department_make-default",
        "security_provider_remove",
        "tenants_invitation_add",
        "tenants_membership_change",
        "tenants_membership_end-sessions",
        "tenants_membership_remove",
        "tenants_membership_require-password",
        "tenants_membership_reset-second-factor",
        "tenants_membership_resume",
        "tenants_membership_roles",
        "tenants_membership_suspend",
        "tenants_membership_withdraw_role",
        "tenants_operatorentry_allow",
        "tenants_policy_change",
        "tenants_role_add",
        "tenants_role_change",
        "tenants_role_remove",
        "visitor_erase",
        "visitor_export",
    }
)
"""Anybody who may looks at them, or they are sent from a page that asked; asked before what was sent counts."""
NOT_ASKED: Final[Mapping[str, frozenset[str]]] = MappingProxyType({
    "It reads, and changes nothing.": frozenset({
        "audit_verify", "masking_trial", "masking_try", "platform_accounts", "platform_tenants", "visitors",
    }),
    "It is the daily work of chat, and gives nobody a right.": frozenset({
        "chat_block_unblock", "chat_cannedresponse_add", "chat_cannedresponse_change", "chat_cannedresponse_delete",
        "chat_conversation_block", "chat_tag_add", "chat_tag_change", "chat_tag_delete", "chat_tag_merge",
    }),
    "It says who works where and when, and how the chat looks; nobody sees more than his role lets him.": frozenset({
        "tenants_businesshours_add", "tenants_businesshours_change", "tenants_businesshours_delete",
        "tenants_department_add", "tenants_department_change", "tenants_site_add", "tenants_site_change", "tenants_tenant_change",
    }),
    "It is a note of one's own.": frozenset({"audit_alert_seen", "audit_filter_remove", "audit_filter_save"}),
    "It closes a way in, or keeps for longer.": frozenset({
        "account_close_undo", "account_export_cancel",
        "audit_keeping_undo", "platform_leave", "retention_hold", "retention_undo", "tenants_invitation_withdraw", "tenants_operatorentry_end",
        "tenants_operatorentry_refuse",
    }),
    "It goes on with, or halts, what was asked for when it began.": frozenset({
        "audit_mailbox_again", "masking_job_cancel", "masking_job_pause", "masking_job_resume",
        "retention_run_cancel", "retention_run_pause", "retention_run_resume",
    }),
    "It says how much an organisation may use, not who sees what.": frozenset({
        "platform_assign", "platform_plan", "platform_plan_add",
    }),
})  # fmt: skip
"""Pages that take a form and do not ask, by the reason why."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def asked_again(request: HttpRequest, *, is_his: bool) -> HttpResponse | None:
    """The way to the password, or None where the page needs none now. What was sent is kept for whom the page `is_his`."""
    match = request.resolver_match
    name = "" if match is None else match.url_name or ""
    is_sent = name in TO_SEND and request.method not in _SAFE
    if not (name in TO_OPEN or is_sent) or is_fresh(request, timezone.now()):
        return None
    if request.method not in _SAFE:
        is_kept = is_his and kept_form.keep(request, now=timezone.now())
        then = _("What you typed is kept.") if is_kept else _("Then please do it again.")
        messages.warning(request, f"{_('Nothing was changed yet: we ask for your password first.')} {then}")
    return led_to_password(request)
