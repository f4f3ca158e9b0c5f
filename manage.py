#!/usr/bin/env python
"""Django's command line; finds or starts the embedded parts that a command needs."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured

from chatplatform.configuration import report_unsound
from chatplatform.embedded.adopt import adopt
from chatplatform.embedded.process import EmbeddedError


def main() -> None:
    """Run the command named by the arguments."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatplatform.settings")
    is_check = sys.argv[1:2] == ["check_config"] and not {"-h", "--help"} & set(sys.argv)
    try:
        adopt(sys.argv)
    except EmbeddedError as error:
        sys.exit(str(error))
    except ImproperlyConfigured as error:
        if not is_check:
            sys.exit(str(error))
    if is_check and report_unsound(sys.argv[2:]):
        sys.exit(1)
    from django.core.management import execute_from_command_line  # noqa: PLC0415  after what it reads

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # our settings' sentences need no traceback


if __name__ == "__main__":
    main()
