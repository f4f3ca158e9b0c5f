"""No card number stands in several fields of a profile together."""

from __future__ import annotations

import pytest

from chat.personal import Page, Profile
from chat.side_by_side import page_without_joined_numbers, tags_without_joined_numbers, without_joined_numbers
from security.masking import mask

CARD = "4242"


def shown(**fields: str) -> dict[str, str]:
    return dict(without_joined_numbers(Profile(fields=fields), mask).fields)


def test_a_card_over_four_fields_is_hidden_in_all_of_them() -> None:
    assert shown(c1=CARD, c2=CARD, c3=CARD, c4=CARD) == dict.fromkeys(("c1", "c2", "c3", "c4"), "••••")


@pytest.mark.parametrize("half", ["42424242", "4242 4242", "four two four two four two four two", "４２４２４２４２"])
def test_a_card_over_two_fields_is_hidden_however_it_is_written(half: str) -> None:
    assert not any(char.isdecimal() or "four" in value for value in shown(a=half, b=half).values() for char in value)


def test_the_order_of_names_counts_as_well_as_that_of_giving() -> None:
    assert shown(b="11111111", a="41111111") == {"a": "••••••••", "b": "••••••••"}


@pytest.mark.parametrize(
    "fields",
    [
        dict.fromkeys(("a4242", "b4242", "c4242", "d4242"), "x"),
        {"a4242": "4242 4242", "b": "4242"},
        {"a4242": "4242 4242 4242"},
        {"a42": "42", "b42": "42", "c42": "42", "d42": "42"},
        {"number": "4242 4242", "of4242": "4242"},
    ],
    ids=" ".join,
)
def test_names_of_fields_spell_no_number_either(fields: dict[str, str]) -> None:
    assert not any(char.isdecimal() for pair in shown(**fields).items() for word in pair for char in word)


def test_names_of_fields_with_figures_in_them_stay() -> None:
    fields = {"line1": "Street 12", "line2": "8010 Graz", "order_2026": "20261122", "q3": "four"}
    assert shown(**fields) == fields


def test_a_name_is_one_of_them_and_what_is_beside_stays() -> None:
    found = without_joined_numbers(Profile(name="42424242", fields={"x": "42424242", "town": "Graz"}), mask)
    assert found == Profile(name="••••••••", fields={"x": "••••••••", "town": "Graz"})


def test_a_social_security_number_over_fields_is_hidden() -> None:
    assert shown(a="536-90", b="-4399") == {"a": "•••-••", "b": "-••••"}


@pytest.mark.parametrize("address", ["42424242@x.example", "4242-4242@x.example", "4242.4242@x.example"])
def test_an_address_that_is_a_number_counts_and_stays(address: str) -> None:
    found = without_joined_numbers(Profile(name="4242 4242", email=address, fields={"town": "Graz"}), mask)
    assert found == Profile(name="•••• ••••", email=address, fields={"town": "Graz"})


def test_an_address_with_a_name_in_it_joins_nothing() -> None:
    profile = Profile(name="Vera 4242 4242", email="vera42424242@x.example")
    assert without_joined_numbers(profile, mask) == profile


def test_numbers_that_are_none_together_stay() -> None:
    fields = {"order": "20261122", "zip": "10115", "size": "42", "shop": "Graz 3"}
    assert shown(**fields) == fields


def test_more_than_is_masked_at_once_is_hidden() -> None:
    assert shown(a="1" + "x" * 5_000, b="2" + "x" * 5_000)["a"].startswith("•x")


def test_a_title_and_an_address_spell_no_number_together() -> None:
    page = Page(title="4242 4242", url="https://shop.example/4242/4242?q=hat", referrer="https://other.example/7")
    assert page_without_joined_numbers(page, mask) == Page(
        title="•••• ••••", url="https://shop.example", referrer="https://other.example/7"
    )


def test_nor_do_an_address_and_the_one_before() -> None:
    page = Page(title="Hats", url="https://shop.example/?a=42424242", referrer="https://shop.example/?a=42424242")
    found = page_without_joined_numbers(page, mask)
    assert found == Page(title="Hats", url="https://shop.example", referrer="https://shop.example")


def test_a_page_with_a_number_of_its_own_stays() -> None:
    page = Page(title="Order 20261122", url="https://shop.example/orders/20261122?page=2", referrer="")
    assert page_without_joined_numbers(page, mask) == page


def test_tags_spell_no_number_together() -> None:
    names = ["vip", "4242 d", "4242 b", "4242 a", "4242 c"]
    assert tags_without_joined_numbers(names, mask) == {f"4242 {end}": f"•••• {end}" for end in "abcd"}


def test_tags_with_figures_stay() -> None:
    assert tags_without_joined_numbers(["2026", "iphone 15", "order-4711", "v2.1", "4 stars"], mask) == {}
