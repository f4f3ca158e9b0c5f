"""What the demo shop sells. Fixed, so that demo conversations can speak of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Product:
    """One thing on the shelf; `image` lies in `static/img/demo/`."""

    slug: str
    name: str | Promise
    price: str
    summary: str | Promise
    detail: str | Promise
    image: str


PRODUCTS = (
    Product(
        "kettle",
        _("Harbour kettle"),
        "€ 64.00",
        _("Brushed steel, 1.2 litres, whistles in tune."),
        _(
            "Boils 1.2 litres in four minutes on gas, ceramic or induction. The handle stays cool, the lid comes off for cleaning."
        ),
        "kettle.svg",
    ),
    Product(
        "lamp",
        _("Lighthouse lamp"),
        "€ 89.00",
        _("Warm light, three steps, switched by a tap."),
        _(
            "A reading lamp of powder-coated steel with a linen shade. Three steps of warm light; the bulb can be replaced."
        ),
        "lamp.svg",
    ),
    Product(
        "backpack",
        _("Ferry backpack"),
        "€ 120.00",
        _("Waxed cotton, 18 litres, room for a laptop."),
        _(
            "Eighteen litres of waxed cotton with a padded sleeve for a 15-inch laptop. Repaired free of charge for ten years."
        ),
        "backpack.svg",
    ),
    Product(
        "blanket",
        _("Tide blanket"),
        "€ 75.00",
        _("Merino wool in two blues, 130 × 180 cm."),
        _("Woven from merino wool in a family mill. 130 × 180 cm, washable at 30 degrees, gets softer every time."),
        "blanket.svg",
    ),
)
BY_SLUG = {product.slug: product for product in PRODUCTS}
