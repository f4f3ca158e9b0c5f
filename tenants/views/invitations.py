"""Joining by a link from a mail: an invitation, or the confirmation of a sign-up."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from security.accounts.limits import is_within
from security.accounts.people import has_confirmed, person_with
from security.accounts.provided import bound_tenant
from security.accounts.sign_in import check_password, sign_in
from security.errors import Conflict, Denied, DomainError, Invalid, NotFound
from security.masking import MaskedText
from security.models import User
from security.scoping import tenant_scope
from tenants import services
from tenants.access import InvitationRef, access_invitation
from tenants.forms import JoinForm, PasswordForm
from tenants.password_rules import rules_of_tenant
from tenants.policies import masked_for_members
from tenants.services.people.invitations import accept_by_password, accept_new, is_stranger
from tenants.services.people.switching import TENANT_KEY
from tenants.views.public import SeeOther, too_many

_CODES = {
    "already_member": _("You are a member of this organisation already."),
    "limit_members": _("The organisation has no place for another member. Ask whoever invited you."),
    "known_person": _("There is an account with this address by now. Open the link once more and sign in."),
}


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """One page in the form that fits who opens it; what is wrong with a secret is not said."""
    if request.method == "POST" and not is_within(request, "invitation"):
        return too_many(request, "invitation")
    try:
        found = access_invitation(token)
        return _Bearer(request, found, token).answer()
    except NotFound:
        return render(request, "registration/invitation_gone.html", status=404)
    except Conflict as error:
        context = {"reason": _CODES.get(error.code, "")}
        return render(request, "registration/invitation_gone.html", context, status=409)


class _Bearer:
    """Who holds the secret, and what he has to show besides: nothing more, his password, or a new one."""

    def __init__(self, request: HttpRequest, found: InvitationRef, token: str) -> None:
        self.request, self.found, self.token = request, found, token
        self.person = person_with(found.email)

    def answer(self) -> HttpResponse:
        """The page, or what its form leads to."""
        if isinstance(self.request.user, User):
            return self._signed_in(self.request.user)
        if self.person is None or is_stranger(self.person):
            return self._stranger()
        if has_confirmed(self.person):
            return self._page("sign_in", None)
        return self._unconfirmed(self.person)

    def _signed_in(self, user: User) -> HttpResponse:
        if user.email != self.found.email or bound_tenant(self.request.session) not in {None, self.found.tenant_id}:
            return self._page("other_person", None)
        if self.request.method != "POST":
            return self._page("accept", None)
        services.accept_invitation(invitation=self.found, user=user)
        return self._joined()

    def _stranger(self) -> HttpResponse:
        rules = rules_of_tenant(self.found.tenant_id)
        form = JoinForm(self.request.POST or None, email=self.found.email, rules=rules, masker=self._masked)
        if self.request.method != "POST" or not form.is_valid():
            return self._page("join", form)
        user = accept_new(invitation=self.found, **form.cleaned_data)
        return self._sign_in(user)

    def _masked(self, text: str) -> MaskedText:
        """By the rules of the organisation that he joins; no page of a stranger is in its scope."""
        with tenant_scope(self.found.tenant_id):
            return masked_for_members(text)

    def _unconfirmed(self, person: User) -> HttpResponse:
        form = PasswordForm(self.request.POST or None)
        if self.request.method != "POST" or not form.is_valid():
            return self._page("password", form)
        try:
            check_password(self.request, email=person.email, password=form.cleaned_data["password"])
        except (Invalid, Denied) as error:
            form.add_error("password", _said(error))
            return self._page("password", form)
        accept_by_password(invitation=self.found, user=person)
        return self._sign_in(person)

    def _sign_in(self, person: User) -> HttpResponse:
        response = sign_in(self.request, person, to=self._next())
        self.request.session[TENANT_KEY] = self.found.tenant_id  # after it: signing in gives another session
        return SeeOther(response.headers["Location"])

    def _joined(self) -> HttpResponse:
        self.request.session[TENANT_KEY] = self.found.tenant_id
        messages.success(self.request, _("You have joined %(name)s.") % {"name": self.found.tenant_name})
        return SeeOther(self._next())

    def _next(self) -> str:
        return reverse("get_started" if self.found.is_sign_up else "landing")

    def _page(self, kind: str, form: JoinForm | PasswordForm | None) -> HttpResponse:
        path = reverse("invitation", args=[self.token])
        context = {"kind": kind, "form": form, "invitation": self.found, "path": path}
        return render(self.request, "registration/invitation.html", context)


def _said(error: DomainError) -> str:
    if error.code == "locked_out":
        return _("Too many wrong attempts. Try again in half an hour.")
    return _("This is not the password for this address.")
