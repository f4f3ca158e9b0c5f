"""Ways in which programs and paste write a digit or what stands between digits."""

import html
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote


def percent(text: str) -> str:
    return "".join(f"%{ord(char):02X}" if char.isascii() else quote(char) for char in text)


def percent_low(text: str) -> str:
    return percent(text).lower()


def percent_separators(text: str) -> str:
    return quote(text, safe="")


def percent_twice(text: str) -> str:
    return percent(text).replace("%", "%25")


def entities(text: str) -> str:
    return "".join(f"&#{ord(char)};" for char in text)


def entities_hex(text: str) -> str:
    return "".join(f"&#x{ord(char):x};" for char in text)


def entities_padded(text: str) -> str:
    return "".join(f"&#{ord(char):07};" for char in text)


def entities_bare(text: str) -> str:
    """Without the semicolon, which browsers forgive."""
    return " ".join(f"&#{ord(char)}" for char in text if char != " ")


def entities_twice(text: str) -> str:
    return html.escape(entities(text))


def entity_spaces(text: str) -> str:
    return text.replace(" ", "&nbsp;")


def escaped(text: str) -> str:
    """As JSON does it: beyond the first plane in two halves."""
    pairs = text.encode("utf-16-be").hex()
    return "".join(f"\\u{pairs[at : at + 4]}" for at in range(0, len(pairs), 4))


def escaped_braces(text: str) -> str:
    return "".join(f"\\u{{{ord(char):x}}}" for char in text)


def escaped_short(text: str) -> str:
    return "".join(f"\\x{ord(char):02x}" if char.isascii() else char for char in text)


def escaped_twice(text: str) -> str:
    return escaped(text).replace("\\", "\\\\")


def escaped_lines(text: str) -> str:
    """Line ends as JSON writes them."""
    return text.replace(" ", "\\n")


def tags(text: str) -> str:
    return "".join(f"<b>{part}</b>" for part in text.split(" "))


def tags_inside(text: str) -> str:
    return re.sub(r"(\d\d)(?=\d)", r"\1<wbr>", text)


def tags_rows(text: str) -> str:
    return "<tr>" + "".join(f"<td>{part}</td>" for part in text.split(" ")) + "</tr>"


def tags_spans(text: str) -> str:
    return "".join(f'<span class="d">{char}</span>' for char in text if char != " ")


def comments(text: str) -> str:
    return text.replace(" ", "<!-- -->")


def some_percent(text: str) -> str:
    return "".join(percent(char) if at % 3 == 0 else char for at, char in enumerate(text))


def some_entities(text: str) -> str:
    return "".join(entities(char) if at % 4 == 1 else char for at, char in enumerate(text))


def markdown(text: str) -> str:
    return " ".join(f"**{part}**" for part in text.split(" "))


def quoted(text: str) -> str:
    return "\n".join(f"> {part}" for part in text.split(" "))


ENCODINGS: Final[tuple[Callable[[str], str], ...]] = (
    percent, percent_low, percent_separators, percent_twice, entities, entities_hex, entities_padded, entities_bare, entities_twice,
    entity_spaces, escaped, escaped_braces, escaped_short, escaped_twice, escaped_lines, tags, tags_inside, tags_rows, tags_spans, comments,
    some_percent, some_entities, markdown, quoted,
)  # fmt: skip
