"""A visitor's own words about himself and the page he is on, masked again under the key they have."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from chat.live.protocol.addresses import without_secrets
from chat.models import Visitor
from chat.personal import Page, Profile, open_page, open_profile, seal_page, seal_profile
from chat.services.remasked_conversation import Unmaskable
from chat.side_by_side import page_without_joined_numbers, without_joined_numbers
from chat.tally import Tally
from security.masking import MaskedText
from tenants.rules import Masking


def remask_visitor(visitor: Visitor, masking: Masking, tally: Tally, *, key: bytes | None, is_trial: bool) -> bool:
    """Whether something was changed, or would be in a trial. E-mail address and phone number are what they are.

    `key` saves looking it up: a visitor's is never renewed.
    """
    stored = _stored(visitor, key)
    found = _masked(*stored, masking, tally)
    if found == stored:
        return False
    if is_trial:
        return True
    with transaction.atomic():
        locked = Visitor.objects.select_for_update(of=("self",)).get(pk=visitor.pk)
        if (now_stored := _stored(locked, key)) != stored:
            found = _masked(*now_stored, masking, Tally())
        profile, page = found
        if locked.profile is not None:
            locked.profile = seal_profile(locked.public_id, profile, key=key)
        if locked.page is not None:
            locked.page = seal_page(locked.public_id, page, key=key)
        locked.save(update_fields=["profile", "page"])
    return True


def _stored(visitor: Visitor, key: bytes | None) -> tuple[Profile, Page]:
    public_id = visitor.public_id
    return open_profile(public_id, visitor.profile, key=key), open_page(public_id, visitor.page, key=key)


def _masked(profile: Profile, page: Page, masking: Masking, tally: Tally) -> tuple[Profile, Page]:
    def masker(text: str) -> MaskedText:
        masked = masking.masked(text)
        if masked.is_withheld:
            raise Unmaskable
        return masked

    def counted(text: str) -> str:
        masked = masker(text)
        if text:
            tally.add(text, masked)
        return str(masked)

    def address(url: str) -> str:
        return without_secrets(url, masker) or "" if url else ""

    fields = {name: counted(value) for name, value in profile.fields.items()}
    return (
        without_joined_numbers(replace(profile, name=counted(profile.name), fields=fields), masking.masked),
        page_without_joined_numbers(
            replace(page, url=address(page.url), title=counted(page.title), referrer=address(page.referrer)),
            masking.masked,
        ),
    )
