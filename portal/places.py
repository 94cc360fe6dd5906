"""Countries, currencies and time zones: lists to choose from in the reader's words, and good first guesses."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies

# In CLDR's list, but no country an organisation can be in: groupings, test regions, reserved codes.
NO_COUNTRY = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}

# Where a country has several zones: the one most of its people live in.
CHIEF_ZONES = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "PF": "Pacific/Tahiti",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "US": "America/New_York",
}

Choice = tuple[str, str]


@lru_cache(maxsize=16)
def countries(locale: str) -> list[Choice]:
    """(code, name) of every country, by name."""
    names = Locale.parse(locale).territories
    found = [(code, name) for code, name in names.items() if len(code) == 2 and code not in NO_COUNTRY]
    return sorted(found, key=lambda choice: choice[1])


def currencies(locale: str, among: Sequence[str]) -> list[Choice]:
    """(code, "USD · US Dollar") of the currencies prices are stated in."""
    names = Locale.parse(locale).currencies
    return [(code, f"{code} · {names.get(code, code)}") for code in among]


@lru_cache(maxsize=1)
def time_zones() -> list[tuple[str, list[Choice]]]:
    """The zones of the tz database that belong to a country, grouped by continent or ocean; UTC last."""
    groups: dict[str, list[Choice]] = {}
    for name in sorted(set(get_global("zone_territories")) & zoneinfo.available_timezones()):
        area, _, place = name.partition("/")
        if place and area != "Etc":
            groups.setdefault(area, []).append((name, place.replace("_", " ").replace("/", " · ")))
    return [*groups.items(), ("UTC", [("UTC", "UTC")])]


def country_of(accept_language: str) -> str:
    """The country a browser's languages speak of: "de-AT,de;q=0.9" → AT; empty where none does."""
    known = {code for code, _ in countries("en_US")}
    for part in accept_language.split(","):
        for tag in part.split(";")[0].strip().split("-")[1:]:
            if tag.upper() in known:
                return tag.upper()
    return ""


def currency_of(country: str, *, among: Sequence[str]) -> str:
    """The currency of a country where prices are stated in it; else US dollars, else the first there is."""
    for currency in get_territory_currencies(country) if country else []:
        if currency in among:
            return str(currency)
    return "USD" if "USD" in among or not among else among[0]


@lru_cache(maxsize=1)
def zone_by_country() -> dict[str, str]:
    """Each country's time zone: its chief one, else the one that CLDR maps an operating system's zone to."""
    territories = get_global("zone_territories")
    found: dict[str, list[str]] = {}
    for zone, country in territories.items():
        found.setdefault(country, []).append(zone)
    chief: dict[str, str] = {}
    for zone in get_global("windows_zone_mapping").values():
        chief.setdefault(territories.get(zone, ""), zone)
    return {country: chief.get(country, zones[0]) for country, zones in found.items()} | CHIEF_ZONES
