"""A list of records that links by public id."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.http import HttpRequest


class PublicChangeList(ChangeList):
    """Django's, naming rows by the admin's `key_field`, and letting the admin complete the rows of one page at once."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.active = getattr(
            request, "active", None
        )  # for the forms of the list, whose templates are given nothing else
        self.pk_attname = self.model_admin.key_field  # type: ignore[attr-defined]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        self.model_admin.enrich(request, rows)  # type: ignore[attr-defined]
        self.result_list = rows

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Without what was searched for: no link holds it."""
        self.filter_params.pop(SEARCH_VAR, None)
        return super().get_query_string(new_params, remove)
