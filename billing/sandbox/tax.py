"""Sales tax by the customer's country: a small, fixed stand-in for Stripe Tax.

Exclusive, on each invoice line by itself, rounded half away from zero, so that a line and its exact reversal cancel.
Germany 19 %, France 20 %, United Kingdom 20 %, Japan 10 %, everywhere else nothing. A customer marked `exempt` or
`reverse` pays none, and the line says why.
"""

from __future__ import annotations

from fractions import Fraction

from billing.sandbox.errors import invalid
from billing.sandbox.store import Obj

RATES = {"DE": ("VAT", 19), "FR": ("VAT", 20), "GB": ("VAT", 20), "JP": ("JCT", 10)}
RELIEF = {"exempt": "customer_exempt", "reverse": "reverse_charge"}


def rate_id(country: str) -> str:
    """The id of the standing tax rate of a country that has one."""
    return f"txr_sandbox_{country.lower()}"


def standing_rates(created: int) -> list[Obj]:
    """The tax rates every sandbox has from its first second."""
    return [
        {
            "id": rate_id(country),
            "object": "tax_rate",
            "active": True,
            "country": country,
            "created": created,
            "description": None,
            "display_name": name,
            "effective_percentage": float(percentage),
            "flat_amount": None,
            "inclusive": False,
            "jurisdiction": country,
            "jurisdiction_level": "country",
            "livemode": False,
            "metadata": {},
            "percentage": float(percentage),
            "rate_type": "percentage",
            "state": None,
            "tax_type": name.lower(),
        }
        for country, (name, percentage) in RATES.items()
    ]


def is_placed(customer: Obj) -> bool:
    """Whether it is known in which country the customer is."""
    return bool((customer["address"] or {}).get("country"))


def country_of(customer: Obj) -> str:
    """The two-letter country that decides the tax. Without one Stripe refuses automatic tax with a 400."""
    if not is_placed(customer):
        raise invalid(
            "The customer's location isn't recognized. Set a valid customer address in order to automatically "
            "calculate tax.",
            code="customer_tax_location_invalid",
            param="automatic_tax",
        )
    return str(customer["address"]["country"]).upper()


def line_tax(amount: int, country: str, tax_exempt: str) -> list[Obj]:
    """The taxes of one line of `amount` minor units: one entry, or none where nothing is collected."""
    if country not in RATES:
        return []
    exact = Fraction(amount * RATES[country][1], 100) if tax_exempt == "none" else Fraction(0)
    magnitude = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return [
        {
            "amount": magnitude if exact >= 0 else -magnitude,
            "tax_behavior": "exclusive",
            "tax_rate_details": {"tax_rate": rate_id(country)},
            "taxability_reason": RELIEF.get(tax_exempt, "standard_rated"),
            "taxable_amount": amount,
            "type": "tax_rate_details",
        }
    ]


def totalled(lines: list[Obj]) -> list[Obj]:
    """An invoice's `total_taxes`: the lines' taxes summed by rate and reason."""
    totals: dict[tuple[str, str], Obj] = {}
    for line in lines:
        for tax in line["taxes"]:
            key = (tax["tax_rate_details"]["tax_rate"], tax["taxability_reason"])
            if key in totals:
                totals[key]["amount"] += tax["amount"]
                totals[key]["taxable_amount"] += tax["taxable_amount"]
            else:
                totals[key] = {**tax, "tax_rate_details": dict(tax["tax_rate_details"])}
    return list(totals.values())
