"""How hard to guess a password is that is just being typed. Nothing of it is kept, and nothing is decided by it."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from security.accounts.common_passwords import is_common
from security.accounts.limits import is_within
from security.accounts.passwords import rules_for, words_of
from security.accounts.rules import LONGEST, PasswordRules
from security.accounts.strength import strength_of
from security.models import User

_LONGEST_NAME = 254


@never_cache
@sensitive_post_parameters("password")
@require_POST
def strength(request: HttpRequest) -> JsonResponse:
    """From 0 to 4, and whether it is a common one; 429 for who asks faster than anybody types."""
    if not is_within(request, "password_strength"):
        return JsonResponse({"code": "rate_limited"}, status=429)
    password = request.POST.get("password", "")[:LONGEST]
    words = _words(request)
    return JsonResponse({"strength": strength_of(password, words), "is_common": is_common(password)})


def _words(request: HttpRequest) -> frozenset[str]:
    """What the person's names are, or what the form says they will be."""
    if isinstance(request.user, User):
        return words_of(request.user, rules_for(request.user))
    typed = {name: request.POST.get(name, "")[:_LONGEST_NAME] for name in ("email", "full_name", "organisation")}
    person = User(email=typed["email"], full_name=typed["full_name"])
    return words_of(person, PasswordRules(words=frozenset({typed["organisation"]})))
