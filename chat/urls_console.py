"""Addresses of the agents' console."""

from django.urls import path

from chat.views.console import canned_responses, console, visits
from chat.views.reports import own_reports

urlpatterns = [
    path("console/", console, name="console"),
    path("console/canned-responses/", canned_responses, name="console_canned_responses"),
    path("console/visits/", visits, name="console_visits"),
    path("console/reports/", own_reports, name="console_reports"),
    path("console/c/<uuid:conversation>", console, name="console_conversation"),
]
