"""A mail's whole way: the real web server queues it, a real worker on a real broker sends it."""

from __future__ import annotations

from pathlib import Path

import httpx
from django.conf import settings

from chatplatform.embedded.process import wait_until
from security.models import Mail
from security.scoping import PLATFORM_TENANT_ID, tenant_scope
from tests.services import session
from tests.services.web import WebServer, Worker

ADDRESS = "nobody@nowhere.example"
PATH = "/accounts/password/reset/"


def left() -> int:
    with tenant_scope(PLATFORM_TENANT_ID):
        return Mail.objects.count()


def test_a_worker_sends_what_a_page_queued(server: WebServer, tmp_path: Path) -> None:
    worker = Worker(session.urls(), tmp_path, {"LOG_LEVEL": "DEBUG"})
    worker.start()
    try:
        with httpx.Client(base_url=server.url, headers={"Origin": server.url}) as browser:
            browser.get(PATH)
            form = {"email": ADDRESS, "csrfmiddlewaretoken": browser.cookies[settings.CSRF_COOKIE_NAME]}
            assert browser.post(PATH, data=form).status_code == 302
        wait_until(
            lambda: f"To: {ADDRESS}".encode() in worker.log.read_bytes() and not left(),
            alive=lambda: worker.child is not None and worker.child.is_alive,
            seconds=20,
            failure=lambda: f"No mail came; {left()} wait.",
        )
    finally:
        worker.stop()
