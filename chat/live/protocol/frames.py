"""How a frame class says what its fields are, and the one parse that turns raw text into such a frame.

    @frame("read")
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Read(Frame):
        seq: Annotated[int, integer(1)]

A field with a default is optional, and null there means "not given". What has no reader cannot be declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, ClassVar, Final, TypeVar, cast, get_args, get_type_hints
from uuid import UUID

from chat.live.protocol.codes import ErrorCode
from chat.live.protocol.decode import Undecodable, decode
from chat.live.protocol.fields import INT_LIMIT, Masker, Reader, Refused, integer, uuid
from security.sockets.refusals import FrameRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One client frame, parsed: known, typed fields and masked text only. `ref` comes back in the answer."""

    type: ClassVar[str]
    readers: ClassVar[Mapping[str, Reader[Any]]]
    required: ClassVar[frozenset[str]]

    ref: Annotated[int | None, integer(-INT_LIMIT, INT_LIMIT)] = None

    def check(self) -> None:
        """Refuse what no single field can: a combination of fields."""


F = TypeVar("F", bound=Frame)
Registry = Mapping[str, type[Frame]]
_TYPE: Final = "type"


def frame(name: str) -> Callable[[type[F]], type[F]]:
    """Declare a frame's `type`, and collect the readers of its fields."""

    def declare(cls: type[F]) -> type[F]:
        cls.type = name
        cls.readers, cls.required = readers_of(cls)
        return cls

    return declare


def readers_of(cls: type[Any]) -> tuple[Mapping[str, Reader[Any]], frozenset[str]]:
    """The reader of each field by name, and the names without a default."""
    hints = get_type_hints(cls, include_extras=True)
    readers: dict[str, Reader[Any]] = {}
    required = set()
    for field in fields(cls):
        readers[field.name] = cast("Reader[Any]", get_args(hints[field.name])[1])
        if field.default is MISSING and field.default_factory is MISSING:
            required.add(field.name)
    return readers, frozenset(required)


def read_fields(
    data: Mapping[str, object],
    readers: Mapping[str, Reader[Any]],
    required: frozenset[str],
    masker: Masker,
) -> dict[str, Any]:
    """Typed values by field name; Refused for an unknown, missing or wrong one."""
    values: dict[str, Any] = {}
    for name, value in data.items():
        reader = readers.get(name)
        if reader is None:
            raise Refused
        if value is not None:
            values[name] = reader(value, masker)
        elif name in required:
            raise Refused
    if not required <= values.keys():
        raise Refused
    return values


Charge = Callable[[str], float]
"""Counts a frame by its type; the seconds to wait where it is one too many, else 0."""


def _free(_: str) -> float:
    return 0.0


Undo = Callable[[Sequence[str]], Masker]
"""The masker for a frame whose sender says that what these packs find in it is wrong."""
_UNMASKED: Final = "unmasked"


def parse(
    raw: str | bytes, registry: Registry, masker: Masker, charge: Charge = _free, undo: Undo | None = None
) -> Frame:
    """The frame that `raw` is, or FrameRefused.

    `charge` is asked before any field is read: what is refused by it was not masked, which is the costly part.
    Nothing unparsed or unmasked leaves this function, in whichever way it is left.
    """
    try:
        data = decode(raw)
    except Undecodable:
        raise FrameRefused(ErrorCode.BAD_FRAME) from None
    kind = data.pop(_TYPE, None)
    cls = registry.get(kind) if type(kind) is str else None
    if cls is None:
        raise _refusal(ErrorCode.BAD_FRAME, data, masker)
    wait = charge(cls.type)
    if wait > 0:
        raise _refusal(ErrorCode.RATE_LIMITED, data, masker, retry_after=int(wait) + 1)
    try:
        found = cls(**read_fields(data, cls.readers, cls.required, _masker_for(cls, data, masker, undo)))
        found.check()
    except Refused as refused:
        raise _refusal(refused.code, data, masker) from None
    return found


def _masker_for(cls: type[Frame], data: Mapping[str, object], masker: Masker, undo: Undo | None) -> Masker:
    """By what the texts of this frame are masked: known before the first of them is read, wherever the field stands."""
    value = data.get(_UNMASKED)
    if undo is None or value is None or _UNMASKED not in cls.readers:
        return masker
    return undo(cls.readers[_UNMASKED](value, masker))


def _refusal(
    code: ErrorCode, data: Mapping[str, object], masker: Masker, *, retry_after: int | None = None
) -> FrameRefused:
    """The refusal with what of the frame's own ids can be parsed, so that the sender knows which frame is meant."""

    def known(name: str, reader: Reader[Any]) -> Any:
        try:
            return reader(data[name], masker)
        except (KeyError, Refused):
            return None

    ref: int | None = known("ref", Frame.readers["ref"])
    client_id: UUID | None = known("client_id", uuid)
    conversation: UUID | None = known("conversation", uuid)
    return FrameRefused(code, ref=ref, client_id=client_id, conversation=conversation, retry_after=retry_after)


Frame.readers, Frame.required = readers_of(Frame)


def registry_of(*frames: type[Frame]) -> Registry:
    """Frames by type; a type that is declared twice is a mistake."""
    found = {cls.type: cls for cls in frames}
    if len(found) != len(frames):
        raise TypeError("two frames of one type")
    return found
