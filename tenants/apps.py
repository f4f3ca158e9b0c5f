from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect to the signals of libraries, which needs the registry of apps."""
        from tenants import signals

        signals.connect()
