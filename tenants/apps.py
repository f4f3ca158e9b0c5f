from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect to the signals of libraries and say which records are people; both need the registry of apps."""
        from security.audit import register_subject
        from security.models import KeySubject
        from tenants import signals
        from tenants.models import Invitation, Membership

        register_subject(Membership, KeySubject.PERSON)
        register_subject(Invitation, KeySubject.PERSON)
        signals.connect()
