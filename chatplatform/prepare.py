"""`python -m chatplatform.prepare [PIPE]`: brings the database up to date and, with DEMO=1, fills in the demo.

One process for both, since loading the project is most of the time of a second start. PIPE is told when the database
is ready for the servers: they come up while the demo is filled in.
"""

import io
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from chatplatform.console import step

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
django.setup()  # what follows imports models

from chat.demo.people import switch_accounts


def main(ready: str | None = None) -> None:
    """Do what is not done yet."""
    executor = MigrationExecutor(connections["owner"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        with step(f"Bringing the database up to date, {len(plan)} migrations"):
            call_command("migrate", verbosity=0)
    if ready is not None:
        os.write(int(ready), b"migrated")
        os.close(int(ready))
    if settings.DEMO and "seed_demo" in get_commands():
        with step("Filling in the demo"):
            call_command("seed_demo", verbosity=0, stdout=io.StringIO())
    elif not settings.DEMO:
        switch_accounts(is_active=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
