"""Inside one tenant: which conversations a member's rights reach, by each of the questions that are asked; and what one visitor is to another."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from uuid import UUID

import pytest
from django.utils import timezone

from chat import access
from chat.live import answering, visiting
from chat.live.protocol.agent import View
from chat.live.protocol.shapes import Author, AuthorKind
from chat.models import Conversation, Status, Visitor, VisitorToken
from chat.personal import Profile, seal_profile
from chat.services.assignment import claim, offer_to_agent, take_next
from chat.services.identity import identify_visitor
from chat.services.lifecycle import close_conversation, reopen_conversation, tag_conversation
from chat.services.visitors import TOKEN_LIFE, access_session, forget_session, new_session, token_digest
from security.crypto import keyring
from security.errors import Conflict, Denied, NotFound
from security.models import KeySubject
from security.permissions import Grant, Permission
from security.scoping import tenant_scope
from tenants.access import access_site
from tenants.models import Department, DepartmentRole, Membership, Role, Site
from tenants.services.identity import renew_identity_secret
from tenants.services.sites import add_site
from tests import cast
from tests.cast import Organisation
from tests.chat.test_identity import signed

pytestmark = pytest.mark.django_db

NOW = timezone.now()
OWN, DEPARTMENT, EVERYTHING = Permission.CHAT_SEE_OWN, Permission.CHAT_SEE_DEPARTMENT, Permission.CHAT_SEE_ALL
KINDS: Final = ("mine", "offered", "colleague's", "waiting", "undirected", "elsewhere", "elsewhere waiting")
REACH: Final[dict[frozenset[Permission], set[str]]] = {
    frozenset(): set(),
    frozenset({OWN}): {"mine", "offered"},
    frozenset({DEPARTMENT}): {"mine", "offered", "colleague's", "waiting", "undirected"},
    frozenset({OWN, DEPARTMENT}): {"mine", "offered", "colleague's", "waiting", "undirected"},
    frozenset({EVERYTHING}): set(KINDS),
}
"""What is seen by whom has only these rights to see."""
OF_SALES: Final = {"mine", "offered", "elsewhere", "elsewhere waiting"}
IN_SALES: Final[dict[frozenset[Permission], set[str]]] = {
    frozenset({OWN}): {"mine", "offered"},
    frozenset({DEPARTMENT}): OF_SALES,
    frozenset({OWN, DEPARTMENT, EVERYTHING}): OF_SALES,
}
"""The same for rights in Sales; what is hers is there."""


@dataclass(frozen=True, slots=True)
class Scene:
    of: Organisation
    talks: dict[str, UUID]

    def alice(self, *rights: Permission, in_sales: Iterable[Permission] = ()) -> Grant:
        """Alice with these rights and no other, and those in Sales."""
        with tenant_scope(self.of.tenant_id):
            sales = Department.objects.get(name="Sales").pk
        further = frozenset((sales, right) for right in in_sales)
        return replace(self.of.grant("alice"), permissions=frozenset(rights), further=further)


@pytest.fixture
def scene() -> Scene:
    """Acme with a conversation of each kind; Alice answers in Support, nobody in Sales."""
    keyring.forget_everything()
    acme = cast.acme()
    acme.add_department("Sales")
    with tenant_scope(acme.tenant_id):
        support, sales = Department.objects.get(is_default=True), Department.objects.get(name="Sales")
        alice, bob = (Membership.objects.get(user__email=f"{name}@acme.example") for name in ("alice", "bob"))
        made = {
            "mine": talk(sales, alice),
            "offered": talk(sales, bob, offered_to=alice),
            "colleague's": talk(support, bob),
            "waiting": talk(support, None),
            "undirected": talk(None, None),
            "elsewhere": talk(sales, bob),
            "elsewhere waiting": talk(sales, None),
        }
    return Scene(acme, made)


def talk(department: Department | None, agent: Membership | None, offered_to: Membership | None = None) -> UUID:
    site = Site.objects.get()
    row = Conversation.objects.create(
        site=site,
        visitor=visitor(site),
        department=department,
        assigned_to=agent,
        offered_to=offered_to,
        status=Status.WAITING.value if agent is None else Status.OPEN.value,
        waiting_since=NOW,
    )
    keyring.data_key(KeySubject.CONVERSATION, row.public_id)
    return row.public_id


def visitor(site: Site) -> Visitor:
    made = Visitor.objects.create(site=site)
    made.profile = seal_profile(made.public_id, Profile(name="Vera", email="vera@home.example"))
    made.save(update_fields=["profile"])
    return made


@pytest.mark.parametrize("rights", REACH, ids=lambda rights: " ".join(sorted(rights)) or "none")
def test_every_question_has_the_same_answer(scene: Scene, rights: frozenset[Permission]) -> None:
    ask(scene, scene.alice(*rights), REACH[rights])


@pytest.mark.parametrize("rights", IN_SALES, ids=lambda rights: " ".join(sorted(rights)))
def test_a_role_on_a_department_opens_that_one_alone(scene: Scene, rights: frozenset[Permission]) -> None:
    ask(scene, scene.alice(in_sales=rights), IN_SALES[rights])
    ask(scene, scene.alice(OWN, in_sales=rights), IN_SALES[rights] | REACH[frozenset({OWN})])
    ask(scene, scene.alice(DEPARTMENT, in_sales=rights), IN_SALES[rights] | REACH[frozenset({DEPARTMENT})])


def ask(scene: Scene, grant: Grant, kinds: set[str]) -> None:
    """Each of the questions, of everything there is."""
    seen = {scene.talks[kind] for kind in kinds}
    with tenant_scope(scene.of.tenant_id):
        assert {row.public_id for row in access.visible(grant)} == seen
        wanted = answering.Wanted(None, 100, None, None, None)
        listed = answering.list_conversations(grant=grant, view=View.ALL, wanted=wanted)
        assert {view.id for view in listed.conversations} == seen
        for row in Conversation.objects.all():
            is_seen = row.public_id in seen
            assert is_seen == access.may_see(
                grant,
                department_id=row.department_id,
                assigned_to_id=row.assigned_to_id,
                offered_to_id=row.offered_to_id,
            )
            for fetch in (access.access_conversation, access.lock_conversation):
                if is_seen:
                    assert fetch(grant, row.public_id).pk == row.pk
                else:
                    with pytest.raises(NotFound):
                        fetch(grant, row.public_id)


def test_the_queue_is_for_who_may_see_it_as_far_as_he_sees(scene: Scene) -> None:
    with tenant_scope(scene.of.tenant_id):
        assert not access.queue(scene.alice(EVERYTHING)).exists()
        found = access.queue(scene.alice(DEPARTMENT, Permission.CHAT_SEE_QUEUE))
        assert {row.public_id for row in found} == {scene.talks["waiting"], scene.talks["undirected"]}


def test_what_waits_is_shown_where_the_right_to_see_it_holds(scene: Scene) -> None:
    """Who sees Sales' conversations, and the queue of Support, sees no queue of Sales."""
    queue, take = Permission.CHAT_SEE_QUEUE, Permission.CHAT_TAKE
    with tenant_scope(scene.of.tenant_id):
        both = access.queue(scene.alice(DEPARTMENT, queue, in_sales=[DEPARTMENT]))
        assert {row.public_id for row in both} == {scene.talks["waiting"], scene.talks["undirected"]}
        sales = access.queue(scene.alice(in_sales=[DEPARTMENT, queue]))
        assert {row.public_id for row in sales} == {scene.talks["elsewhere waiting"]}
        with pytest.raises(Denied):
            take_next(grant=scene.alice(in_sales=[DEPARTMENT, queue]), now=NOW)
        with pytest.raises(Denied):
            claim(
                grant=scene.alice(take, in_sales=[DEPARTMENT]), conversation=scene.talks["elsewhere waiting"], now=NOW
            )
        seller = scene.alice(in_sales=[DEPARTMENT, queue, take])
        taken = take_next(grant=seller, now=NOW)
        assert taken is not None
        assert taken.public_id == scene.talks["elsewhere waiting"]
        assert take_next(grant=seller, now=NOW) is None


