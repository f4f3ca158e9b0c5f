"""Our own scripts as they are sent: comments are for readers of the source. Pure.

Rule: only whole lines go, `//` lines and blocks that begin and end on lines of their own, so nothing has to be understood of the
language. A template literal must not hold such a line. Proof: tests/chatplatform/test_comments.py.
"""

import re

_BLOCK = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)


def without_comments(script: str) -> str:
    """The script without the lines that are nothing but comment."""
    return _LINE.sub("", _BLOCK.sub("", script))
