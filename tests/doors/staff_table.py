"""The table of the doors of staff: model × right × group.

Superusers may what anybody may; what NOBODY may, they neither.
An unknown visitor is led to sign in, somebody who is no staff gets 403. Every other answer follows from the rows below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import reverse

from licensing.catalogue import draft_from
from licensing.models import Edition, NoticeRule, Rehearsal
from tests.cast import NOON, TODAY, ada, bo
from tests.doors.people import IN, ON
from tests.staff.rows import (
    brake_of,
    credit_of,
    difference_of,
    everything_of,
    exception_of,
    policy_version,
    price_move_of,
    stripe_event,
    violation_of,
)
from tests.sunsets.scenes import announced, change_of
from tests.sunsets.scenes import draft as sunset_draft

ROLES = ("anonymous", "owner", "staff", "support", "catalogue", "finance", "superuser")

Knock = tuple[str, str, tuple[Any, ...]]  # method, address, answer for each of ROLES

# The groups that may, in words; "" is superusers alone.
Groups = str | None
NOBODY: Groups = None
SUPERUSERS = ""


@dataclass(frozen=True)
class Rights:
    """Who may `look` at a model's rows (list, page, history), and who may `add`, `change` and `delete` by hand."""

    look: Groups
    add: Groups = NOBODY
    change: Groups = NOBODY
    delete: Groups = NOBODY


MODELS: dict[str, Rights] = {
    # What is on record is looked at. It changes by an action, with a reason.
    "licensing.customer": Rights("support finance"),
    "licensing.licence": Rights("support finance catalogue"),
    "licensing.event": Rights("support finance"),
    "licensing.trial": Rights("support"),
    "licensing.waiver": Rights("support finance"),
    "licensing.usagereading": Rights("support"),
    "licensing.erasure": Rights("support"),
    "licensing.promisecheck": Rights("support catalogue finance"),
    "licensing.notice": Rights("support"),
    "billing.order": Rights("support finance"),
    "billing.quote": Rights("support finance"),
    "billing.invoice": Rights("support finance"),
    "billing.payer": Rights("support finance"),
    "billing.balancecredit": Rights("support finance"),
    "billing.pricemove": Rights("support finance"),
    "billing.stripeevent": Rights("support finance"),
    "billing.openviolation": Rights("support finance"),
    "billing.reconciliation": Rights("support finance"),
    "billing.difference": Rights("support finance"),
    # Pulled here, and let go by an action.
    "billing.brake": Rights("support finance", add="support finance"),
    # The catalogue: a draft; what is published is looked at.
    "licensing.product": Rights("support catalogue", add="catalogue", change="catalogue"),
    "licensing.edition": Rights("support catalogue", add="catalogue", change="catalogue", delete="catalogue"),
    "licensing.tier": Rights("support catalogue", change="catalogue", delete="catalogue"),
    "licensing.sunset": Rights("support catalogue", add="catalogue", change="catalogue", delete="catalogue"),
    "licensing.plannedchange": Rights("support catalogue"),
    "licensing.noticerule": Rights(
        "support catalogue", add="catalogue", change="catalogue", delete="catalogue"
    ),
    "licensing.approval": Rights("support catalogue"),
    "portal.policyversion": Rights("support catalogue"),
    "licensing.rehearsal": Rights("support catalogue"),
    "licensing.rehearsed": Rights("support catalogue"),
    "licensing.promiseexception": Rights("support catalogue"),
    # People
    "portal.user": Rights("support finance", change=SUPERUSERS),
    "auth.group": Rights(SUPERUSERS, add=SUPERUSERS, change=SUPERUSERS, delete=SUPERUSERS),
}

ACTIONS: dict[str, Groups] = {
    "licensing_trial_extend": "support",
    "licensing_trial_end_now": "support",
    "licensing_notice_resend": "support",
    "licensing_notice_came_back": "support",
    "licensing_customer_record_usage": "support",
    "licensing_customer_ask_erasure": "support",
    "licensing_erasure_keep": "support",
    "licensing_customer_park": "support finance",
    "licensing_customer_raise_limit": "support finance",
    "licensing_customer_waive_rule": "support finance",
    "licensing_customer_give_trial": "support finance",
    "licensing_customer_give_credit": "support finance",
    "billing_balancecredit_clear_this": "support finance",
    "billing_pricemove_clear_this": "support finance",
    "licensing_waiver_say_yes": "finance",
    "licensing_waiver_say_no": "finance",
    "licensing_waiver_end_now": "support finance",
    "billing_brake_go": "support finance",
    "billing_order_settle": "support finance",
    "billing_order_clear": "support finance",
    "licensing_edition_draft_from_this": "catalogue",
    "licensing_edition_rehearse_this": "catalogue",
    "licensing_edition_approve_this": "catalogue",
    "licensing_rehearsal_as_csv": "support catalogue",
    "licensing_rehearsal_ask_exception": "catalogue",
    "licensing_promiseexception_accept": "catalogue",
    "licensing_edition_publish_this": "catalogue",
    "licensing_sunset_announce": "catalogue",
    "licensing_sunset_withdraw": "catalogue",
}

