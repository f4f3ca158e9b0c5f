"""Each field is masked free text, or is parsed and written anew."""

from encodings import idna
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.live.protocol import addresses, fields
from chat.live.protocol.codes import ErrorCode
from chat.live.protocol.fields import Refused
from security.masking import MaskedText, mask

CARD = "4242 4242 4242 4242"


def read(reader: Any, value: object) -> Any:
    return reader(value, mask)


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u200b\u200d", "\u2060 \ufeff", "\u3164", "\x00", "\u00a0"])
def test_a_text_with_nothing_to_see_is_blank(blank: str) -> None:
    with pytest.raises(Refused) as refused:
        read(fields.free_text(500), blank)
    assert refused.value.code is ErrorCode.BAD_FRAME
    assert read(fields.unless_blank(fields.free_text(500)), blank) is None


def test_free_text_is_masked_and_its_limit_counts_code_points() -> None:
    text = read(fields.free_text(8_000), f"my card is {CARD}")
    assert isinstance(text, MaskedText)
    assert "4242 4242" not in text
    assert read(fields.free_text(500), "🙂" * 500)
    with pytest.raises(Refused) as refused:
        read(fields.free_text(500), "🙂" * 501)
    assert refused.value.code is ErrorCode.TOO_LONG


@pytest.mark.parametrize("value", [True, 1.0, "1", None, [1], -1, 2**53, 1e3])
def test_an_integer_is_a_json_integer_within_its_bounds(value: object) -> None:
    with pytest.raises(Refused):
        read(fields.integer(), value)


@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_a_flag_is_true_or_false(value: object) -> None:
    with pytest.raises(Refused):
        read(fields.flag, value)


@pytest.mark.parametrize(
    "value",
    [
        "{7d8f0b64-0d2b-4e38-9d43-0b4b8b6c2a11}",
        "7d8f0b640d2b4e389d430b4b8b6c2a11",
        "urn:uuid:7d8f0b64-0d2b-4e38-9d43-0b4b8b6c2a11",
        "7d8f0b64-0d2b-4e38-9d43-0b4b8b6c2a11\n",
        "7d8f0b64-0d2b-4e38-9d43-0b4b8b6c2a1\uff11",
        7,
        None,
    ],
)
def test_a_uuid_has_one_layout(value: object) -> None:
    with pytest.raises(Refused):
        read(fields.uuid, value)
    assert str(read(fields.uuid, "7D8F0B64-0d2b-4e38-9d43-0b4b8b6c2a11")) == "7d8f0b64-0d2b-4e38-9d43-0b4b8b6c2a11"


@pytest.mark.parametrize(
    ("text", "rebuilt"),
    [
        ("https://Shop.Example:443/a?x=1#top", "https://shop.example/a?x=1"),
        ("http://user:pw@shop.example:8080", "http://shop.example:8080/"),
        ("https://shop.example/?q=red+shoes&token=abc&utm_source=x", "https://shop.example/?q=red+shoes&utm_source=x"),
        ("https://shop.example/?hotel=9&pwd=x&api_key=1&e=vera%40x.org", "https://shop.example/?hotel=9"),
        ("https://shop.example/?r=AbCdEfGhIjKlMnOpQrStUvWxYz012345", "https://shop.example/"),
        ("https://shop.example/a?n=4242+4242%204242-4242", "https://shop.example/a"),
        ("https://shop.example/a?x=4242&y=4242&z=4242&w=4242", "https://shop.example/a"),
        ("https://shop.example/a?x=42424&y=24242&z=42&w=4242", "https://shop.example/a"),
        ("https://shop.example/a?n=%2534%2532424242%25342424242", "https://shop.example/a"),
        ("https://shop.example/a?x=1&y=2026", "https://shop.example/a?x=1&y=2026"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://[2001:DB8::1]:8000/", "http://[2001:db8::1]:8000/"),
        ("https://shop.example/" + "a" * 4_000, "https://shop.example/"),
    ],
)
def test_a_url_is_rebuilt_without_what_could_be_a_secret(text: str, rebuilt: str) -> None:
    assert read(fields.url, text) == rebuilt


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)", "data:text/html,x", "//shop.example/", "/path", "https://", "https:///x", "ftp://a.example/",
        "https://shop.example:99999/", "https://shop.example:a/", "https://sh op.example/", "https://a\\b.example/",
        "https://shop.example/\nSet-Cookie: x", "http://[::1/", "http://-a.example/", "https://a..b/", "x" * 9_000, 7, None,
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(text: object) -> None:
    with pytest.raises(Refused):
        read(fields.url, text)


