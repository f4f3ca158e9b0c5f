"""The vectors that the browser's copy runs too (tests/js/masking.test.js), and its copy of the tables."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from security.masking import MaskingPolicy, mask
from security.masking.tables import JS_MODULE, js_module, tables

ROOT = Path(__file__).resolve().parents[3]
VECTORS: list[dict[str, Any]] = json.loads((ROOT / "tests/vectors/masking.json").read_text("utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["about"] for vector in VECTORS])
def test_each_vector_is_masked_as_it_says(vector: dict[str, Any]) -> None:
    # The browser knows no allow-list: what both of them say of these is what no list rescues.
    policy = MaskingPolicy(allowed=tuple(vector.get("allowed", ())))
    masked = mask(vector["text"], policy, vector.get("context", ()))
    assert masked == vector["masked"]
    assert [
        {"kind": f.kind, "start": f.start, "end": f.end, "rule": f.rule, "reasons": list(f.reasons)}
        for f in masked.findings
    ] == vector["findings"]


def test_the_browser_has_the_same_tables() -> None:
    assert (ROOT / JS_MODULE).read_text("utf-8") == js_module()


def test_every_unicode_digit_is_read_as_its_value() -> None:
    for code in range(0x110000):
        value = unicodedata.digit(chr(code), None)
        if value is not None:
            assert tables().folded[code] == str(value), hex(code)


def test_brands_are_well_formed() -> None:
    for brand in tables().brands:
        assert all(13 <= length <= 19 for length in brand.lengths)
        for low, high in brand.prefixes:
            assert len(low) == len(high)
            assert low <= high
            assert (low + high).isdigit()
