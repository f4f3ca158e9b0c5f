"""CSV that no spreadsheet runs, and that programs read back."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from chat.reports.clock import zone_of
from chat.reports.sheets import lines
from chat.reports.tables import Column, Kind, Table
from security.sheets import guarded, line
from tests.cast import Organisation

from .given import Told

FORMULAS = [
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "\x00=1",
    "＝1", "＋1", "－1", "＠1", "﹣1", "﹢1", "﹦1", "﹫1", "⁺1", "|cmd", "%0A=1", "\u2028=1", "\u3000＝1", "\t", "\r", "\n",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    assert guarded(text) == f"'{text}"
    ((cell,),) = csv.reader(io.StringIO(line([text]), newline=""))
    assert cell == f"'{text}"


@pytest.mark.parametrize("text", ["", "Alice", "12", "2026-03-29", "1=1", "a@b", "Zürich", "'=1", "•••• 4242"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


def test_a_name_does_not_break_out_of_its_line() -> None:
    name = 'x","=1+1"\r\n=2+2'
    found = list(csv.reader(io.StringIO(line([name, "second"]), newline="")))
    assert found == [[name, "second"]]


def test_moments_have_their_offset_and_numbers_no_separators() -> None:
    columns = (
        Column("at", "", Kind.MOMENT),
        Column("count", ""),
        Column("after", "", Kind.SECONDS),
        Column("none", ""),
    )
    table = Table(columns, [(datetime(2026, 7, 1, 10, tzinfo=UTC), 1_234_567, 90.4, None)])
    assert list(lines(table, zone="Europe/Vienna"))[1] == '"2026-07-01T12:00:00+02:00","1234567","90",""\r\n'
    assert zone_of("Nowhere/At_All").key == "UTC"
    assert zone_of("../../etc/passwd").key == "UTC"


@pytest.mark.django_db
@pytest.mark.parametrize("bom", [False, True])
def test_the_file_is_streamed_as_utf8(acme: Organisation, told: list[Told], bom: bool) -> None:
    response: Any = acme.client("rita").get(
        "/admin/reports/csv/flow/", {"period": "7", **({"bom": "1"} if bom else {})}
    )

    async def collected() -> bytes:
        return b"".join([part async for part in response.streaming_content])

    body = async_to_sync(collected)()
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="flow-2')
    assert body.startswith("\ufeff".encode()) is bom
    assert len(body.decode("utf-8-sig").splitlines()) == 8