@pytest.mark.parametrize(
    "text",
    [
        "https://4242424242424242.example/",
        "https://a.4242-4242-4242-4242.example/?q=1",
        "https://4242.4242.4242.4242.example/",
    ],
)
def test_an_address_whose_host_spells_a_number_is_dropped_as_a_whole(text: str) -> None:
    assert read(fields.url, text) is None


@pytest.mark.parametrize(
    ("path", "hidden"),
    [
        ("pay/4242424242424242/next?a=1", "pay/xxxxxxxxxxxxxxxx/next"),
        ("4242%2D4242%2D4242%2D4242", "xxxx-xxxx-xxxx-xxxx"),
        ("4242/4242/4242/4242", "xxxx/xxxx/xxxx/xxxx"),
        ("%2534242424242424242", "xxxxxxxxxxxxxxxx"),
        ("%34%32%34%32%34%32%34%32%34%32%34%32%34%32%34%32", "xxxxxxxxxxxxxxxx"),
    ],
)
def test_a_path_that_spells_a_number_keeps_its_words_alone(path: str, hidden: str) -> None:
    assert read(fields.url, f"https://shop.example/{path}") == f"https://shop.example/{hidden}"


@pytest.mark.parametrize(
    "rest", ["4242/4242?a=4242&b=4242", "42424242?order=42424242", "4242?q=4242+4242+4242", "%34242?q=4242-42424242"]
)
def test_a_number_that_begins_in_the_path_and_ends_in_the_query_is_hidden_in_both(rest: str) -> None:
    found = read(fields.url, f"https://shop.example/{rest}")
    assert found is not None
    assert set(found.removeprefix("https://shop.example/")) <= {"x", "/"}


def test_figures_of_path_and_query_that_are_no_number_stay() -> None:
    text = "https://shop.example/2026/11/22/1234?page=4&size=20260&item=4532"
    assert read(fields.url, text) == text


def test_a_plus_makes_no_phone_number_of_a_card() -> None:
    with pytest.raises(Refused):
        read(fields.phone, "+378282246310005")
    assert read(fields.phone, "+43 1 234567") == "+431234567"


def test_an_origin_that_spells_a_number_is_dropped() -> None:
    assert read(fields.origin, "https://shop.example:8443") == "https://shop.example:8443"
    assert read(fields.origin, "https://4242424242424242.example") is None


