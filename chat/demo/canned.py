"""Prepared replies of the demo."""

from __future__ import annotations

from chat.demo import fixed_id
from chat.models import CannedResponse
from security.masking import mask

RESPONSES = (
    ("hello", "Greeting", "Hello! How can I help you?"),
    ("refund", "Refund", "The refund is on its way; it shows on your statement within three working days."),
    ("delivery", "Delivery times", "Delivery takes two to four days and is free from € 50."),
    (
        "card",
        "Card numbers",
        "Please never send card numbers. I don't need yours, and it was hidden before I could see it.",
    ),
    ("bye", "Goodbye", "Thank you for writing to us. Have a nice day!"),
)


def seed_canned_responses() -> None:
    """Make the ones that are missing, in the tenant's scope."""
    for shortcut, title, body in RESPONSES:
        CannedResponse.objects.get_or_create(
            shortcut=shortcut,
            defaults={"title": title, "body": str(mask(body)), "public_id": fixed_id("acme", "canned", shortcut)},
        )
