"""Nothing happens without a trace: every page that is shown or refused, every frame, task and command leaves one event, or says why not.

What is walked comes from the resolver and the registries, so that something new fails here until it leaves its event or has its reason.
"""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.core.management import get_commands

from chat.live.protocol import AGENT_FRAMES, VISITOR_FRAMES
from chatplatform.celery import app
from security.audit import Action
from security.models import AuditEvent
from security.scoping import tenant_scope
from tests.test_completeness import OURS
from tests.test_url_matrix import SHOWN_TO, browser, routes
from tests.url_objects import address, objects

from . import cast
from .cast import Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organisation:
    return cast.acme()


def newest(of: Organisation) -> int:
    with tenant_scope(of.tenant_id):
        return AuditEvent.objects.order_by("-seq").values_list("seq", flat=True)[0]


def actions_after(of: Organisation, seq: int) -> list[str]:
    with tenant_scope(of.tenant_id):
        found = AuditEvent.objects.filter(seq__gt=seq).order_by("seq")
        return [f"{event.action} {event.outcome}" for event in found]


QUIET = {
    "one's own account, and no data of the organisation's": [
        *(
            "accounts/confirm-email/",
            "accounts/email/",
            "accounts/inactive/",
            "accounts/logout/",
            "accounts/password/reset/",
        ),
        *(
            "accounts/password/reset/done/",
            "accounts/password/reset/key/done/",
            "accounts/password/set/",
            "accounts/provider/",
            "accounts/session/",
            "accounts/sessions/",
        ),
        *("accounts/2fa/", "accounts/2fa/recovery-codes/generate/", "accounts/2fa/totp/activate/"),
        *("accounts/2fa/webauthn/", "accounts/2fa/webauthn/add/"),
    ],
    "nobody's data: the same for everybody": [
        *(
            "",
            "admin/jsi18n/",
            "signup/",
            "signup/sent/",
            "w.js",
            "admin/audit/verifier/",
            "widget/<str:key>/",
            "widget/<str:key>/theme.css",
        ),
    ],
    "a menu or a set-up, without anybody's data": ["admin/", "get-started/", "get-started/status/"],
    "an empty frame: what it shows comes by frames of a socket, which leave their events": [
        *("console/", "console/c/<uuid:conversation>", "console/visits/"),
    ],
    "an empty form": [
        *(
            "admin/visitors/",
            "admin/chat/cannedresponse/add/",
            "admin/chat/tag/add/",
            "admin/masking/rules/add/",
            "admin/tenants/businesshours/add/",
        ),
        *("admin/tenants/department/add/", "admin/tenants/invitation/add/", "admin/tenants/site/add/"),
        "admin/retention/holds/add/",
    ],
    "a question before an act, which leaves the event": [
        *("admin/chat/conversation/<object_id>/block/", "admin/retention/holds/<uuid:hold>/release/"),
        *("admin/chat/cannedresponse/<object_id>/delete/", "admin/chat/tag/<object_id>/delete/"),
        "admin/chat/tag/<object_id>/merge/",
        *("admin/security/passwords/require/", "admin/tenants/businesshours/<object_id>/delete/"),
        *("admin/tenants/department/<object_id>/delete/", "admin/tenants/department/<object_id>/make-default/"),
        *("admin/tenants/invitation/<object_id>/withdraw/", "admin/tenants/membership/<object_id>/end-sessions/"),
        *("admin/tenants/membership/<object_id>/remove/", "admin/tenants/membership/<object_id>/require-password/"),
        "admin/tenants/membership/<object_id>/reset-second-factor/",
        *("admin/tenants/membership/<object_id>/resume/", "admin/tenants/membership/<object_id>/suspend/"),
        *("admin/tenants/operatorentry/<object_id>/allow/", "admin/tenants/operatorentry/<object_id>/end/"),
        *("admin/tenants/operatorentry/<object_id>/refuse/", "admin/tenants/site/<object_id>/renew-secret/"),
    ],
    "the organisation's own settings, as their last change in the trail says": [
        *("admin/chat/cannedresponse/", "admin/chat/cannedresponse/<object_id>/change/", "admin/chat/tag/"),
        "console/canned-responses/",
        *("admin/chat/tag/<object_id>/change/", "admin/masking/", "admin/masking/rules/<uuid:rule>/"),
        *(
            "admin/security/domains/",
            "admin/security/provider/",
            "admin/security/keys/",
            "admin/security/networks/",
            "admin/security/passwords/",
            "admin/security/second-factor/",
            "admin/security/sessions/",
            "admin/tenants/businesshours/",
            "admin/tenants/businesshours/<object_id>/change/",
        ),
        *("admin/tenants/department/", "admin/tenants/department/<object_id>/change/", "admin/tenants/site/"),
        "admin/account/",
        *("admin/tenants/site/<object_id>/change/", "admin/retention/", "admin/retention/rule/"),
        "admin/retention/server/",
        "admin/retention/departments/<uuid:department>/rule/",
    ],
    "the organisation's own staff to those who administer it; no visitor's data": [
        *("admin/security/locks/", "admin/tenants/invitation/", "admin/tenants/invitation/<object_id>/change/"),
        *("admin/tenants/membership/", "admin/tenants/membership/<object_id>/change/", "admin/tenants/operatorentry/"),
        *("admin/tenants/operatorentry/<object_id>/change/",),
    ],
    "who holds which right, to those who give them out": [
        *("admin/permissions/", "admin/permissions/<str:permission>/", "admin/tenants/membership/<object_id>/roles/"),
        *("admin/tenants/role/", "admin/tenants/role/<object_id>/change/", "admin/tenants/role/<object_id>/remove/"),
        "admin/tenants/role/add/",
    ],
    "counts, never contents": [
        *("admin/audit/", "admin/alerts/", "admin/audit/checks/<uuid:check>/"),
        *("admin/masking/jobs/<uuid:job>/", "admin/reports/", "admin/reports/<slug:report>/", "console/reports/"),
    ],
}
"""Pages that leave no event when they are shown, by why that is harmless."""