def test_acts_are_asked_for_where_the_conversation_is(scene: Scene) -> None:
    """Her own role goes with what is hers; what she may do in Support she may not in Sales, where she only looks."""
    acts = (
        (Permission.CHAT_TAG, lambda who, one: tag_conversation(grant=who, conversation=one, add=(), remove=())),
        (Permission.CHAT_WATCH, lambda who, one: answering.open_watched(grant=who, conversation=one)),
        (Permission.CHAT_CLOSE, lambda who, one: close_conversation(grant=who, conversation=one, outcome="", now=NOW)),
        (Permission.CHAT_REOPEN, lambda who, one: reopen_conversation(grant=who, conversation=one, now=NOW)),
    )
    for right, act in acts:
        with tenant_scope(scene.of.tenant_id):
            with pytest.raises(Denied):
                act(scene.alice(right, in_sales=[DEPARTMENT]), scene.talks["elsewhere"])
            with pytest.raises(Denied):
                act(scene.alice(DEPARTMENT, in_sales=[right]), scene.talks["colleague's"])
            act(scene.alice(in_sales=[DEPARTMENT, EVERYTHING, right]), scene.talks["elsewhere"])
    with tenant_scope(scene.of.tenant_id):
        tag = scene.alice(OWN, Permission.CHAT_TAG)
        tag_conversation(grant=tag, conversation=scene.talks["mine"], add=(), remove=())


