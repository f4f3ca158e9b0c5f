"""Public pages, sign-up, invitations, switching and Get started. `accounts/` besides these is allauth's."""

from django.urls import path
from django.views.generic import RedirectView

from tenants.views import (
    get_started,
    invitations,
    mailbox,
    membership,
    passwords,
    provider,
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
    path("accounts/provider/", provider.provider_sign_in, name="provider_sign_in"),
    path("accounts/provider/again/", provider.provider_again, name="provider_again"),
    path("accounts/provider/<uuid:provider>/", provider.provider_begin, name="provider_begin"),
    path("accounts/provider/<uuid:provider>/openid/", provider.provider_openid, name="provider_openid"),
    path("accounts/provider/<uuid:provider>/saml/", provider.provider_saml, name="provider_saml"),
    path(
        "accounts/provider/<uuid:provider>/saml/<str:handle>/", provider.provider_saml_done, name="provider_saml_done"
    ),
    path("accounts/provider/<uuid:provider>/metadata/", provider.provider_metadata, name="provider_metadata"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("tenants/<uuid:tenant>/switch/", membership.switch, name="switch_tenant"),
    path("get-started/", get_started.get_started, name="get_started"),
    path("get-started/status/", get_started.get_started_status, name="get_started_status"),
]
