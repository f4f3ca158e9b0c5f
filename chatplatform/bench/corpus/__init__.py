"""The labelled corpus: `*.jsonl` was written by hand, the modules beside it combine shapes.

No number is anybody's: each is a published test number, or made of a seed with its check digit computed.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from chatplatform.bench.cases import Case, load

from . import made_cards, made_clean, made_packs, made_splits, made_ssns


def every_case() -> Iterator[Case]:
    """What is written, then what is made; the same in every run."""
    yield from load()
    numbered: Counter[str] = Counter()
    for case in chain(made_cards.made(), made_ssns.made(), made_splits.made(), made_clean.made(), made_packs.made()):
        numbered[case.group] += 1
        yield replace(case, id=f"{case.group.replace(' ', '-')}-made-{numbered[case.group]}")
