"""`check_config`: whether the settings and what they name would let the platform start."""

import argparse
import json
from typing import Any

from django.core.checks import ERROR, run_checks
from django.core.management.base import BaseCommand, CommandError

from chatplatform import health, reasons


class Command(BaseCommand):
    """Report on settings, database, migrations and Redis; fail when the platform could not serve."""

    help = "Check the settings and what they name."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """How to report."""
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Look at each part; settings were read on the way here, so they are sound."""
        faults = {"database": reasons.database_fault(), "redis": reasons.redis_fault()}
        parts = {"settings": "up", **{name: "down" if fault else "up" for name, fault in faults.items()}}
        parts["migrations"] = health.migrations_state() if parts["database"] == "up" else "down"
        problems = [fault for fault in (*faults.values(), reasons.static_fault()) if fault]
        if parts["migrations"] == "pending":
            problems.append("The database lacks migrations: run manage.py migrate as the role of DATABASE_OWNER_URL.")
        problems += [
            f"{message.id}: {message.msg}"
            for message in run_checks(databases=["default"] if parts["migrations"] == "up" else None)
            if message.level >= ERROR
        ]
        ok = not problems and all(state == "up" for state in parts.values())
        if options["json"]:
            self.stdout.write(json.dumps({"ok": ok, **parts, "problems": problems}))
        else:
            for name, state in parts.items():
                self.stdout.write(f"{name:<12}{state}")
            for problem in problems:
                self.stdout.write(problem)
        if not ok:
            raise CommandError("The platform would not start like this.")
