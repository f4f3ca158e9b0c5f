"""Nothing comes in by a way that nobody thought of: each consumer, task and command is guarded or listed with its reason."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

from celery import current_app
from channels.consumer import AsyncConsumer, SyncConsumer
from django.core.management import get_commands
from django.urls import URLPattern

from chat.routing import refuse, websocket_urlpatterns
from chatplatform.celery import app
from security.sockets.consumer import GuardedConsumer

OURS = ("chatplatform", "chat", "tenants", "security")
PROJECT = Path(__file__).resolve().parents[1]

FAN_OUT = {
    "chat.count_usage_everywhere": "queues one task for each tenant, by its number",
    "chat.sweep_queues": "queues one task for each tenant, by its number",
    "chat.close_idle_everywhere": "queues one task for each tenant, by its number",
    "chat.resume_masking_jobs_everywhere": "queues one task for each tenant, by its number",
    "chat.close_account": "opens the tenant's scope for each step anew, so that what is done stays done",
    "chat.close_accounts": "queues one task for each tenant whose day has come, by its number",
    "chat.export_organisation": "opens the tenant's scope for each part anew",
    "chat.keep_exports": "opens the tenant's scope before and after it speaks to the archive",
    "chat.keep_exports_everywhere": "queues one task for each tenant that has one, by its number",
    "chat.copy_erasures": "opens the tenant's scope before and after it speaks to the archive",
    "chat.keep_retention": "opens the tenant's scope for each step anew, so that what is done stays done",
    "chat.send_transcripts": "opens the tenant's scope for each step anew, so that what is done stays done",
    "chat.send_transcripts_everywhere": "queues one task for each tenant, by its number",
    "chat.sweep_retention": "queues one task for each tenant, by its number",
    "chat.run_masking_job": "opens the tenant's scope for each step anew, so that what is done stays done",
    "security.mail_checkpoints": "opens each tenant's scope in turn",
    "security.sign_checkpoints": "opens the scope of each tenant whose chain has grown",
    "security.deliver_mail": "opens a scope before and after the mail server is spoken to, none meanwhile",
    "security.sweep_mail": "opens each tenant's scope in turn",
    "tenants.end_operators_entries": "reads as the operators' role which tenants have a stay that is over; then each one's scope",
    "tenants.warn_of_passwords_everywhere": "queues one task for each tenant, by its number",
    "tenants.mail_checkpoints_everywhere": "queues one task for each tenant, by its number",
    "tenants.prune_trail": "opens the tenant's scope for each batch anew, so that what is deleted stays deleted",
    "tenants.prune_trails_everywhere": "queues one task for each tenant, by its number",
    "tenants.raise_alerts_everywhere": "queues one task for each tenant, by its number",
    "tenants.resume_trail_checks_everywhere": "queues one task for each tenant, by its number",
    "tenants.replace_key": "opens the tenant's scope for each batch anew, so that what is done stays done",
    "tenants.replace_keys_everywhere": "queues one task for each tenant that has work, by its number",
    "tenants.run_trail_check": "opens the tenant's scope for each page anew",
    "tenants.recheck_domains": "opens a scope before and after name servers are asked, none meanwhile",
    "tenants.recheck_domains_everywhere": "queues one task for each tenant, by its number",
    "tenants.warn_of_certificates_everywhere": "queues one task for each tenant, by its number",
    "tenants.sweep_accounts": "sweeps global tables; no tenant's row is read",
}
COMMANDS = {
    "accept_restore": "opens the scope of the tenant that is named",
    "audit_key": "reads a setting",
    "bench": "measures; reads no tenant's row",
    "check_config": "reads settings",
    "create_tenant": "founds one organisation through the service",
    "erase_visitor": "opens the scope of the one tenant that knows the visitor",
    "replace_tenant_key": "opens the scope of the tenant that is named, for each step",
    "rotate_keys": "opens each tenant's scope in turn",
    "export_organisation": "opens the scope of the tenant that is named, for each page of rows",
    "export_visitor": "opens the scope of the one tenant that knows the visitor",
    "reapply_erasures": "opens each tenant's scope in turn",
    "export_audit": "opens the scope of the tenant that is named",
    "migrate": "runs as the owner",
    "remask": "opens the scope of the tenant that is named, for each step",
    "restore_archive": "opens each tenant's scope in turn, looking for the one conversation",
    "run_retention": "opens each tenant's scope in turn, for each step",
    "seed_demo": "fills the two demo organisations, each in its scope",
    "serve": "serves",
    "verify_audit": "opens each tenant's scope in turn, or reads a file",
}


def test_each_consumer_is_guarded() -> None:
    found = {
        cls
        for package in OURS
        for path in (PROJECT / package).rglob("*.py")
        if "consumer" in str(path) and "migrations" not in str(path)
        for _, cls in inspect.getmembers(
            import_module(".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")),
            inspect.isclass,
        )
        if issubclass(cls, AsyncConsumer | SyncConsumer) and cls.__module__.startswith(OURS)
    }
    assert len(found) >= 3
    assert all(issubclass(cls, GuardedConsumer) for cls in found)


def test_each_socket_is_a_guarded_consumer_or_refused() -> None:
    for pattern in websocket_urlpatterns:
        assert isinstance(pattern, URLPattern)
        callback = pattern.callback
        assert callback is refuse or issubclass(getattr(callback, "consumer_class", object), GuardedConsumer)


def test_each_task_is_one_tenants_or_listed() -> None:
    app.loader.import_default_modules()
    assert current_app is not None
    tasks = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
    assert tasks
    unscoped = {name for name, task in tasks.items() if not getattr(task.run, "is_tenant_task", False)}
    assert unscoped == FAN_OUT.keys()


def test_each_command_is_listed() -> None:
    assert {name for name, package in get_commands().items() if package in OURS} == COMMANDS.keys()
