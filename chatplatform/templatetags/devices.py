"""`{{ session.user_agent|device }}`: what a browser is called by people."""

from django import template

from security.accounts.devices import device_of

register = template.Library()
register.filter("device", device_of)
