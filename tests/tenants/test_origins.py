import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.csp import is_origin
from security.errors import Invalid
from tenants.origins import origin_of


@pytest.mark.parametrize(
    ("website", "origin"),
    [
        ("shop.example", "https://shop.example"),
        (" Shop.Example/catalogue?x=1#y ", "https://shop.example"),
        ("http://shop.example:80/", "http://shop.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("http://localhost:9000", "http://localhost:9000"),
        ("http://127.0.0.1:9000/page", "http://127.0.0.1:9000"),
        ("https://[2001:DB8::1]:444/", "https://[2001:db8::1]:444"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("shop.example.", "https://shop.example"),
    ],
)
def test_an_address_becomes_the_origin_that_browsers_send(website: str, origin: str) -> None:
    assert origin_of(website) == origin


@pytest.mark.parametrize(
    "website",
    ["", " ", "shop", "ftp://shop.example", "javascript://shop.example/%0aalert(1)", "https://a@shop.example",
     "https://shop.example; script-src *", "https://*.example", "https://", "https://shop..example", "shop.example:99999",
     "https://[::1", "https://-shop.example", "https://my_shop.example", "https://shop.example\n.evil.example", "x" * 300 + ".example"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(website: str) -> None:
    with pytest.raises(Invalid) as refused:
        origin_of(website)
    assert refused.value.code == "website"


@given(st.text(max_size=80))
def test_whatever_is_typed_no_policy_can_be_broken_out_of(text: str) -> None:
    try:
        origin = origin_of(text)
    except Invalid:
        return
    assert is_origin(origin)
    assert origin.isascii()
    assert not set(origin) & set(" ;,'\"*\n\r\t")
    assert origin_of(origin) == origin
