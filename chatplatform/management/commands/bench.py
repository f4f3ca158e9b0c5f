"""`bench`: what a part of the platform achieves, measured on this machine."""

import argparse
import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chatplatform.bench import report, trail
from chatplatform.bench.accounts import command as accounts
from chatplatform.bench.audit import command as audit
from chatplatform.bench.chaos import report as chaos
from chatplatform.bench.chat import command as chat
from chatplatform.bench.chat.stage import Stage
from chatplatform.bench.flood import command as flood
from chatplatform.bench.reports import command as reports
from chatplatform.bench.retention import command as retention
from chatplatform.embedded.process import EmbeddedError


class Command(BaseCommand):
    """Measure, print, and with --gate fail where the agreed numbers are missed."""

    help = "Measure a part of the platform."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """What to measure, and how to report it."""
        parser.add_argument(
            "bench",
            choices=["masking", "chat", "chaos", "flood", "audit", "reports", "retention", "accounts"],
            help="what to measure",
        )
        parser.add_argument("--quality", action="store_true", help="recall and false positives by the labelled corpus")
        parser.add_argument("--failures", action="store_true", help="with --quality: show each failing case")
        parser.add_argument("--fuzz", type=int, metavar="N", help="mutate N numbers, and show what hides them")
        parser.add_argument("--hostile", action="store_true", help="the slowest of messages made to be slow")
        parser.add_argument(
            "--remask",
            type=int,
            metavar="N",
            help="mask N stored conversations of ten messages again, in a database of its own",
        )
        parser.add_argument(
            "--search", type=int, metavar="N", default=0, help="with --hostile: N steps towards slower ones"
        )
        parser.add_argument("--events", type=int, default=trail.EVENTS, help="with audit: verify so many")
        parser.add_argument("--json", action="store_true", help="report as JSON")
        parser.add_argument("--gate", action="store_true", help="fail where the agreed numbers are missed")
        chat.add_arguments(parser)
        chaos.add_arguments(parser)
        flood.add_arguments(parser)
        reports.add_arguments(parser)
        audit.add_arguments(parser)
        retention.add_arguments(parser)
        accounts.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Run the one that was named."""
        measure = {
            "chat": self._chat,
            "chaos": self._chaos,
            "flood": self._flood,
            "accounts": self._accounts,
            "audit": self._audit,
            "masking": self._masking,
            "reports": self._reports,
            "retention": self._retention,
        }
        text, shortfalls = measure[options["bench"]](options)
        self.stdout.write(text)
        if shortfalls and (options["gate"] or options["bench"] == "chaos"):
            raise CommandError("; ".join(shortfalls))

    def _masking(self, options: dict[str, Any]) -> tuple[str, list[str]]:
        terminal = sys.stderr if sys.stderr.isatty() else None
        if options["quality"]:
            return report.quality(as_json=options["json"], failures=options["failures"], terminal=terminal)
        if options["fuzz"]:
            return report.fuzzed(options["fuzz"], as_json=options["json"], terminal=terminal)
        if options["hostile"]:
            return report.slowest(options["search"], as_json=options["json"], terminal=terminal)
        if options["remask"]:
            return self._remasking(options["remask"], as_json=options["json"]), []
        return report.timed(as_json=options["json"], terminal=terminal)

    def _accounts(self, options: dict[str, Any]) -> tuple[str, list[str]]:
        try:
            found = accounts.run(options, base=settings.VAR_DIR / "bench")
        except EmbeddedError as why:
            raise CommandError(str(why)) from None
        return found.text, found.shortfalls

    def _remasking(self, conversations: int, *, as_json: bool) -> str:
        try:
            with Stage(settings.VAR_DIR / "bench") as stage:
                found = reports.measured(stage, "chatplatform.bench.remasking", str(conversations), "10")
        except EmbeddedError as why:
            raise CommandError(str(why)) from None
        return json.dumps(found) if as_json else report.remasked(found)

    def _audit(self, options: dict[str, Any]) -> tuple[str, list[str]]:
        if not any(options[name] for name in ("pages", "cost", "beside")):
            return report.verified(options["events"], as_json=options["json"])
        try:
            found = audit.run(options, base=settings.VAR_DIR / "bench")
        except EmbeddedError as why:
            raise CommandError(str(why)) from None
        return found.text, found.shortfalls

    def _chaos(self, options: dict[str, Any]) -> tuple[str, list[str]]:
        return chaos.run(options, base=settings.VAR_DIR / "bench", tell=self.stderr.write)

    def _flood(self, options: dict[str, Any]) -> tuple[str, list[str]]:
        return flood.run(options, base=settings.VAR_DIR / "bench", tell=self.stderr.write)

    def _chat(self, options: dict[str, Any]) -> tuple[str, list[str]]:
        try:
            found = chat.run(options, base=settings.VAR_DIR / "bench", say=self.stderr.write)
        except chat.Impossible as why:
            raise CommandError(str(why)) from None
        if found.faults:
            self.stdout.write(found.text)
            raise CommandError("; ".join(found.faults))
        return found.text, found.shortfalls

    def _retention(self, options: dict[str, Any]) -> tuple[str, list[str]]:
        try:
            return retention.run(options, base=settings.VAR_DIR / "bench"), []
        except EmbeddedError as why:
            raise CommandError(str(why)) from None

    def _reports(self, options: dict[str, Any]) -> tuple[str, list[str]]:
        try:
            found = reports.run(options, base=settings.VAR_DIR / "bench")
        except EmbeddedError as why:
            raise CommandError(str(why)) from None
        return found.text, found.shortfalls
