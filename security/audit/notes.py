"""Checkpoints as notes: reading one, and asking who signed it. A part of the file that auditors verify exports with."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from security.audit.ed25519 import is_signature

FORMAT: Final = "chatplatform-audit"
HASH_BYTES: Final = 32
PRINT_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint as it was read: what is signed, and by whom it says it is."""

    chain: UUID
    seq: int
    hash: bytes
    after: int
    prints: bytes
    text: bytes
    signatures: tuple[tuple[bytes, bytes], ...]

    def says(self, seq: int, found: bytes) -> bool:
        """Whether event `seq`, one of those that it covers, had this hash when it was signed."""
        if seq == self.seq:
            return found == self.hash
        start = (seq - self.after - 1) * PRINT_BYTES
        return found[:PRINT_BYTES] == self.prints[start : start + PRINT_BYTES]

    def signer_among(self, keys: Iterable[bytes]) -> bytes | None:
        """Which of the keys signed it."""
        for key in keys:
            for name, made in self.signatures:
                if name == key_id(key) and is_signature(key, self.text, made):
                    return key
        return None

    def is_signed_by(self, keys: Iterable[bytes]) -> bool:
        """Whether one of the keys signed it."""
        return self.signer_among(keys) is not None


def key_id(key: bytes) -> bytes:
    """By what a signature says which key made it (C2SP signed-note)."""
    return sha256(FORMAT.encode() + b"\n\x01" + key).digest()[:4]


def read_key(text: str) -> bytes:
    """A public key as it is shown: NAME+ID+KEY; ValueError for anything else."""
    name, shown, encoded = (*text.strip().split("+", 2), "", "")[:3]
    raw = b64decode(encoded, validate=True)
    if name != FORMAT or len(raw) != HASH_BYTES + 1 or raw[:1] != b"\x01" or shown != key_id(raw[1:]).hex():
        raise ValueError("not a public key of an audit trail")
    return raw[1:]


def read_note(note: str) -> Note:
    """A checkpoint; ValueError for what is none."""
    text, blank, rest = note.partition("\n\n")
    origin, seq_line, hash_line, signed_line, after_line, prints_line = text.split("\n")
    begins = (signed_line[:7], after_line[:6], prints_line[:7]) == ("signed ", "after ", "prints ")
    chain = UUID(origin[len(FORMAT) + 1 :])
    seq, after = int(seq_line), int(after_line[6:])
    root = b64decode(hash_line, validate=True)
    prints = b64decode(prints_line[7:], validate=True)
    is_counted = 0 <= after < seq and len(prints) == (seq - after) * PRINT_BYTES
    if not blank or not begins or not is_counted or len(root) != HASH_BYTES or origin != f"{FORMAT}/{chain}":
        raise ValueError("not a checkpoint")
    signatures = tuple(_signature(line) for line in rest.splitlines())
    return Note(chain, seq, root, after, prints, f"{text}\n".encode(), signatures)


def read_notes(text: str) -> list[Note]:
    """All checkpoints in a file or a mail, whatever else stands between them."""
    whole = rf"^{FORMAT}/.+\n\d+\n.+\nsigned .+\nafter .+\nprints .+\n\n(?:— .+\n?)+"
    return [read_note(found) for found in re.findall(whole, text.replace("\r\n", "\n"), re.MULTILINE)]


def _signature(line: str) -> tuple[bytes, bytes]:
    """The id of a key, and what it made; empty for a line of another name."""
    dash, name, encoded = line.split(" ")
    raw = b64decode(encoded, validate=True)
    if (dash, name) != ("—", FORMAT):
        return b"", b""
    return raw[:4], raw[4:]
