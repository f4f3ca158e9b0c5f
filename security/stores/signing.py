"""Signatures of requests to S3-compatible servers: AWS Signature Version 4, of requests whose body is at hand. Pure.

Written here, in sixty lines, and compared with botocore's in the tests: a library that speaks S3 opens its own connections, and those have to be
opened by `security.outgoing`.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, for which region."""

    key_id: str
    secret: str = field(repr=False)
    region: str

    def headers(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, at: datetime, query: str = ""
    ) -> dict[str, str]:
        """`headers`, which hold `host`, with those that prove them; `path` and `query` are encoded already, the query sorted. `at` is in UTC."""
        stamp, digest = at.strftime("%Y%m%dT%H%M%SZ"), sha256(body).hexdigest()
        sent = {**headers, "x-amz-content-sha256": digest, "x-amz-date": stamp}
        names = sorted(name.lower() for name in sent)
        values = {name.lower(): " ".join(value.split()) for name, value in sent.items()}
        signed = ";".join(names)
        lines = "".join(f"{name}:{values[name]}\n" for name in names)
        request = f"{method}\n{path}\n{query}\n{lines}\n{signed}\n{digest}"
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = _mac(self._key(stamp[:8]), text).hex()
        proof = f"{_ALGORITHM} Credential={self.key_id}/{scope}, SignedHeaders={signed}, Signature={signature}"
        return {**sent, "Authorization": proof}

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret}".encode()
        for part in (day, self.region, "s3", "aws4_request"):
            key = _mac(key, part)
        return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
