"""The billing portal's hosted page: cards, invoices, and the end of a subscription or its undoing."""

from __future__ import annotations

from html import escape

from billing.sandbox.errors import StripeError, invalid, missing
from billing.sandbox.events import emit
from billing.sandbox.form import Params
from billing.sandbox.money import formatted
from billing.sandbox.pages.card_form import card_fields, cards_to_try, described, read_card
from billing.sandbox.pages.html import Page, framed, message, problem, redirect
from billing.sandbox.pages.invoice import STANDING, day
from billing.sandbox.payment_methods import attached, cards_on_file, detach_payment_method
from billing.sandbox.render import public
from billing.sandbox.routing import hosted
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj
from billing.sandbox.subscription_changes import change_subscription
from billing.sandbox.subscription_state import LIVE, changed, period

LIFETIME = 3600


@hosted("GET", "/portal/{id}")
def show(box: Sandbox, form: Params, id: str) -> Page:
    """The page."""
    return _drawn(box, _session(box, id), form)


@hosted("POST", "/portal/{id}")
def act(box: Sandbox, form: Params, id: str) -> Page:
    """Carry out one button."""
    session = _session(box, id)
    customer = box.store.get("customer", session["customer"])
    try:
        _carry_out(box, customer, form)
    except StripeError as error:
        return _drawn(box, session, form, error=str(error))
    return redirect(f"/portal/{id}")


def _session(box: Sandbox, id: str) -> Obj:
    session = box.store.get("billing_portal.session", id)
    if box.now() - session["created"] > LIFETIME:
        raise invalid("This link has expired. Go back and open the billing page again.", status=410)
    return session


def _carry_out(box: Sandbox, customer: Obj, form: Params) -> None:
    action, target = form.get("do"), str(form.get("target", ""))
    if action == "add":
        _make_default(box, customer, attached(box, read_card(box, form)["id"], customer))
    elif action in ("default", "remove"):
        card = box.store.find("payment_method", target)
        if card is None or card["customer"] != customer["id"]:
            raise missing("PaymentMethod", target)
        if action == "default":
            _make_default(box, customer, card)
        else:
            detach_payment_method(box, {}, target)
    elif action in ("cancel", "resume"):
        subscription = box.store.find("subscription", target)
        if subscription is None or subscription["customer"] != customer["id"]:
            raise missing("subscription", target)
        ends = "true" if action == "cancel" else "false"
        change_subscription(box, subscription, {"cancel_at_period_end": ends})


def _make_default(box: Sandbox, customer: Obj, card: Obj) -> None:
    """Charge this card from now on: for the customer, and for every live subscription."""
    settings = dict(customer["invoice_settings"])
    if settings["default_payment_method"] != card["id"]:
        customer["invoice_settings"]["default_payment_method"] = card["id"]
        emit(box, "customer.updated", customer, {"invoice_settings": settings})
    for subscription in _live(box, customer):
        before = public(subscription)
        subscription["default_payment_method"] = card["id"]
        changed(box, subscription, before)


def _live(box: Sandbox, customer: Obj) -> list[Obj]:
    return [row for row in box.store.all("subscription", customer=customer["id"]) if row["status"] in LIVE]


def _drawn(box: Sandbox, session: Obj, form: Params, error: str | None = None) -> Page:
    customer = box.store.find("customer", session["customer"])
    if customer is None:
        return message("No such customer", "This customer is gone.", status=404)
    back = session["return_url"]
    content = f'<p class="small"><a href="{escape(back)}">← Return</a></p>' if back else ""
    content += f'<p class="soft">{escape(customer["name"] or customer["email"] or customer["id"])}</p>'
    content += problem(error) + _plans(box, session, customer) + _cards(box, session, customer, form)
    content += _invoices(box, customer)
    return framed("Billing", content, status=402 if error else 200)


def _plans(box: Sandbox, session: Obj, customer: Obj) -> str:
    rows = ""
    for subscription in _live(box, customer):
        items = " + ".join(
            f"{item['quantity']} × {escape(box.store.get('product', item['price']['product'])['name'])}"
            for item in subscription["items"]["data"]
        )
        end = day(period(subscription)[1])
        if subscription["cancel_at_period_end"]:
            words, button = f"Ends on {end}.", _button(session, "resume", subscription["id"], "Keep it")
        else:
            words, button = (
                f"Renews on {end}.",
                _button(session, "cancel", subscription["id"], "Cancel at period end"),
            )
        status = (
            ""
            if subscription["status"] in ("active", "trialing")
            else f" <strong>{subscription['status']}</strong>"
        )
        rows += f"<p>{items}{status}<br><span class='soft'>{words}</span></p>{button}"
    return f"<h2>Subscription</h2>{rows or '<p class=soft>None.</p>'}"


def _cards(box: Sandbox, session: Obj, customer: Obj, form: Params) -> str:
    default = customer["invoice_settings"]["default_payment_method"]
    for subscription in _live(box, customer):
        default = subscription["default_payment_method"] or default
    rows = ""
    for card in cards_on_file(box, customer["id"]):
        if card["id"] == default:
            rest = "<strong>Default</strong>"
        else:
            rest = _button(session, "default", card["id"], "Make default")
            rest += " " + _button(session, "remove", card["id"], "Remove")
        rows += f"<tr><td>{escape(described(card))}</td><td class='sum'>{rest}</td></tr>"
    table = (
        f'<table aria-label="Cards"><tbody>{rows}</tbody></table>' if rows else "<p class=soft>None yet.</p>"
    )
    return (
        f'<h2>Cards</h2>{table}<form method="post" action="/portal/{session["id"]}">{card_fields(form)}'
        f'<p><button name="do" value="add">Add card and make it the default</button></p></form>{cards_to_try()}'
    )


def _invoices(box: Sandbox, customer: Obj) -> str:
    rows = "".join(
        f'<tr><td><a href="/invoice/{row["id"]}">{escape(row["number"] or "")}</a></td><td>{day(row["created"])}</td>'
        f"<td>{STANDING[row['status']].split(':')[0]}</td>"
        f'<td class="sum">{formatted(row["total"], row["currency"])}</td></tr>'
        for row in reversed(box.store.all("invoice", customer=customer["id"]))
    )
    if not rows:
        return "<h2>Invoices</h2><p class=soft>None yet.</p>"
    head = "<tr><th>Number</th><th>Date</th><th>Status</th><th class=sum>Total</th></tr>"
    return (
        f"<h2>Invoices</h2><div class=scroll><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>"
    )


def _button(session: Obj, action: str, target: str, words: str) -> str:
    return (
        f'<form class="inline" method="post" action="/portal/{session["id"]}">'
        f'<input type="hidden" name="target" value="{target}">'
        f'<button class="minor" name="do" value="{action}">{words}</button></form>'
    )