# Pages about one row that are only read.
PAGES: dict[str, Groups] = {
    "licensing_edition_compare_this": "support catalogue",
    "licensing_edition_playbook_of_this": "support catalogue",
    "licensing_edition_as_file": "support catalogue",
    "licensing_customer_prices_of": "support finance",
}

# Whose button asks nothing: it is done at once, and leads on.
AT_ONCE = {"licensing_edition_rehearse_this", "licensing_promiseexception_accept"}

# Address: (method, answer for each of ROLES). Staff without any right have a first page with nothing on it.
ANY_STAFF = (IN, 403, 200, 200, 200, 200, 200)
SITE: dict[str, tuple[str, tuple[Any, ...]]] = {
    "": ("get", ANY_STAFF),
    "login/": ("get", (IN, 403, ON, ON, ON, ON, ON)),
    "logout/": ("post", (ON,) * 7),
    "password_change/": ("get", (ON,) * 7),
    "password_change/done/": ("get", ANY_STAFF),
    "search/": ("get", ANY_STAFF),
    "autocomplete/": ("get", (IN, 403, 403, 403, 403, 403, 403)),
    "jsi18n/": ("get", ANY_STAFF),
    "r/1/1/": ("get", (IN, 403, 404, 404, 404, 404, 404)),
    "licensing/": ("get", (IN, 403, 404, 200, 200, 200, 200)),
    "billing/": ("get", (IN, 403, 404, 200, 404, 200, 200)),
    "portal/": ("get", (IN, 403, 404, 200, 200, 200, 200)),
    "auth/": ("get", (IN, 403, 404, 404, 404, 404, 200)),
    "licensing/edition/load/": ("get", (IN, 403, 403, 403, 200, 403, 200)),
    "no-such-page/": ("get", (IN, 403, 404, 404, 404, 404, 404)),
}


def knocks(rows: dict[str, Any]) -> list[Knock]:
    """Every door of staff, at the row of each model that `rows` names."""
    found: list[Knock] = [(method, f"/admin/{address}", row) for address, (method, row) in SITE.items()]
    for model, rights in MODELS.items():
        here = f"/admin/{model.replace('.', '/')}/"
        page = f"{here}{rows[model]}/"
        found += [
            ("get", here, answers(rights.look)),
            ("get", f"{here}add/", answers(rights.add)),
            ("get", page, (IN, 403, *(ON,) * 5)),
            ("get", f"{page}change/", answers(rights.look)),
            ("post", f"{page}change/", answers(rights.change)),
            ("get", f"{page}history/", answers(rights.look)),
            ("get", f"{page}delete/", answers(rights.delete)),
        ]
    for name, groups in ACTIONS.items():
        door = reverse(f"admin:{name}", args=[rows[".".join(name.split("_")[:2])]])
        done = ON if name in AT_ONCE else 200
        found += [("get", door, answers(groups)), ("post", door, answers(groups, let_in_by=done))]
    for name, groups in PAGES.items():
        door = reverse(f"admin:{name}", args=[rows[".".join(name.split("_")[:2])]])
        found.append(("get", door, answers(groups)))
    return found


def answers(groups: Groups, *, let_in_by: Any = 200) -> tuple[Any, ...]:
    """The row of answers, one for each of ROLES."""
    let_in = set() if groups is None else {*groups.split(), "superuser"}
    return (IN, *(let_in_by if role in let_in else 403 for role in ROLES[1:]))


def rows_of_ada() -> dict[str, Any]:
    """The key of one row of each model: Ada's things, a draft, and Ada herself, who is no staff."""
    everything_of(ada())
    stripe_event()
    violation_of(ada())
    brake_of(ada())
    difference_of(ada())
    policy_version()
    bo()
    announced(at=NOON)
    credit_of(ada())
    price_move_of(ada())
    exception = exception_of(ada())
    draft = draft_from(edition=Edition.objects.get(key=TODAY), key="2027-01", name="January 2027")
    rows = {model: apps.get_model(model)._default_manager.order_by("pk").first() for model in MODELS}
    rows |= {
        "licensing.edition": draft,
        "licensing.tier": draft.tiers.last(),
        "licensing.sunset": sunset_draft(),
        "licensing.plannedchange": change_of(bo().customer),
        "licensing.noticerule": NoticeRule.objects.filter(jurisdiction="DE").first(),
        "portal.user": ada().user,
        "licensing.rehearsal": Rehearsal.objects.get(edition=exception.edition),
    }
    return {model: row.pk for model, row in rows.items() if row is not None}
