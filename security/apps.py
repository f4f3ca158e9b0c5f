from django.apps import AppConfig


class SecurityConfig(AppConfig):
    name = "security"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks and what a tenant's key seals, connect to the signals of libraries; all need the registry of apps."""
        from security import checks, tasks  # noqa: F401
        from security.accounts import resets, signals
        from security.accounts.outbox import register_writer, under_tenant_key
        from security.audit.record import on_many
        from security.crypto.replacing import register

        signals.connect()
        on_many(tasks.sign_soon)
        register(under_tenant_key())
        register_writer(resets.WRITER, resets.write)
