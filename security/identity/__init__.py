"""Who somebody is, as another organisation's provider says: OpenID Connect, SAML 2.0, and the domains that a provider may speak for."""
