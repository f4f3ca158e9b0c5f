"""`{{ session.user_agent|device }}`: what a browser is called by people; `{{ session.session_key|session_name }}`: a session, without its key."""

from django import template

from security.accounts.devices import device_of
from security.revocation import session_digest

register = template.Library()
register.filter("device", device_of)
register.filter("session_name", session_digest)
