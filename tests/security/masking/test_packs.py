"""The packs that a tenant switches on: what each finds, and what only looks like it."""

import pytest

from security.masking import MaskedText, MaskingPolicy, Pattern, PatternRefused, mask
from security.masking.packs import PACKS


def masked(text: str, *packs: str) -> MaskedText:
    return mask(text, MaskingPolicy(packs=packs))


@pytest.mark.parametrize(
    ("pack", "text", "shown"),
    [
        ("iban", "pay DE89 3704 0044 0532 0130 00 please", "pay •••• •••• •••• •••• •••• •• please"),
        ("iban", "GB29NWBK60161331926819", "••••••••••••••••••••••"),
        ("itin", "my itin is 912-70-1234", "my itin is •••-••-••••"),
        ("aba", "routing number 021000021", "routing number •••• •••• •"),
        ("nino", "AB 12 34 56 C", "•• •• •• •• •"),
        ("nhs", "NHS 943 476 5919", "NHS ••• ••• ••••"),
        ("sin", "SIN 046-454-286", "SIN •••-•••-•••"),
        ("cpf", "111.444.777-35", "•••.•••.•••-••"),
        ("aadhaar", "2341 2341 2346", "•••• •••• ••••"),
        ("email", "mail pat@example.org, thanks", "mail [email], thanks"),
        ("phone", "call +44 20 7946 0123", "call +•• •• •••• ••••"),
        ("phone", "(212) 555-0123", "(•••) •••-••••"),
        ("dob", "born on 4 May 1980", "born on • May ••••"),
        ("secret", "password: hunter2!X and so on", "password: [secret] and so on"),
        ("secret", "use AKIA" + "IOSFODNN7EXAMPLE", "use [secret]"),
    ],
)
def test_each_pack_hides_what_it_names_and_only_where_it_is_on(pack: str, text: str, shown: str) -> None:
    once = masked(text, pack)
    assert once == shown
    assert masked(str(once), pack) == once
    assert [finding.kind for finding in once.findings] == [pack]
    assert masked(text) == text


@pytest.mark.parametrize(
    ("pack", "text"),
    [
        ("iban", "DE88 3704 0044 0532 0130 00"),
        ("iban", "DE89 3704 0044"),
        ("itin", "900-10-1234"),
        ("aba", "the number 021000021 alone"),
        ("aba", "routing number 021000022"),
        ("nino", "GB123456A"),
        ("nino", "flight AB123456"),
        ("nhs", "NHS 943 476 5918"),
        ("sin", "SIN 046-454-287"),
        ("cpf", "111.111.111-11"),
        ("aadhaar", "0234 1234 1234"),
        ("email", "2 @ 3.50 each"),
        ("phone", "192.168.10.44"),
        ("phone", "order 4500123987"),
        ("dob", "delivery on 04/05/2026"),
        ("secret", "I forgot my password"),
        ("secret", "the password is wrong"),
    ],
)
def test_what_only_looks_like_it_is_left_alone(pack: str, text: str) -> None:
    assert masked(text, pack) == text


def test_every_pack_says_what_it_hides_and_where_its_rule_comes_from() -> None:
    assert set(PACKS) == {
        "iban",
        "itin",
        "aba",
        "nino",
        "nhs",
        "sin",
        "cpf",
        "aadhaar",
        "email",
        "phone",
        "dob",
        "secret",
    }
    for pack in PACKS.values():
        assert pack.hides.endswith(".")
        assert pack.source


def test_packs_are_found_through_encodings_and_scripts() -> None:
    assert masked("pat%40example.org", "email") == "[email]"
    assert "٩٤٣" not in masked("NHS ٩٤٣ ٤٧٦ ٥٩١٩", "nhs")


def test_the_allow_list_rescues_a_finding_but_no_card_and_nothing_of_one() -> None:
    allowed = ("Help@Example.com", "4242-4242-4242-4242", "123456789", "04/28", "737")
    policy = MaskingPolicy(packs={"email", "phone", "itin"}, allowed=allowed)
    assert mask("write to help@example.com or pat@example.com", policy) == "write to help@example.com or [email]"
    assert mask("the test number is 4242 4242 4242 4242", policy) == "the test number is •••• •••• •••• 4242"
    assert mask("it is 123-45-6789", policy) == "it is •••-••-••••"
    assert (
        mask("my card is 4242 4242 4242 4242 exp 04/28 cvv 737", policy)
        == "my card is •••• •••• •••• 4242 exp ••/•• cvv •••"
    )
    assert mask("the cvv is 737", policy) == "the cvv is •••"


def test_nothing_inside_of_what_is_allowed_is_hidden() -> None:
    policy = MaskingPolicy(packs={"phone"}, allowed=("+1 202 555 0143",))
    assert mask("call +1 202 555 0143", policy) == "call +1 202 555 0143"
    assert mask("call 1-202-555-0143 or +1 202 555 0144", policy) == "call 1-202-555-0143 or +• ••• ••• ••••"
    assert mask("call +1 202 555 0143 0144", policy) == "call +• ••• ••• •••• ••••", "More than what is allowed"


def test_the_allow_list_holds_for_patterns_but_shelters_no_card_in_them() -> None:
    staff = Pattern("staff", "format", "EMP-######")
    policy = MaskingPolicy(patterns=(staff,), allowed=("EMP-000000",))
    assert mask("EMP-000000, EMP-000001", policy) == "EMP-000000, [staff]"
    order = MaskingPolicy(
        patterns=(Pattern("order", "regex", "order [0-9 ]+[0-9]"),), allowed=("order 4242 4242 4242 4242",)
    )
    assert mask("order 4242 4242 4242 4242", order) == "order •••• •••• •••• 4242"


def test_a_pattern_may_keep_its_last_characters() -> None:
    policy = MaskingPolicy(patterns=(Pattern("staff", "format", "EMP-######", keep_last=2),))
    once = mask("I am EMP-123456.", policy)
    assert once == "I am •••-••••56."
    assert mask(str(once), policy) == once
    with pytest.raises(PatternRefused):
        Pattern("staff", "format", "EMP-######", keep_last=5)
