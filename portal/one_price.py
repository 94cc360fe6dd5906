"""One customer priced through every channel, in every currency and interval: what differs, and for which reason.

Two things may be right: what is sold today, and, for whoever holds a tier, what they hold. The price list and Stripe's
prices of today's edition are held to the first; whatever speaks to the customer is held to the second, where it is
about their own tier in their own currency. A difference from today's price then has a reason; any other has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.answers import StripeRefused, StripeUnavailable
from licensing.models import Customer
from licensing.terms import PriceTerms, storefront
from portal import price_channels
from portal.facts import facts_of
from portal.pages.prices import INTERVALS
from portal.price_channels import Case, Said
from portal.templatetags.words import money

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Read = Callable[[Case], Iterator[Said]]


@dataclass(frozen=True)
class Channel:
    """`is_personal`: it speaks to this customer, and so of what they hold."""

    key: str
    name: StrOrPromise
    is_personal: bool
    read: Read
    asks_stripe: bool = False


CHANNELS = (
    Channel("price_list", gettext_lazy("Price list"), False, price_channels.price_list),
    Channel("stripe", gettext_lazy("Stripe"), False, price_channels.at_stripe, asks_stripe=True),
    Channel("calculator", gettext_lazy("Calculator"), True, price_channels.calculator),
    Channel(
        "stripe_held", gettext_lazy("Stripe, as held"), True, price_channels.held_at_stripe, asks_stripe=True
    ),
    Channel("quote", gettext_lazy("Quote"), True, price_channels.quote, asks_stripe=True),
    Channel("renewal_mail", gettext_lazy("Renewal mail"), True, price_channels.renewal_mail),
    Channel("certificate", gettext_lazy("Certificate"), True, price_channels.certificate),
)


@dataclass(frozen=True)
class Cell:
    """What one channel says. `right`: what it should say; `reason`: why that is not today's price, where it is not."""

    channel: Channel
    tier: str
    currency: str
    interval: str
    amount: int | None
    right: int | None
    reason: str

    @property
    def differs(self) -> bool:
        return self.amount != self.right

    @property
    def shown(self) -> str:
        return money(self.amount, self.currency) if self.amount is not None else _("nothing")

    @property
    def words(self) -> str:
        """The difference in a sentence."""
        should = money(self.right, self.currency) if self.right is not None else _("nothing")
        return _(
            "%(channel)s: %(tier)s in %(currency)s by the %(interval)s is %(said)s, and should be %(right)s."
        ) % {
            "channel": self.channel.name,
            "tier": self.tier,
            "currency": self.currency,
            "interval": self.interval,
            "said": self.shown,
            "right": should,
        }


@dataclass(frozen=True)
class Line:
    """One tier in one currency and interval: today's price, and a cell for each channel, None where it has no say."""

    tier: str
    currency: str
    interval: str
    today: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class PriceReport:
    """`silent`: channels that could not be read now, each with the reason; of these nothing is known."""

    customer: Customer
    edition: str
    held: str
    seats: int
    channels: tuple[Channel, ...]
    lines: tuple[Line, ...]
    silent: tuple[tuple[str, str], ...]

    @property
    def cells(self) -> list[Cell]:
        return [cell for line in self.lines for cell in line.cells if cell is not None]

    @property
    def without_reason(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.differs]

    @property
    def with_reason(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.reason and not cell.differs]


def price_report(customer: Customer, *, at: datetime, ask_stripe: bool = True) -> PriceReport | None:
    """Ask every channel, Stripe among them unless it is not to be asked. None before anything is on sale.

    Raises Licence.DoesNotExist.
    """
    shop = storefront()
    if shop is None:
        return None
    case = Case(customer, facts_of(customer, today=shop.edition, at=at), shop, at)
    said: dict[tuple[str, str, str, str], Cell] = {}
    silent: list[tuple[str, str]] = []
    no_answer = False
    for channel in CHANNELS:
        if channel.asks_stripe and not ask_stripe:
            silent.append((str(channel.name), _("Stripe was not asked.")))
            continue
        try:
            if channel.asks_stripe and no_answer:
                raise StripeUnavailable
            for one in channel.read(case):
                said[channel.key, one.tier_key, one.currency, one.interval] = _cell(channel, one, case)
        except StripeUnavailable:
            no_answer = True
            silent.append((str(channel.name), _("Stripe does not answer; look again later.")))
        except StripeRefused as refusal:
            silent.append((str(channel.name), _("Stripe refuses: %(words)s") % {"words": refusal}))
    tiers = {tier.key: tier for tier in (case.standing.tier, *case.today.tiers)}
    keys = sorted(
        {key[1:] for key in said},
        key=lambda key: (tiers[key[0]].rank, key[1] != customer.currency, key[1], INTERVALS.index(key[2])),
    )
    lines = [
        Line(
            tiers[tier_key].name,
            currency,
            interval,
            _today_words(case, tier_key, currency, interval),
            tuple(said.get((channel.key, tier_key, currency, interval)) for channel in CHANNELS),
        )
        for tier_key, currency, interval in keys
    ]
    standing = case.standing
    held = _("%(tier)s of %(edition)s") % {"tier": standing.tier.name, "edition": standing.edition.name}
    return PriceReport(customer, case.today.name, held, case.seats, CHANNELS, tuple(lines), tuple(silent))


def _cell(channel: Channel, said: Said, case: Case) -> Cell:
    standing = case.standing
    today = case.today.tier(said.tier_key)
    now = _amount(today.price(currency=said.currency, interval=said.interval) if today else None, case)
    right, reason = now, ""
    is_own = said.tier_key == standing.tier.key and said.currency == case.customer.currency
    if channel.is_personal and is_own:
        right = _amount(standing.tier.price(currency=said.currency, interval=said.interval), case)
        if right != now:
            reason = _("%(customer)s holds %(edition)s, and keeps its price.") % {
                "customer": case.customer.name,
                "edition": standing.edition.name,
            }
    name = (today or standing.tier).name
    return Cell(channel, name, said.currency, said.interval, said.amount, right, reason)


def _amount(price: PriceTerms | None, case: Case) -> int | None:
    return price.amount(case.seats) if price else None


def _today_words(case: Case, tier_key: str, currency: str, interval: str) -> str:
    tier = case.today.tier(tier_key)
    amount = _amount(tier.price(currency=currency, interval=interval) if tier else None, case)
    return _("not sold") if amount is None else money(amount, currency)
