"""Public pages, sign-up, invitations, switching and Get started. `accounts/` besides these is allauth's."""

from django.urls import path
from django.views.generic import RedirectView

from tenants.views import (
    get_started,
    invitations,
    mailbox,
    membership,
    passwords,
    public,
    second_factor,
    sessions,
    sign_up,
)

urlpatterns = [
    path("", public.home, name="home"),
    path("start/", membership.landing, name="landing"),
    path("theme/", public.set_theme, name="set_theme"),
    path("signup/", sign_up.sign_up, name="sign_up"),
    path("signup/sent/", sign_up.sent, name="sign_up_sent"),
    path("accounts/signup/", RedirectView.as_view(pattern_name="sign_up"), name="account_signup"),
    path("second-factor/reset/<str:token>/", second_factor.second_factor_reset, name="second_factor_reset"),
    path("accounts/password/strength/", passwords.strength, name="password_strength"),
    path("accounts/session/", sessions.session_clock, name="session_clock"),
    path("accounts/sessions/<str:session>/end/", sessions.end_session, name="end_session"),
    path("accounts/network/", sessions.ask_for_network_pass, name="ask_for_network_pass"),
    path("accounts/network/<str:token>/", sessions.network_pass, name="network_pass"),
    path("audit/mailbox/<str:token>/", mailbox.audit_mailbox, name="audit_mailbox"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("tenants/<uuid:tenant>/switch/", membership.switch, name="switch_tenant"),
    path("get-started/", get_started.get_started, name="get_started"),
    path("get-started/status/", get_started.get_started_status, name="get_started_status"),
]
