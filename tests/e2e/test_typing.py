"""A visitor's phone keeps up with his fingers while what he writes is looked at."""

from __future__ import annotations

from typing import Final

from .conftest import VisitShop
from .test_measures import frame_of

SLOWER: Final = 6
"""So many times slower than this machine: about a phone of the lower middle."""
A_FRAME: Final = 16
"""Milliseconds between two pictures; at the median, since other work goes on beside a test."""
DRAFT: Final = "I ordered two lamps for the hall on 12 May and one of them came broken, so please send another. " * 5
LOOKS: Final = """async (draft) => {
  const from = performance.getEntriesByType("resource").find(({name}) => /masking\\/engine[^/]*\\.js/.test(name)).name;
  const { look } = await import(from);
  const took = [];
  for (let length = draft.length - 60; length <= draft.length; length += 1) {
    const begun = performance.now();
    look(draft.slice(0, length));
    took.push(performance.now() - begun);
  }
  return took.sort((a, b) => a - b);
}"""


def test_looking_at_a_long_draft_with_a_card_in_it_takes_less_than_a_frame(visit_shop: VisitShop) -> None:
    visitor = visit_shop().open()
    visitor.chat.get_by_role("textbox").fill("Hello 4242 4242 4242 4242")
    visitor.chat.get_by_text("will be hidden").first.wait_for()
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    try:
        draft = f"{DRAFT[:400]} my card is 4242 4242 4242 4242, {DRAFT}"[:500]
        took = frame_of(visitor).evaluate(LOOKS, draft)
    finally:
        session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    assert took[len(took) // 2] < A_FRAME, f"median {took[len(took) // 2]:.1f} ms, slowest {took[-1]:.1f} ms"
