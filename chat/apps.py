from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say whose key seals a visitor's values in the trail, where conversations of a deleted department go, and what goes with a member."""
        from chat.models import Visitor
        from chat.retention import exporting, holds
        from chat.retention.departments import require_as_long
        from chat.retention.servers import configured
        from chat.services.canned_responses import remove_all_of
        from chat.services.lifecycle import hand_over_department
        from security.audit import register_subject
        from security.crypto.replacing import register
        from security.models import KeySubject
        from tenants.services.departments import on_deletion
        from tenants.services.people.members import on_removal

        register_subject(Visitor, KeySubject.VISITOR)
        on_deletion(require_as_long)  # which asks about what is handed over next
        on_deletion(hand_over_department)
        on_removal(remove_all_of)
        register(holds.under_tenant_key())
        register(configured.under_tenant_key())
        register(exporting.under_tenant_key())
