"""`TenantOwned`: what every table of a tenant's inherits, and the manager that fails closed."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models.expressions import DatabaseDefault
from django.db.models.functions import Cast, NullIf
from django.db.models.signals import class_prepared
from django.forms import ModelChoiceField

from security.scoping.constraints import SameTenant, TenantIsolation, TenantReference
from security.scoping.scope import ScopeConflict, ScopeMissing, current_tenant_id, current_user_id, require_tenant_id

_M_co = TypeVar("_M_co", bound=models.Model, covariant=True)
_ST = TypeVar("_ST")
_GT = TypeVar("_GT")

if TYPE_CHECKING:
    _BigIntegerField = models.BigIntegerField[int, int]
else:  # fields are generic in the stubs alone
    _BigIntegerField = models.BigIntegerField


def _from_setting() -> Cast:
    setting = models.Func(
        models.Value("app.tenant_id"), models.Value(True), function="current_setting", output_field=models.TextField()
    )
    return Cast(NullIf(setting, models.Value("")), models.BigIntegerField())


class TenantIdField(_BigIntegerField):
    """The owner of a row, filled from the scope; a row of another tenant than the one in scope is refused before it is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(db_default=_from_setting(), editable=False)
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> int:  # noqa: ARG002 - the signature is Django's
        tenant_id = require_tenant_id()
        given = getattr(model_instance, self.attname)
        if given is not None and not isinstance(given, DatabaseDefault) and given != tenant_id:
            raise ScopeConflict("This row belongs to another tenant than the one in scope.")
        setattr(model_instance, self.attname, tenant_id)
        return tenant_id

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.BigIntegerField", args, kwargs


class TenantForeignKey(models.ForeignKey[_ST, _GT]):
    """A foreign key inside one tenant: PostgreSQL holds it as `(tenant_id, id)` (`SameTenant`), so Django's own constraint is off."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        """A choice of the tenant's own rows; forms are made at import, so the scope is asked for when the choices are read."""
        kwargs.pop("using", None)
        choice = {
            "form_class": ModelChoiceField,
            "queryset": TenantQuerySet(self.remote_field.model),
            "to_field_name": self.remote_field.field_name,
            **kwargs,
            "blank": self.blank,
        }
        return super(models.ForeignKey, self).formfield(**choice)  # ForeignKey's own asks the manager now


class TenantQuerySet(models.QuerySet[_M_co, _M_co]):
    """A queryset that asks for the scope whenever it is about to run: each way of running goes through `db`."""

    @property
    def db(self) -> str:
        _require_scope(self.model)
        return super().db


class TenantManager(models.Manager[_M_co]):
    """Raises ScopeMissing unless the model's rows may be seen here and now."""

    def get_queryset(self) -> TenantQuerySet[_M_co]:
        _require_scope(self.model)
        return TenantQuerySet(self.model, using=self._db)


def _require_scope(model: type[models.Model]) -> None:
    if current_tenant_id() is None and not (getattr(model, "readable_by_its_person", False) and current_user_id()):
        raise ScopeMissing(f"{model._meta.label} was used outside tenant_scope().")


class TenantOwned(models.Model):
    """A row of exactly one tenant. Subclasses get the isolation policies and a composite key as constraints of their own."""

    tenant_table: ClassVar[str] = ""
    """The table of tenants, where a foreign key to it is wanted."""
    mine: ClassVar[str] = ""
    """SQL condition of policy `mine`, for what a person reads before a tenant is chosen."""
    platform: ClassVar[bool] = False
    """Whether operators read the table through their own role."""
    readable_by_its_person: ClassVar[bool] = False

    tenant_id = TenantIdField()

    objects: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """As Django's, with the tenant filled in: a form leaves it out, and would skip each unique constraint that starts with it."""
        self.tenant_id = require_tenant_id()
        super().validate_constraints(exclude=set(exclude or ()) - {"tenant_id"})


def _add_constraints(sender: type[models.Model], **_: object) -> None:
    if not issubclass(sender, TenantOwned) or sender._meta.abstract or sender._meta.proxy:
        return
    meta = sender._meta
    table = meta.db_table
    own: list[models.BaseConstraint] = [
        models.UniqueConstraint(fields=["tenant_id", "id"], name=f"{table}_tenant_key"),
        TenantIsolation(name=f"{table}_isolation", mine=sender.mine, platform=sender.platform),
    ]
    if any(field.name == "public_id" for field in meta.local_fields):
        own.append(models.UniqueConstraint(fields=["tenant_id", "public_id"], name=f"{table}_public_id_key"))
    if sender.tenant_table:
        own.append(TenantReference(name=f"{table}_tenant_fk", table=sender.tenant_table))
    own.extend(
        SameTenant(name=f"{table}_{field.name}_same_tenant", field=field.name)
        for field in meta.local_fields
        if isinstance(field, TenantForeignKey)
    )
    meta.constraints = [*meta.constraints, *own]
    meta.original_attrs["constraints"] = (
        meta.constraints
    )  # the autodetector reads constraints only where Meta named them


class_prepared.connect(_add_constraints, dispatch_uid="security.scoping.constraints")

__all__ = ["ScopeMissing", "TenantForeignKey", "TenantManager", "TenantOwned", "TenantQuerySet"]