def test_a_supervisor_of_one_department_answers_for_colleagues_there(scene: Scene) -> None:
    sam = scene.alice(DEPARTMENT, in_sales=[DEPARTMENT, EVERYTHING])
    with tenant_scope(scene.of.tenant_id):
        access.lock_to_answer(sam, scene.talks["elsewhere"])
        with pytest.raises(Denied):
            access.lock_to_answer(sam, scene.talks["colleague's"])


def test_an_offer_is_made_to_who_may_take_it_there(scene: Scene) -> None:
    sam, rita = scene.of.grant("sam"), scene.of.member("rita")
    with tenant_scope(scene.of.tenant_id):
        offer = partial(offer_to_agent, grant=sam, agent=rita.public_id, note=None, now=NOW)
        role, sales = Role.objects.get(slug="agent"), Department.objects.get(name="Sales")
        DepartmentRole.objects.create(membership=rita, role=role, department=sales)
        offer(conversation=scene.talks["elsewhere"])
        with pytest.raises(Conflict):
            offer(conversation=scene.talks["colleague's"])


def test_a_colleagues_conversation_is_looked_at_and_not_answered(scene: Scene) -> None:
    alice = scene.alice(OWN, DEPARTMENT)
    with tenant_scope(scene.of.tenant_id):
        access.lock_to_answer(alice, scene.talks["mine"])
        with pytest.raises(Denied):
            access.lock_to_answer(alice, scene.talks["colleague's"])
        access.lock_to_answer(scene.alice(EVERYTHING), scene.talks["colleague's"])


def test_how_to_reach_a_visitor_is_a_right_of_its_own(scene: Scene) -> None:
    with tenant_scope(scene.of.tenant_id):
        for rights, email in (((), ""), ((Permission.CHAT_SEE_CONTACT,), "vera@home.example")):
            grant = scene.alice(DEPARTMENT, *rights)
            opened = answering.open_assigned(grant=grant, conversation=scene.talks["waiting"])
            assert (opened.visitor.email or "") == email


def test_one_visitor_reads_nothing_of_anothers(scene: Scene) -> None:
    with tenant_scope(scene.of.tenant_id):
        theirs = scene.talks["waiting"]
        other = visitor(Site.objects.get())
        author = Author(AuthorKind.VISITOR, other.public_id)
        assert visiting.find_conversation(other.pk, theirs) is None
        with pytest.raises(NotFound):
            visiting.read_history(conversation=theirs, visitor_pk=other.pk, before_seq=None, limit=10)
        with pytest.raises(NotFound):
            visiting.mark_read(conversation=theirs, author=author, seq=0, visitor_pk=other.pk)
        own = Conversation.objects.get(public_id=theirs)
        assert visiting.find_conversation(own.visitor_id, theirs) == theirs


def test_a_visitor_of_one_site_is_nobody_on_another_of_the_same_tenant(scene: Scene) -> None:
    with tenant_scope(scene.of.tenant_id):
        first, second = Site.objects.get(), add_site(name="Second", websites=["https://second.example"])
        session = new_session()
        assert session.token
        VisitorToken.objects.create(
            visitor=visitor(first), digest=token_digest(session.token), expires_at=NOW + TOKEN_LIFE
        )
        assert access_session(site_id=first.pk, token=session.token, now=NOW).pk is not None
        assert access_session(site_id=second.pk, token=session.token, now=NOW).pk is None
        forget_session(site_id=second.pk, token=session.token)
        assert access_session(site_id=first.pk, token=session.token, now=NOW).pk is not None


def test_who_is_vouched_for_on_one_site_is_another_on_the_next(scene: Scene) -> None:
    olga = scene.of.grant("olga")
    with tenant_scope(scene.of.tenant_id):
        keys = [Site.objects.get().key, add_site(name="Second", websites=["https://second.example"]).key]
    found = []
    for site in (access_site(key) for key in keys):
        with tenant_scope(scene.of.tenant_id):
            token = signed(renew_identity_secret(grant=olga, site=site.public_id), site, jti=uuid.uuid4().hex)
            found.append(identify_visitor(site=site, session=new_session(), token=token, now=NOW).public_id)
    assert found[0] != found[1]
