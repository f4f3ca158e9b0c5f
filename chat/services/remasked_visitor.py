"""A visitor's own words about himself and the page he is on, masked again under the key they have."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from chat.live.protocol.addresses import without_secrets
from chat.models import Visitor
from chat.personal import Page, Profile, open_page, open_profile, seal_page, seal_profile
from chat.services.remasked_conversation import Unmaskable
from chat.side_by_side import without_joined_numbers
from chat.tally import Tally
from tenants.rules import Masking


def remask_visitor(visitor: Visitor, masking: Masking, tally: Tally, *, is_trial: bool) -> bool:
    """Whether something was changed, or would be in a trial. E-mail address and phone number are what they are."""
    if _masked(visitor, masking, tally) == _stored(visitor):
        return False
    if is_trial:
        return True
    with transaction.atomic():
        locked = Visitor.objects.select_for_update(of=("self",)).get(pk=visitor.pk)
        profile, page = _masked(locked, masking, Tally())
        if locked.profile is not None:
            locked.profile = seal_profile(locked.public_id, profile)
        if locked.page is not None:
            locked.page = seal_page(locked.public_id, page)
        locked.save(update_fields=["profile", "page"])
    return True


def _stored(visitor: Visitor) -> tuple[Profile, Page]:
    return open_profile(visitor.public_id, visitor.profile), open_page(visitor.public_id, visitor.page)


def _masked(visitor: Visitor, masking: Masking, tally: Tally) -> tuple[Profile, Page]:
    profile, page = _stored(visitor)

    def masker(text: str) -> str:
        masked = masking.masked(text)
        if masked.is_withheld:
            raise Unmaskable
        return str(masked)

    def counted(text: str) -> str:
        if text:
            tally.add(text, masking.masked(text))
        return masker(text)

    def address(url: str) -> str:
        return without_secrets(url, masker) or "" if url else ""

    fields = {name: counted(value) for name, value in profile.fields.items()}
    return (
        without_joined_numbers(replace(profile, name=counted(profile.name), fields=fields), masking.masked),
        replace(page, url=address(page.url), title=counted(page.title), referrer=address(page.referrer)),
    )
