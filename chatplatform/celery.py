"""The Celery application: JSON only, ids instead of contents, and the schedule in code."""

import os
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")

LONGEST_TASK_SECONDS = 30 * 60

app = Celery("chatplatform")
app.set_default()  # the current one is the current thread's: in a page's thread, tasks would go to a broker that nobody named
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    # A worker that is killed gives its task to another one: every task can be run twice.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_time_limit=LONGEST_TASK_SECONDS,
    # Longer than the longest task, or the broker would give out a running one again.
    broker_transport_options={"visibility_timeout": 2 * LONGEST_TASK_SECONDS},
    worker_send_task_events=False,
    timezone="UTC",
)


@app.on_configure.connect
def _read_settings(**_: Any) -> None:
    app.conf.update(broker_url=settings.CELERY_BROKER_URL, broker_use_ssl=settings.CELERY_BROKER_USE_SSL)


app.autodiscover_tasks()


@signals.setup_logging.connect
def _keep_our_log(**_: Any) -> None:
    """Nothing: that somebody listens keeps Celery from handlers of its own, which would write what tasks raise unmasked."""


@signals.worker_process_init.connect
def _leave_inherited_pool(**_: Any) -> None:
    """A forked process has its parent's connection pool but not the threads that serve it: begin anew."""
    for connection in connections.all():
        connection.connection = None
        type(connection)._connection_pools.clear()  # type: ignore[attr-defined]  # noqa: SLF001
