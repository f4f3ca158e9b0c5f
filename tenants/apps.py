from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect to the signals of libraries and say which records are people; both need the registry of apps."""
        from security.accounts import kept_address
        from security.accounts.passwords import register_rules
        from security.audit import register_subject
        from security.crypto.replacing import register
        from security.models import KeySubject
        from tenants import signals
        from tenants.models import Invitation, Membership
        from tenants.password_rules import rules_of_person
        from tenants.provider_only import keeps_address
        from tenants.services.identity import under_tenant_key
        from tenants.services.sign_in import provider

        register_subject(Membership, KeySubject.PERSON)
        register_subject(Invitation, KeySubject.PERSON)
        register_rules(rules_of_person)
        kept_address.register(keeps_address)
        register(under_tenant_key())
        register(provider.under_tenant_key())
        signals.connect()
