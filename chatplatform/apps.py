from django.apps import AppConfig


class ChatplatformConfig(AppConfig):
    """Wiring; an app only so that its commands are found."""

    name = "chatplatform"
