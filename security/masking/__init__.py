"""Masking of what visitors type: card numbers, social security numbers and the tenant's own patterns.

Danger: a miss shows a card number to an agent and stores it; a false hit destroys what somebody wrote.
Rule: pure functions, no Django; text leaves as `MaskedText` or not at all – an error withholds the message.
Proof: tests/security/masking/, with the vectors in tests/vectors/masking.json that the browser's copy runs as well.
"""

from security.masking.engine import MAX_LENGTH, WITHHELD, TooLong, mask, mask_line, mask_or_withhold
from security.masking.patterns import Pattern, PatternRefused
from security.masking.policy import MaskingPolicy, TooManySteps, UnknownPack, default_policy
from security.masking.splitting.stream import Fed, Revision, Stream
from security.masking.text import Finding, MaskedText
from security.masking.withholding import withheld

__all__ = [
    "MAX_LENGTH",
    "WITHHELD",
    "Fed",
    "Finding",
    "MaskedText",
    "MaskingPolicy",
    "Pattern",
    "PatternRefused",
    "Revision",
    "Stream",
    "TooLong",
    "TooManySteps",
    "UnknownPack",
    "default_policy",
    "mask",
    "mask_line",
    "mask_or_withhold",
    "withheld",
]