TWICE = {"admin/chat/block/<object_id>/history/": "shows a visitor's block, and the trail about it"}
"""Pages that show two things."""

VISITOR_ACTS = {
    "hello": "conversation.created",
    "identify": "visitor.identified",
    "end": "conversation.closed",
    "rate": "conversation.rated",
}
AGENT_ACTS = {
    "list": "conversation.searched",
    "next": "conversation.taken",
    "claim": "conversation.taken",
    "edit": "message.edited",
    "history": "conversation.read",
    "transfer": "conversation.transferred",
    "accept": "conversation.taken",
    "decline": "conversation.declined",
    "tag": "conversation.tagged",
    "close": "conversation.closed",
    "reopen": "conversation.reopened",
    "watch": "conversation.watched",
    "block": "visitor.blocked",
    "unblock": "visitor.unblocked",
}
"""The event of each frame that acts or reads."""
QUIET_FRAMES = {
    "message": "a message is its own record, numbered and never lost",
    "note": "a note is its own record",
    "typing": "nothing is stored",
    "read": "how far one has read what one was shown",
    "profile": "what a visitor says of himself is his own record",
    "page": "where a visitor is",
    "ping": "nothing happens",
    "unwatch": "the end of a watch, which left its event",
    "availability": "one's own state, of the moment",
}
JOBS = {
    "chat.close_account": "tenant.closed",
    "chat.export_organisation": "audit.exported",
    "chat.keep_retention": "retention.run",
    "chat.send_transcripts": "retention.sent",
    "tenants.prune_trail": "audit.pruned",
    "tenants.recheck_domains": "domain.lost",
    "tenants.raise_alerts": "alert.raised",
    "tenants.warn_of_certificates": "provider.certificate_ending",
    "tenants.run_trail_check": "audit.verified",
    "tenants.replace_key": "key.destroyed",
    "tenants.end_operators_entries": "operator.left",
    "chat.sweep_queue": "conversation.requeued",
    "chat.close_idle": "conversation.closed",
    "chat.count_usage": "plan.warned",
    "chat.run_masking_job": "masking.remasked",
    "security.sweep_mail": "mail.given_up",
    "security.sign_checkpoints": "audit.checkpoint_refused",
}
QUIET_JOBS = {
    "chat.sweep_retention": "queues tasks",
    "chat.close_accounts": "queues tasks",
    "chat.keep_exports": "queues what was asked for with an event, and takes away what is over",
    "chat.keep_exports_everywhere": "queues tasks",
    "chat.send_transcripts_everywhere": "queues tasks",
    "chat.count_usage": "counts, which nobody asked for and nobody is shown by it",
    "chat.count_usage_everywhere": "queues tasks",
    "chat.copy_erasures": "the erasure left its event",
    "tenants.warn_of_passwords": "mails a warning of a rule that is there; nothing changes",
    "tenants.warn_of_passwords_everywhere": "queues tasks",
    "chat.resume_masking_jobs": "queues jobs, which leave their events",
    "chat.resume_masking_jobs_everywhere": "queues tasks",
    "chat.sweep_queues": "queues tasks",
    "chat.close_idle_everywhere": "queues tasks",
    "security.deliver_mail": "the act that wrote the mail left the event",
    "security.mail_checkpoints": "sends what is signed; no contents",
    "tenants.mail_checkpoint": "sends what is signed to whom a setting names; no contents",
    "tenants.mail_checkpoints_everywhere": "queues tasks",
    "tenants.prune_trails_everywhere": "queues tasks",
    "tenants.recheck_domains_everywhere": "queues tasks",
    "tenants.warn_of_certificates_everywhere": "queues tasks",
    "tenants.raise_alerts_everywhere": "queues tasks",
    "tenants.resume_trail_checks": "queues checks, which leave their events",
    "tenants.replace_keys_everywhere": "queues tasks",
    "tenants.resume_trail_checks_everywhere": "queues tasks",
    "tenants.sweep_accounts": "removes what has run out",
}
COMMANDS = {
    "erase_visitor": "visitor.erased",
    "replace_tenant_key": "key.replaced",
    "rotate_keys": "key.rewrapped",
    "export_organisation": "tenant.exported",
    "export_visitor": "visitor.exported",
    "reapply_erasures": "visitor.erased",
    "restore_archive": "archive.restored",
    "run_retention": "retention.run",
    "accept_restore": "audit.restored",
    "create_tenant": "tenant.created",
    "export_audit": "audit.exported",
    "remask": "masking.remasked",
    "verify_audit": "audit.verified",
}
QUIET_COMMANDS = {
    "audit_key": "prints a public key",
    "bench": "measures made-up data",
    "check_config": "reads settings",
    "migrate": "the schema, by its owner, outside the application",
    "seed_demo": "the demo's own services leave their events",
    "serve": "serves",
}


