"""`migrate`, as the role that may: the application's own cannot change the schema."""

from argparse import ArgumentParser

from django.core.management.commands.migrate import Command as DjangoCommand


class Command(DjangoCommand):
    """Django's command with the owner's connection as its default."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Django's arguments."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")
