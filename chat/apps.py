from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say to the audit trail that a visitor's personal values are sealed under the visitor's own key."""
        from chat.models import Visitor
        from security.audit import register_subject
        from security.models import KeySubject

        register_subject(Visitor, KeySubject.VISITOR)
