"""What the end of an edition does to what somebody pays, in a sentence: one for pages and mails alike."""

from __future__ import annotations

from django.utils.translation import gettext as _

from licensing.terms import PriceTerms
from portal.pages.values import per_interval
from portal.templatetags.words import money


def price_step_words(price: PriceTerms | None, *, before: int, after: int, is_over: bool) -> str:
    """`price` is what is paid, None where it is free; `before` and `after` are sums of one interval, before tax, in its
    minor units. `is_over`: the later one is paid already.
    """
    if price is None:
        return _("You pay nothing, as before.") if is_over else _("You pay nothing, and that stays so.")
    said = {
        "before": money(before, price.currency),
        "after": money(after, price.currency),
        "step": step_words(price, before=before, after=after),
        "each": per_interval(price.interval),
    }
    if before == after:
        stays = _(
            "What you pay stays as it is: %(before)s %(each)s before, %(after)s %(each)s after, before tax."
        )
        return (_("What you pay is as before: %(after)s %(each)s, before tax.") if is_over else stays) % said
    if is_over:
        words = _(
            "You pay %(after)s %(each)s now; it was %(before)s. That is %(step)s, before tax, for as many people."
        )
    else:
        words = _(
            "You pay %(before)s %(each)s until then, and %(after)s %(each)s from then on, for as many people as now: "
            "%(step)s, before tax."
        )
    return words % said


def step_words(price: PriceTerms, *, before: int, after: int) -> str:
    """€240.00 a year more, or less. The two sums differ."""
    said = {"amount": money(abs(after - before), price.currency), "each": per_interval(price.interval)}
    return (_("%(amount)s %(each)s more") if after > before else _("%(amount)s %(each)s less")) % said
