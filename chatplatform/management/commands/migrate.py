"""`migrate`, as the role that may: the application's own cannot change the schema."""

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as DjangoCommand


class Command(DjangoCommand):
    """Django's command with the owner's connection as its default."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Django's arguments."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")
