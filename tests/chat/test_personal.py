"""What is known of a visitor, as frame after frame adds to it."""

from __future__ import annotations

from chat.live.protocol.fields import FIELD_COUNT
from chat.personal import Profile


def test_what_is_not_said_again_is_kept() -> None:
    merged = Profile(name="Vera", phone="1", fields={"a": "1", "b": "2"}).merged(Profile(phone="2", fields={"b": "3"}))
    assert merged == Profile(name="Vera", phone="2", fields={"a": "1", "b": "3"})


def test_fields_of_many_frames_are_no_more_than_of_one() -> None:
    profile = Profile(fields={"first": "1"})
    for frame in range(5):
        newer = {f"{frame}-{number}": "x" for number in range(FIELD_COUNT - 1)} | {"again": str(frame)}
        profile = profile.merged(Profile(fields=newer))
        assert len(profile.fields) == FIELD_COUNT
    assert profile.fields["again"] == "4"
    assert "first" not in profile.fields