def test_each_frame_task_and_command_has_its_event_or_its_reason() -> None:
    """Which event it is, each one's own tests say."""
    app.loader.import_default_modules()
    frames = {*AGENT_FRAMES, *VISITOR_FRAMES}
    assert frames == {*AGENT_ACTS, *VISITOR_ACTS, *QUIET_FRAMES}
    assert {name for name in app.tasks if not name.startswith("celery.")} == {*JOBS, *QUIET_JOBS}
    ours = {name for name, package in get_commands().items() if package in OURS}
    assert ours == {*COMMANDS, *QUIET_COMMANDS}
    named = {*AGENT_ACTS.values(), *VISITOR_ACTS.values(), *JOBS.values(), *COMMANDS.values()}
    assert named <= {action.value for action in Action}


def asked(of: Organisation, letter: str) -> dict[str, tuple[int, list[str]]]:
    """What each page answered one of the people, and the events it left."""
    known, client, found = objects(of), browser(of, letter), {}
    for route in sorted(set(routes())):
        if route not in SHOWN_TO:
            continue
        cache.clear()
        before = newest(of)
        status = client.get(address(route, of, known)).status_code
        found[route] = (status, actions_after(of, before))
    return found


def test_each_page_that_is_shown_leaves_one_event_or_is_listed(acme: Organisation) -> None:
    found = {route: events for route, (status, events) in asked(acme, "O").items() if status == 200}
    assert len(found) > 50
    assert {route for route, events in found.items() if len(events) > 1} == TWICE.keys()
    quiet = {route for route, events in found.items() if not events}
    listed = {route for routes_of_reason in QUIET.values() for route in routes_of_reason}
    assert not quiet ^ listed, "\n".join(sorted(quiet ^ listed))


def test_each_page_that_is_refused_leaves_one_event(acme: Organisation) -> None:
    found = {route: events for route, (status, events) in asked(acme, "G").items() if status == 403}
    assert len(found) > 20
    assert {route: events for route, events in found.items() if events != ["access.denied denied"]} == {}
