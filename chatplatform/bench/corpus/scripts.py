"""Digits as other scripts, fonts and keyboards write them, and what can stand between them unseen."""

from typing import Final


def _from(zero: int) -> str:
    return "".join(chr(zero + value) for value in range(10))


# Ten signs each, for 0 to 9. Code points from the Unicode Character Database, chart by chart.
SCRIPTS: Final[dict[str, str]] = {
    "arabic-indic": _from(0x0660),
    "extended-arabic": _from(0x06F0),
    "nko": _from(0x07C0),
    "devanagari": _from(0x0966),
    "bengali": _from(0x09E6),
    "gurmukhi": _from(0x0A66),
    "gujarati": _from(0x0AE6),
    "oriya": _from(0x0B66),
    "tamil": _from(0x0BE6),
    "telugu": _from(0x0C66),
    "kannada": _from(0x0CE6),
    "malayalam": _from(0x0D66),
    "thai": _from(0x0E50),
    "lao": _from(0x0ED0),
    "tibetan": _from(0x0F20),
    "myanmar": _from(0x1040),
    "khmer": _from(0x17E0),
    "mongolian": _from(0x1810),
    "full-width": _from(0xFF10),
    "bold": _from(0x1D7CE),
    "double-struck": _from(0x1D7D8),
    "sans": _from(0x1D7E2),
    "sans-bold": _from(0x1D7EC),
    "monospace": _from(0x1D7F6),
    "segmented": _from(0x1FBF0),
    "circled": "⓪①②③④⑤⑥⑦⑧⑨",
    "double-circled": "⓪⓵⓶⓷⓸⓹⓺⓻⓼⓽",
    "negative-circled": "⓿❶❷❸❹❺❻❼❽❾",
    "sans-circled": "🄋➀➁➂➃➄➅➆➇➈",
    "superscript": "⁰¹²³⁴⁵⁶⁷⁸⁹",
    "subscript": "₀₁₂₃₄₅₆₇₈₉",
    "chinese": "〇一二三四五六七八九",
}
KEY_CAP: Final = "\ufe0f\u20e3"
INVISIBLE: Final[dict[str, str]] = {
    "zero-width space": "\u200b",
    "zero-width non-joiner": "\u200c",
    "zero-width joiner": "\u200d",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f",
    "left-to-right override": "\u202d",
    "isolate": "\u2068",
    "variation selector": "\ufe0e",
    "grapheme joiner": "\u034f",
    "combining low line": "\u0332",
    "combining strike": "\u0336",
    "invisible times": "\u2062",
    "mongolian separator": "\u180e",
    "hangul filler": "\u3164",
    "tag space": "\U000e0020",
}
SPACES: Final[dict[str, str]] = {
    "no-break": "\u00a0",
    "narrow no-break": "\u202f",
    "thin": "\u2009",
    "figure": "\u2007",
    "em": "\u2003",
    "hair": "\u200a",
    "ideographic": "\u3000",
    "line separator": "\u2028",
    "next line": "\u0085",
}
SEPARATORS: Final[tuple[str, ...]] = (
    " ", "  ", "   ", "-", " - ", "--", "–", "—", "‑", "−", "‐", ".", "..", ". ", "/", " / ", "\\", "_", "__", ",", ", ", ";", "; ",
    ":", "|", " | ", "*", "~", "=", "+", "#", "·", "•", "\n", "\r\n", "\n\n", "\t", " \n ", "(", ") (", "][", "'", '"', "`", ">", " > ",
    "→", "😀", " 💳 ", "➖", "・", "、", "٫", "،", "_-_", " . ", "^", "!", "?", "…",
)  # fmt: skip
WORDS: Final[dict[str, str]] = {
    "en": "zero one two three four five six seven eight nine",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun",
}


def written(number: str, signs: str) -> str:
    """The number with each digit replaced by its sign."""
    return "".join(signs[int(char)] if char in "0123456789" else char for char in number)


def spoken(number: str, language: str, between: str = " ") -> str:
    words = WORDS[language].split()
    return between.join(words[int(char)] for char in number)


def doubled(number: str) -> str:
    """As it is dictated in English: "double four", "triple zero", and "oh"."""
    said, at = [], 0
    while at < len(number):
        run = next((length for length in (3, 2) if number[at : at + length] == number[at] * length), 1)
        word = "oh" if number[at] == "0" and run == 1 else WORDS["en"].split()[int(number[at])]
        said.append({1: "", 2: "double ", 3: "triple "}[run] + word)
        at += run
    return " ".join(said)
