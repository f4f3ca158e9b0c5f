from __future__ import annotations

import pytest

from security.accounts.devices import device_of

CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0{} Safari/537.36{}"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (CHROME.format("X11; Linux x86_64", "", ""), "Chrome 156 on Linux"),
        (CHROME.format("Windows NT 10.0; Win64; x64", "", ""), "Chrome 156 on Windows"),
        (CHROME.format("Windows NT 10.0; Win64; x64", "", " Edg/155.0.0.0"), "Edge 155 on Windows"),
        (CHROME.format("Linux; Android 16; K", " Mobile", ""), "Chrome 156 on Android"),
        (CHROME.format("X11; CrOS x86_64 14541.0.0", "", ""), "Chrome 156 on ChromeOS"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140 on Linux"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/19.1 Safari/605.1.15", "Safari 19 on macOS"),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) {APPLE} Version/19.0 Mobile/15E148 Safari/604.1",
            "Safari 19 on iPhone",
        ),
        ("curl/8.5.0", "Unknown device"),
        ("", "Unknown device"),
        ("Chrome/" + "9" * 100_000, "Chrome 9999"),
        ("<b>Firefox/1</b>", "Firefox 1"),
    ],
)
def test_a_browser_is_called_what_people_call_it(said: str, device: str) -> None:
    assert device_of(said) == device