@pytest.mark.parametrize("host", ["é." * 4_000, "é" * 4_000, "é" * 64 + ".example", "é." * 127])
def test_a_host_that_is_too_long_is_refused_before_it_is_encoded(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def encoded(_: str) -> bytes:
        raise AssertionError("a host of any length was encoded")

    monkeypatch.setattr(idna, "ToASCII", encoded)
    for reader, value in (
        (fields.url, f"https://{host}/"),
        (fields.email, f"a@{host}"),
        (fields.origin, f"http://{host}"),
    ):
        with pytest.raises(Refused):
            read(reader, value)


def test_a_phone_number_is_measured_before_it_is_masked() -> None:
    masked: list[str] = []

    def masker(text: str) -> MaskedText:
        masked.append(text)
        return mask(text)

    with pytest.raises(Refused):
        fields.phone(CARD * 3_000, masker)
    assert masked == []


@given(st.text(max_size=80))
def test_no_text_makes_the_rebuilding_fail_otherwise(text: str) -> None:
    for rebuild in (
        addresses.rebuilt_url,
        addresses.rebuilt_origin,
        addresses.rebuilt_email,
        addresses.rebuilt_phone,
        addresses.rebuilt_locale,
    ):
        for candidate in (text, f"https://{text}", f"https://shop.example/{text}", f"a@{text}"):
            found = rebuild(candidate)
            assert found is None or rebuild(found) == found


@pytest.mark.parametrize(
    ("text", "rebuilt"),
    [
        ("Vera@Shop.EXAMPLE", "Vera@shop.example"),
        (" v+chat@x.org ", "v+chat@x.org"),
        ("a@bücher.de", "a@xn--bcher-kva.de"),
    ],
)
def test_an_email_address_is_rebuilt(text: str, rebuilt: str) -> None:
    assert read(fields.email, text) == rebuilt


@pytest.mark.parametrize(
    "text",
    [
        "vera",
        "@x.org",
        "a@b",
        "a@b@c.org",
        '"a b"@x.org',
        "a@[127.0.0.1]",
        "a..b@x.org",
        "a@x.org\n.b",
        "a" * 65 + "@x.org",
    ],
)
def test_what_is_no_email_address_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read(fields.email, text)


def test_a_phone_number_is_digits_and_never_a_secret_number() -> None:
    assert read(fields.phone, "+1 (212) 555-0100") == "+12125550100"
    for number in ("378282246310005", "3782 822463 10005", "123-45-6789", "12", "+", "phone", "1" * 16, "+1+2345678"):
        with pytest.raises(Refused):
            read(fields.phone, number)


@pytest.mark.parametrize(
    ("text", "rebuilt"),
    [
        ("PT-br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("de", "de"),
        ("es-419", "es"),
    ],
)
def test_a_locale_is_written_in_its_usual_case(text: str, rebuilt: str) -> None:
    assert read(fields.locale, text) == rebuilt


@pytest.mark.parametrize("text", ["", "e", "english!", "en_GB", "en-", "4242424242424242", "en-" + "a" * 40, "en\n",
                                  "en-4242-4242-4242-4242", "en-GB-oxendict", "en-x-42424242", "de-u-co-phonebk"])  # fmt: skip
def test_what_is_no_locale_is_dropped(text: str) -> None:
    assert read(fields.locale, text) is None


def test_a_time_has_an_offset_and_becomes_utc() -> None:
    assert read(fields.time, "2026-01-31T12:00:00.5+02:00").isoformat() == "2026-01-31T10:00:00.500000+00:00"
    for text in ("2026-01-31", "2026-01-31T12:00:00", "2026-13-31T12:00:00Z", "0001-01-01T00:00:00+14:00", "yesterday"):
        with pytest.raises(Refused):
            read(fields.time, text)


def test_a_preview_ends_before_its_seventh_digit() -> None:
    assert read(fields.preview, "it is 4242 4242 42") == "it is 4242 42"
    assert read(fields.preview, "it is \uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12") == mask(
        "it is \uff14\uff12\uff14\uff12\uff14\uff12"
    )
    assert read(fields.preview, "  ") is None
    assert isinstance(read(fields.preview, "hello"), MaskedText)


def test_a_malformed_visitor_token_is_an_unknown_one() -> None:
    assert read(fields.token, "x" * 43) == "x" * 43
    assert read(fields.token, "x" * 42) is None
    assert read(fields.token, CARD) is None
    with pytest.raises(Refused):
        read(fields.token, 5)


def test_custom_fields_are_masked_and_their_names_cannot_carry_a_number() -> None:
    found = read(fields.custom_fields, {"order_no": f"paid with {CARD}", "size": " "})
    assert set(found) == {"order_no"}
    assert CARD not in found["order_no"]
    value: Any
    for value in (
        {"a b": "x"},
        {"n-4242-4242-4242-4242": "x"},
        {"a": 1},
        {f"f{i}": "x" for i in range(21)},
        [],
        {"a": "x" * 501},
        {f"f{i}": "x" * 450 for i in range(20)},
    ):
        with pytest.raises(Refused):
            read(fields.custom_fields, value)
    assert len(read(fields.custom_fields, {f"f{i}": "x" * 400 for i in range(20)})) == 20


def test_tags_are_short_masked_and_each_only_once() -> None:
    assert read(fields.tags, ["vip", "vip", "late"]) == ("vip", "late")
    assert CARD not in read(fields.tags, [CARD])
    for value in (["x" * 41], [""], [1], "vip", [str(i) for i in range(21)]):
        with pytest.raises(Refused):
            read(fields.tags, value)


def test_positions_name_each_conversation_once() -> None:
    conversation = "7d8f0b64-0d2b-4e38-9d43-0b4b8b6c2a11"
    assert list(read(fields.positions, {conversation: [3, 5]}).values()) == [(3, 5)]
    value: Any
    for value in ({conversation: [3]}, {conversation: [3, -1]}, {conversation: {}}, {"x": [1, 1]}, [],
                  {conversation: [1, 1], conversation.upper(): [2, 2]}):  # fmt: skip
        with pytest.raises(Refused):
            read(fields.positions, value)


@given(st.text(st.sampled_from(" -.4210,;:/abc\u200b\uff14"), max_size=8_000))
def test_blankness_and_previews_take_no_time(text: str) -> None:
    for reader in (fields.free_text(8_000), fields.preview):
        try:
            read(reader, text)
        except Refused:
            continue
