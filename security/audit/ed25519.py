"""Ed25519 (RFC 8032), to verify only: slow and plain, without a library. Nothing secret passes through it."""

from __future__ import annotations

from hashlib import sha512
from typing import Final

_BYTES: Final = 32
_P, _L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_Point = tuple[int, int, int, int]


def _added(p: _Point, q: _Point) -> _Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, p: _Point) -> _Point:
    total: _Point = (0, 1, 1, 0)
    while number:
        total = _added(total, p) if number & 1 else total
        p, number = _added(p, p), number >> 1
    return total


def _point(encoded: bytes) -> _Point:
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y % 2**255
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if len(encoded) != _BYTES or y >= _P or (x * x - square) % _P or (x == 0 and sign):
        raise ValueError("not a point")
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


_BASE: Final = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))


def is_signature(key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether the owner of `key` signed `text`."""
    try:
        owner, nonce = _point(key), _point(signature[:32])
    except ValueError:
        return False
    number = int.from_bytes(signature[32:64], "little")
    if number >= _L:
        return False
    challenge = int.from_bytes(sha512(signature[:32] + key + text).digest(), "little") % _L
    x, y, z, _ = _times(number, _BASE)
    u, v, w, _ = _added(nonce, _times(challenge, owner))
    return (x * w - u * z) % _P == 0 and (y * w - v * z) % _P == 0
