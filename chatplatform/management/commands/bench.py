"""`bench`: what a part of the platform achieves, measured on this machine."""

import argparse
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chatplatform.bench import report, trail
from chatplatform.bench.chat import command as chat


class Command(BaseCommand):
    """Measure, print, and with --gate fail where the agreed numbers are missed."""

    help = "Measure a part of the platform."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """What to measure, and how to report it."""
        parser.add_argument("bench", choices=["masking", "chat", "audit"], help="what to measure")
        parser.add_argument("--quality", action="store_true", help="recall and false positives by the labelled corpus")
        parser.add_argument("--failures", action="store_true", help="with --quality: show each failing case")
        parser.add_argument("--fuzz", type=int, metavar="N", help="mutate N numbers, and show what hides them")
        parser.add_argument("--hostile", action="store_true", help="the slowest of messages made to be slow")
        parser.add_argument(
            "--search", type=int, metavar="N", default=0, help="with --hostile: N steps towards slower ones"
        )
        parser.add_argument("--events", type=int, default=trail.EVENTS, help="with audit: verify so many")
        parser.add_argument("--json", action="store_true", help="report as JSON")
        parser.add_argument("--gate", action="store_true", help="fail where the agreed numbers are missed")
        chat.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Run the one that was named."""
        terminal = sys.stderr if sys.stderr.isatty() else None
        if options["bench"] == "chat":
            text, shortfalls = self._chat(options)
        elif options["bench"] == "audit":
            text, shortfalls = report.verified(options["events"], as_json=options["json"])
        elif options["quality"]:
            text, shortfalls = report.quality(as_json=options["json"], failures=options["failures"], terminal=terminal)
        elif options["fuzz"]:
            text, shortfalls = report.fuzzed(options["fuzz"], as_json=options["json"], terminal=terminal)
        elif options["hostile"]:
            text, shortfalls = report.slowest(options["search"], as_json=options["json"], terminal=terminal)
        else:
            text, shortfalls = report.timed(as_json=options["json"], terminal=terminal)
        self.stdout.write(text)
        if options["gate"] and shortfalls:
            raise CommandError("; ".join(shortfalls))

    def _chat(self, options: dict[str, Any]) -> tuple[str, list[str]]:
        try:
            found = chat.run(options, base=settings.VAR_DIR / "bench", say=self.stderr.write)
        except chat.Impossible as why:
            raise CommandError(str(why)) from None
        if found.faults:
            self.stdout.write(found.text)
            raise CommandError("; ".join(found.faults))
        return found.text, found.shortfalls
