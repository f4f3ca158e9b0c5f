"""How records are written in addresses. A primary key does not fit, so no page of Django's can make an address of one."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import StringConverter, UUIDConverter


class PublicIdConverter(StringConverter):
    """A public id, as text; reversing anything else fails, and Django then shows a record's name without a link."""

    regex = UUIDConverter.regex


register_converter(PublicIdConverter, "public_id")
