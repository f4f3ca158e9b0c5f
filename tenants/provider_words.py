"""What went wrong with an organisation's provider, in one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

SENTENCES: Final[Mapping[str, Promise]] = {
    "metadata": _("This is not the metadata of one SAML provider. Copy the whole document, or give its address."),
    "metadata_binding": _(
        "The provider's metadata names no sign-in address for HTTP-Redirect, which is how people are sent there."
    ),
    "metadata_certificate": _("The provider's metadata holds no certificate for signing."),
    "metadata_ended": _(
        "Every certificate in the provider's metadata has ended, or is not good yet. Let it publish a new one first."
    ),
    "metadata_weak": _(
        "A certificate in the provider's metadata is none, or its RSA key is shorter than 2,048 bits. Let it sign by a longer one."
    ),
    "provider_address": _(
        "An address of the provider is none that can be asked. Write https://…, without a user name."
    ),
    "provider_algorithm": _(
        "The provider signs in a way that is not taken. Let it sign by RS256, PS256, ES256 or EdDSA."
    ),
    "provider_audience": _("The provider's answer was meant for another service. Compare client id or entity id."),
    "provider_busy": _("The provider's server answers slowly, and others wait for it. Try again in a moment."),
    "provider_certificate": _("The provider's server shows a certificate that is not valid for its name."),
    "provider_certificate_ended": _(
        "The certificate by which the provider signs has ended. An owner saves the provider's new metadata."
    ),
    "provider_changed": _("The organisation's identity provider or its domains were changed meanwhile. Sign in again."),
    "provider_clear": _("The provider's address has to begin with https://."),
    "provider_client": _("Enter the client id that the provider gave you."),
    "provider_code": _("The provider refused the code. Compare client id, secret and redirect address."),
    "provider_cut": _("The provider's server broke off the conversation."),
    "provider_domain": _("The address is in no domain that is proven to be the organisation's."),
    "provider_early": _("The provider's clock is ahead of ours by more than a minute."),
    "provider_email": _("The address holds a number that must not be kept here."),
    "provider_email_unverified": _("The provider does not say that it confirmed the address."),
    "provider_encrypted": _("The provider encrypts its answers. Switch that off: the connection is encrypted already."),
    "provider_expired": _("The provider's answer came too late, or its clock is behind ours. Try again."),
    "provider_issuer": _("The provider calls itself something else than the issuer that was entered."),
    "provider_joining": _(
        "Who allowed that people join by the provider may not do so any more, or their role decides about others by now. An owner saves the provider anew."
    ),
    "provider_json": _("The provider's server answers with something else than OpenID Connect."),
    "provider_keys": _("The provider publishes no key that could be used."),
    "provider_late": _("The provider's server did not answer in time."),
    "provider_long": _("The provider's answer is too long."),
    "provider_no_member": _("This person is no member of the organisation."),
    "provider_nonce": _("The provider's answer belongs to another sign-in. Try again."),
    "provider_not_again": _("The provider did not ask for the sign-in once more."),
    "provider_off": _("The organisation's identity provider is switched off."),
    "provider_only": _(
        "Set up a second factor of your own first: by it and your password you come in if the provider breaks."
    ),
    "provider_only_off": _("A provider that signs nobody in cannot be the only way in."),
    "provider_other_person": _("Somebody else signed in at the provider. Sign out there first."),
    "provider_other_subject": _(
        "The provider means somebody else by this address than before. An owner removes the provider's entry and sets it anew."
    ),
    "provider_private": _("The provider's server cannot be reached from here, or its name leads nowhere."),
    "provider_recipient": _("The provider's answer was sent elsewhere. Compare the address for answers (ACS)."),
    "provider_redirect": _("The provider's server leads to another address. Enter that one."),
    "provider_said_no": _("The provider did not sign you in."),
    "provider_secret": _("Enter the secret that the provider gave you."),
    "provider_single_factor": _(
        "A password or a PIN alone is no second factor. Name what the provider says when it asked for two, such as mfa, or nothing."
    ),
    "provider_signature": _(
        "The provider's signature is not by a key that is known. If it has new keys, save the provider anew."
    ),
    "provider_state": _(
        "This is not the answer to what this browser asked, or it took longer than ten minutes. Try again."
    ),
    "provider_status": _("The provider's server answers with an error."),
    "provider_subject": _(
        "The provider does not name people in a lasting way. Let it send a persistent name, not a transient one."
    ),
    "provider_token": _("The provider's answer is not what it should be."),
    "provider_unreachable": _("Nothing answers at the provider's address."),
    "provider_unsigned": _("The provider does not sign its assertions. Let it sign them, not only the response."),
}
"""By code."""


def said(code: str) -> str:
    """The sentence; a general one for any other code."""
    return gettext(str(SENTENCES.get(code, _("The sign-in was refused."))))
