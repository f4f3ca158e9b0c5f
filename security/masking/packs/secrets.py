"""API keys by the shapes that their issuers document, and passwords by the words before them."""

import re
from collections.abc import Iterator
from typing import Final

from security.masking.finding.surroundings import Surroundings
from security.masking.packs.kinds import Pack, found
from security.masking.reading.scan import Candidate
from security.masking.reading.views import View

# In lower case, as views are. Each issuer documents its prefix so that leaked keys can be found.
_KEYS: Final = re.compile(
    r"(?<![a-z0-9])(?:"
    r"(?:sk|pk|rk)_(?:live|test)_[0-9a-z]{10,}|whsec_[0-9a-z+/=]{16,}"  # Stripe
    r"|sk-(?:proj-|ant-|svcacct-)?[0-9a-z_\-]{20,}"  # OpenAI, Anthropic
    r"|(?:akia|asia|aroa|aida)[0-9a-z]{16}(?![0-9a-z])"  # AWS
    r"|gh[pousr]_[0-9a-z]{20,}|github_pat_[0-9a-z_]{20,}"  # GitHub
    r"|gl(?:pat|ptt|dt|rt)-[0-9a-z_\-]{16,}"  # GitLab
    r"|xox[abeoprs]-[0-9a-z\-]{10,}|xapp-[0-9a-z\-]{10,}"  # Slack
    r"|aiza[0-9a-z_\-]{30,}|ya29\.[0-9a-z_\-]{20,}"  # Google
    r"|sg\.[0-9a-z_\-]{16,}\.[0-9a-z_\-]{16,}|key-[0-9a-f]{32}"  # SendGrid, Mailgun
    r"|npm_[0-9a-z]{30,}|pypi-[0-9a-z_\-]{30,}|hf_[0-9a-z]{20,}|dop_v1_[0-9a-f]{40,}|shp(?:at|ca|pa|ss)_[0-9a-f]{20,}"
    r"|eyj[0-9a-z_\-]{8,}\.[0-9a-z_\-]{8,}\.[0-9a-z_\-]{0,}"  # JSON Web Tokens (RFC 7519)
    r")"
)
_PRIVATE: Final = re.compile(
    r"-----begin [a-z ]{0,24}private key-----.*?(?:-----end [a-z ]{0,24}private key-----|$)", re.DOTALL
)
_BEARER: Final = re.compile(
    r"(?:authorization\s*[:=]\s*(?:bearer|basic|token)|bearer)\s+(?![\[\u2022])([0-9a-z_\-.=+/~]{12,})"
)
_NAMES: Final = (
    r"(?:pass ?word|passwd|pass ?phrase|passcode|pwd|passwort|kennwort|contrasena|clave|mot de passe|mdp|senha|wachtwoord|haslo|"
    r"api[ _-]?key|apikey|secret[ _-]?key|access[ _-]?key|client[ _-]?secret|access[ _-]?token|auth[ _-]?token|api[ _-]?token|private[ _-]?key)"
)
_VALUE: Final = r"(?![\[\u2022])([^\s\"'<>\[\]\u2022]{4,128})"
_ASSIGNED: Final = re.compile(rf"(?<![a-z]){_NAMES}[\"']?\s{{0,2}}(?::|=>?|->)\s{{0,2}}[\"']?{_VALUE}")
_TOLD: Final = re.compile(rf"(?<![a-z]){_NAMES}\s(?:is|was|ist|lautet|es|est|e|era)\s{{0,2}}:?\s{{0,2}}[\"']?{_VALUE}")
_IS_SECRET: Final = re.compile(r"[0-9]|[^\w\s.,!?;:'()-]|.\S*[a-z][-_][a-z]")


def _find(view: View, around: Surroundings) -> Iterator[Candidate]:  # noqa: ARG001
    """What an issuer's prefix names, and what somebody calls his password; told in a sentence only if it looks like one."""
    for match in (*_KEYS.finditer(view.text), *_PRIVATE.finditer(view.text)):
        yield found("secret", view, *match.span(), "issuer's prefix")
    for match in _BEARER.finditer(view.text):
        yield found("secret", view, match.start(1), match.end(1), "bearer token")
    for match in _ASSIGNED.finditer(view.text):
        yield _named(view, match)
    for match in _TOLD.finditer(view.text):
        if _IS_SECRET.search(match.group(1).rstrip(".,!?")):
            yield _named(view, match)


def _named(view: View, match: re.Match[str]) -> Candidate:
    value = match.group(1).rstrip(".,;!?)") or match.group(1)
    return found("secret", view, match.start(1), match.start(1) + len(value), "named as a secret")


PACKS: Final = (
    Pack(
        "secret",
        "API keys, tokens and passwords.",
        "key prefixes as their issuers document them, RFC 6750, RFC 7519",
        r"(?i)[a-z0-9]{2}_[a-z0-9]|sk-|akia|asia|aroa|aida|glp|xox|aiza|ya29|sg\.|key|pypi-|eyj|private|bearer|basic"
        r"|pass|pwd|kennwort|contrase|clave|mdp|mot de|senha|wachtwoord|has[lł]o|token|secret",
        _find,
    ),
)
