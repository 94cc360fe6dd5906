"""Customers meet editions by name, so no two published editions of a product have the same one."""

from __future__ import annotations

from licensing.models import Edition, Product


def namesake(*, product: Product, name: str) -> str:
    """Why a draft of `product` cannot have this name, in a sentence; empty where it can.

    Names that differ in capitals or spaces alone are read as the same.
    """
    published = Edition.objects.filter(product_id=product.pk, published_at__isnull=False)
    for key, taken in published.values_list("key", "name"):
        if _read(taken) == _read(name):
            return (
                f"{taken} is the name of the published edition {key}, and customers meet editions by name. "
                "Give the draft a name of its own."
            )
    return ""


def _read(name: str) -> str:
    return " ".join(name.split()).casefold()
