"""Model fields for sealed columns.

They hold ciphertext and do no cryptography: the key and the place (tenant, row, seq, rev) are known to the access
layer, which calls `seal_*` and `open_*` of `security.crypto.sealed` by name. What the fields do is refuse:

* any value but the sealed type of the column, so neither plain text nor unmasked text is ever written;
* `update()` and `bulk_update()`, which would put one ciphertext into rows it cannot be opened in;
* `filter()` by value, which never matches, since every sealing has its own nonce.
"""

from typing import Any, ClassVar

from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import IsNull

from security.crypto.sealed import Sealed, SealedData, SealedText


class _FromInstance(bytes):
    """A value on its way from `save()`: made in `pre_save`, which update() and bulk_update() never call."""


class SealedField(models.BinaryField):  # type: ignore[type-arg]
    """Common rules; use `SealedBody` or `EncryptedTextField`."""

    holds: ClassVar[type[Sealed]]

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", args, kwargs  # migrations import nothing of ours

    def from_db_value(self, value: bytes | memoryview | None, *_: object) -> Sealed | None:
        """Give what is stored as the sealed type."""
        return None if value is None else self.holds(value)

    def to_python(self, value: Any) -> Any:
        """Keep the value as it is."""
        return value  # BinaryField would read a str as base64

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:  # noqa: ARG002
        """Check the type; raise TypeError for anything but the sealed type."""
        value = getattr(model_instance, self.attname)
        if value is None:
            return None
        if type(value) is not self.holds:
            raise TypeError(f"{self} holds {self.holds.__name__}, not {type(value).__name__}")
        return _FromInstance(value)

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Refuse what did not come from an instance."""
        if value is not None and type(value) is not _FromInstance:
            raise FieldError(f"{self} is written by save() or bulk_create() only, not by update()")
        return super().get_db_prep_save(value, connection)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        """Hand plain bytes to the driver."""
        # A plain bytes object: the driver chooses its dumper by type.
        return super().get_db_prep_value(None if value is None else bytes(value), connection, prepared)

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse every look-up but `isnull`."""
        if lookup_name != "isnull":
            raise FieldError(f"{self} is encrypted: it cannot be searched by value")
        return IsNull

    def value_to_string(self, obj: models.Model) -> str:  # noqa: ARG002
        """Refuse to be written into a fixture."""
        raise FieldError(f"{self} is encrypted: it is not serialised")


class SealedBody(SealedField):
    """A message body or note: `SealedText`, which only `MaskedText` becomes."""

    holds = SealedText


class EncryptedTextField(SealedField):
    """Personal data – name, e-mail, phone, address, page URL – as `SealedData`."""

    holds = SealedData
