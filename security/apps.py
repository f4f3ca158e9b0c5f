from django.apps import AppConfig


class SecurityConfig(AppConfig):
    name = "security"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks and connect to the signals of libraries; both need the registry of apps."""
        from security import checks, tasks  # noqa: F401
        from security.accounts import signals
        from security.audit.record import on_many

        signals.connect()
        on_many(tasks.sign_soon)
