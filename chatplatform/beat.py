"""`celery -A chatplatform.beat:app beat`: the schedule, in code; every entry expires before its next turn."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
django.setup()  # tasks import models

from chat.tasks import SCHEDULE as CHAT
from chatplatform.celery import app
from security.tasks import SCHEDULE as SECURITY
from tenants.tasks import SCHEDULE as TENANTS

app.conf.beat_schedule = {**CHAT, **TENANTS, **SECURITY}

__all__ = ["app"]
