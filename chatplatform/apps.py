"""The wiring as an app."""

from django.apps import AppConfig


class ChatplatformConfig(AppConfig):
    """Finds our commands, and makes our Celery application the one that every task is queued on."""

    name = "chatplatform"

    def ready(self) -> None:
        """Import the Celery application, which becomes the current one by that."""
        from chatplatform import celery  # noqa: F401  it reads the settings
