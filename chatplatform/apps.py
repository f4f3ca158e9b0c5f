"""The wiring as an app."""

from django.apps import AppConfig

from chatplatform.steady_pool import try_steadily


class ChatplatformConfig(AppConfig):
    """Finds our commands, and makes our Celery application the one that every task is queued on."""

    name = "chatplatform"

    def ready(self) -> None:
        """Say how pools try again, before one is opened; import the Celery application, which becomes the current one by that."""
        try_steadily()
        from chatplatform import celery  # noqa: F401  it reads the settings
