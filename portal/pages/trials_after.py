"""What becomes of a running trial when a tier is bought: it ends with it, or goes on over it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from billing.models import Order
from licensing.models import Trial
from licensing.standing import Standing
from licensing.terms import TierTerms
from licensing.trials import ends_with
from portal.templatetags.words import until


def trial_after(standing: Standing, *, bought: TierTerms) -> str:
    """What becomes of the trial that runs once `bought` is paid; empty where none runs. No query."""
    trial, tried = standing.trial, standing.trial_tier
    if trial is None or tried is None:
        return ""
    said = {"trial": tried.name, "tier": bought.name, "until": until(trial.ends_at)}
    if not ends_with(tried, bought=bought):
        return _("Your %(trial)s trial goes on over %(tier)s until %(until)s.") % said
    if tried.key == bought.key:
        return _("Your %(trial)s trial ends with this: %(tier)s is yours then.") % said
    return _("Your %(trial)s trial, which would run until %(until)s, ends with this.") % said


def trials_ended_with(orders: Iterable[Order]) -> dict[UUID, str]:
    """Order number → the name of the tier whose trial settling it has ended. One query."""
    settled = {(order.customer_id, order.closed_at): order.pk for order in orders if order.closed_at}
    ended = Trial.objects.filter(
        customer_id__in={customer for customer, _at in settled},
        ended_at__in={at for _customer, at in settled},
        end=Trial.End.CONVERTED,
    )
    found = ended.values_list("customer_id", "ended_at", "tier__name")
    return {settled[customer, at]: name for customer, at, name in found if (customer, at) in settled}
