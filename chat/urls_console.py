"""Addresses of the agents' console."""

from django.urls import path

from chat.views.console import canned_responses, console, keep_canned_response, remove_canned_response, visits
from chat.views.reports import own_reports

urlpatterns = [
    path("console/", console, name="console"),
    path("console/canned-responses/", canned_responses, name="console_canned_responses"),
    path("console/canned-responses/own/", keep_canned_response, name="console_keep_canned_response"),
    path(
        "console/canned-responses/own/<uuid:response>/remove/",
        remove_canned_response,
        name="console_remove_canned_response",
    ),
    path("console/visits/", visits, name="console_visits"),
    path("console/reports/", own_reports, name="console_reports"),
    path("console/c/<uuid:conversation>", console, name="console_conversation"),
]
