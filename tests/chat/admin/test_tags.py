"""Two tags that mean the same become one; whoever has both has one."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chat.models import Conversation, ConversationTag, Tag, Visitor
from chat.services.tags import merge_tags
from security.errors import Conflict, Denied, NotFound
from security.scoping import tenant_scope
from tenants.models import Site
from tests import cast
from tests.cast import Organisation
from tests.tenants.admin.pages import errors_of, sign_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organisation:
    return cast.acme()


def tagged(*names: str) -> Conversation:
    visitor = Visitor.objects.create(site=Site.objects.get())
    row = Conversation.objects.create(site=visitor.site, visitor=visitor)
    for name in names:
        ConversationTag.objects.create(conversation=row, tag=Tag.objects.get_or_create(name=name)[0])
    return row


def tags_of(row: Conversation) -> list[str]:
    return list(row.tagged.values_list("tag__name", flat=True))


def test_a_tag_is_merged_on_its_page(acme: Organisation) -> None:
    with tenant_scope(acme.tenant_id):
        one, both, other = tagged("bill"), tagged("bill", "billing"), tagged("shipping")
        bill, billing = (Tag.objects.get(name=name).public_id for name in ("bill", "billing"))
    sam = sign_in(acme.user("sam"))
    assert f"{bill}/merge/" in text_of(sam.get("tag_change", bill, app="chat"))
    assert "valid choice" in errors_of(sam.post("tag_merge", bill, app="chat", into=str(bill)))
    assert sam.post("tag_merge", bill, app="chat", into=str(billing)).status_code == 302
    assert "was merged into" in text_of(sam.get("tag_changelist", app="chat"))
    with tenant_scope(acme.tenant_id):
        assert [tags_of(row) for row in (one, both, other)] == [["billing"], ["billing"], ["shipping"]]
        assert not Tag.objects.filter(name="bill").exists()
    assert sam.get("tag_merge", bill, app="chat").status_code == 404


def test_who_may_not_another_organisation_and_the_same_one(acme: Organisation) -> None:
    rival = cast.rival()
    with tenant_scope(rival.tenant_id):
        theirs = Tag.objects.create(name="theirs").public_id
    sam, alice = acme.grant("sam"), acme.grant("alice")
    with tenant_scope(acme.tenant_id):
        ours = Tag.objects.create(name="ours").public_id
        with pytest.raises(Denied):
            merge_tags(grant=alice, tag=ours, into=uuid4())
        for pair in ({"tag": ours, "into": theirs}, {"tag": theirs, "into": ours}, {"tag": ours, "into": uuid4()}):
            with pytest.raises(NotFound):
                merge_tags(grant=sam, **pair)
        with pytest.raises(Conflict, match="same_tag"):
            merge_tags(grant=sam, tag=ours, into=ours)
    with tenant_scope(rival.tenant_id):
        assert Tag.objects.filter(public_id=theirs).exists()
