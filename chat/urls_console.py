"""Addresses of the agents' console."""

from django.urls import path

from chat.views.console import console

urlpatterns = [
    path("console/", console, name="console"),
    path("console/c/<uuid:conversation>", console, name="console_conversation"),
]
