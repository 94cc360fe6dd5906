"""The table: each call site, how it is reached, what is seen there when it goes wrong, and how it ends after healing.

`unknown` and `no` list what the person or job at the door may see: a status, with the state of the quote's page where
it leads there. `heals_to` is the end after an unknown outcome, `no_heals_to` after a definite no; by default the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.billing.conftest import Buyer
from tests.stripe_at_its_worst.scenes import (
    accepting,
    crediting,
    giving_back,
    jobs,
    money_pages,
    moving,
    quoting,
    reconciling,
    reporting,
    returning,
)
from tests.stripe_at_its_worst.scenes.scene import Scene


@dataclass(frozen=True)
class Row:
    site: str
    scene: Callable[[Buyer], Scene]
    unknown: str
    no: str
    heals_to: str
    no_heals_to: str = ""
    request: int = 0

    def __str__(self) -> str:
        return f"{self.scene.__name__}: {self.site}" + (
            f", request {self.request + 1}" if self.request else ""
        )


QUOTING = {"unknown": "503", "no": "422", "heals_to": "1 quoted"}
# The price could not be checked again: nothing was ordered.
CHECKING = {"unknown": "503 open", "no": "409 open", "heals_to": "settled"}
# Asked for a payment. Where we looked at once and found it, it is settled; else it is said that we wait for Stripe.
ASKING = {"unknown": "302 asking, 302 settled", "heals_to": "settled"}

# Paid a second time: the order is over, and its payment goes back, sooner or later.
GIVING_BACK = {"unknown": "302 given_back", "heals_to": "given back"}

ROWS = [
    # Payers and quotes
    Row("billing.payers._made → create_customer", quoting.first_quote, **QUOTING),
    Row(
        "billing.payers._made → find_customer",
        quoting.first_quote_a_day_after_one_without_an_answer,
        **QUOTING,
    ),
    Row("billing.payers.refresh_payer → fetch_payer", quoting.first_quote, **QUOTING),
    Row("billing.payers.refresh_payer → fetch_subscription", quoting.quote_of_a_change, **QUOTING),
    Row("billing.payers._rate → fetch_tax_rate", quoting.first_quote, **QUOTING),
    Row("billing.quotes.preview_of → preview_first", quoting.first_quote, **QUOTING),
    Row("billing.quotes.preview_of → preview_change", quoting.quote_of_a_change, **QUOTING),
    Row("billing.quotes.write_quote → preview_first", quoting.first_quote, **QUOTING),
    # Prices
    Row("billing.prices.sync_prices → find_prices", quoting.quote_of_a_price_unknown_here, **QUOTING),
    # "No such product" is what it asks for: then one is made.
    Row(
        "billing.prices._make → ensure_product",
        quoting.quote_of_a_price_unknown_here,
        **QUOTING | {"no": "422, 302 open"},
    ),
    Row("billing.prices._make → ensure_product", quoting.quote_of_a_price_unknown_here, **QUOTING, request=1),
    Row("billing.prices._make → create_price", quoting.quote_of_a_price_unknown_here, **QUOTING),
    # Accepting
    Row("billing.payers.refresh_payer → fetch_payer", accepting.accepting_with_a_card, **CHECKING),
    Row("billing.quotes.preview_of → preview_first", accepting.accepting_with_a_card, **CHECKING),
    Row("billing.quotes.preview_of → preview_change", accepting.accepting_a_change, **CHECKING),
    Row(
        "billing.asking._create → create_subscription",
        accepting.accepting_with_a_card,
        **ASKING,
        no="302 failed",
        no_heals_to="failed",
    ),
    Row(
        "billing.asking._mark → mark_subscription",
        accepting.accepting_a_change,
        **ASKING,
        no="302 failed",
        no_heals_to="failed",
    ),
    Row(
        "billing.asking._change → change_subscription",
        accepting.accepting_a_change,
        **ASKING,
        no="302 failed",
        no_heals_to="failed",
    ),
    Row(
        "billing.asking._open_checkout → create_checkout",
        accepting.accepting_without_a_card,
        unknown="302 asking",
        no="302 failed",
        heals_to="settled, failed abandoned",
        no_heals_to="failed",
    ),
    Row(
        "billing.asking._open_checkout → expire_checkout",
        accepting.accepting_what_is_closed_meanwhile,
        unknown="302 failed",
        no="302 failed",
        heals_to="failed withdrawn",
    ),
    # Looking at what became of it
    Row(
        "billing.looking._invoice_of → fetch_invoice", accepting.accepting_a_change, **ASKING, no="302 asking"
    ),
    Row(
        "billing.looking._invoice_of → list_invoices",
        accepting.accepting_a_change_whose_answer_is_lost,
        **ASKING,
        no="302 asking",
    ),
    Row(
        "billing.looking._invoice_of → fetch_invoice (2)",
        accepting.accepting_a_change_whose_answer_is_lost,
        **ASKING,
        no="302 asking",
    ),
    Row(
        "billing.looking._paid → fetch_subscription",
        accepting.accepting_with_a_card,
        **ASKING,
        no="302 asking",
    ),
    Row(
        "billing.looking._take_back → void_invoice",
        accepting.accepting_a_change_with_a_card_that_fails,
        unknown="302 asking",
        no="302 asking",
        heals_to="failed declined",
    ),
    Row(
        "billing.looking._take_back → cancel_subscription",
        accepting.accepting_with_a_card_that_fails,
        unknown="302 asking",
        no="302 asking, 302 failed",
        heals_to="failed declined",
    ),
    Row(
        "billing.looking._judge → fetch_invoice",
        accepting.paid_on_the_invoices_page_meanwhile,
        **ASKING,
        no="302 asking",
    ),
    Row(
        "billing.looking._page_of_the_bank → challenge_url",
        accepting.accepting_with_a_card_whose_bank_asks,
        unknown="302 asking",
        no="302 to Stripe",
        heals_to="settled",
    ),
    # Coming back
    Row(
        "billing.looking._look_at_checkout → fetch_checkout",
        returning.coming_back_from_checkout,
        unknown="302 paying",
        no="302 paying",
        heals_to="settled",
    ),
    Row(
        "billing.looking._look_at_checkout → fetch_invoice",
        returning.coming_back_from_checkout,
        unknown="302 paying",
        no="302 paying",
        heals_to="settled",
    ),
    Row(
        "billing.payers.refresh_payer → keep_card",
        returning.coming_back_from_checkout,
        unknown="302 settled",
        no="302 settled",
        heals_to="settled",
    ),
    # Giving back
    Row(
        "billing.giving_back.give_back → fetch_invoice",
        giving_back.paid_twice,
        **GIVING_BACK,
        no="302 given_back",
    ),
    # "No such subscription" is what it asks for: it has ended.
    Row(
        "billing.giving_back._cancel → cancel_subscription",
        giving_back.paid_twice,
        **GIVING_BACK,
        no="302 given_back",
        no_heals_to="waits:, for staff:",
    ),
    Row(
        "billing.giving_back._refund → refund_payment",
        giving_back.paid_twice,
        **GIVING_BACK,
        no="302 given_back",
        no_heals_to="for staff:",
    ),
    Row(
        "billing.giving_back._refund → list_refunds (2)",
        giving_back.given_back_by_hand_meanwhile,
        **GIVING_BACK,
        no="302 given_back",
        no_heals_to="for staff:",
    ),
    Row(
        "billing.giving_back._credit → move_balance",
        giving_back.paid_twice_with_credit,
        **GIVING_BACK,
        no="302 given_back",
        no_heals_to="for staff:, given back",
    ),
    Row(
        "billing.giving_back._refund → list_refunds",
        giving_back.still_to_be_given_back_a_day_later,
        unknown="owed_back 1",
        no="given_back 1",
        heals_to="given back",
        no_heals_to="for staff:",
    ),
    Row(
        "billing.giving_back._credit → find_balance_move",
        giving_back.credit_still_to_be_given_back_a_day_later,
        unknown="owed_back 1",
        no="given_back 1",
        heals_to="given back",
        no_heals_to="for staff:, given back",
    ),
    # A renewal that carries the end of an edition
    Row(
        "billing.edition_moves._asked → set_renewal_price",
        moving.preparing_a_renewal,
        unknown="waiting 1",
        no="refused 1",
        heals_to="moved, renewed",
        no_heals_to="for staff",
    ),
    Row(
        "billing.edition_moves._asked → fetch_subscription",
        moving.looking_whether_a_renewal_is_prepared,
        unknown="waiting 1",
        no="waiting 1",
        heals_to="moved",
    ),
    # A credit that an exception gives
    Row(
        "billing.credits._given → move_balance",
        crediting.giving_a_credit,
        unknown="waiting 1",
        no="refused 1",
        heals_to="credited",
        no_heals_to="for staff",
    ),
    Row(
        "billing.credits._given → find_balance_move",
        crediting.a_credit_still_to_be_given_a_day_later,
        unknown="waiting 1",
        no="refused 1",
        heals_to="credited",
        no_heals_to="for staff",
    ),
    *(
        Row(
            site,
            giving_back.hearing_of_a_failed_refund,
            unknown="put_off 1",
            no="put_off 1",
            heals_to="owed again",
        )
        for site in (
            "billing.handlers.look_at_refund → fetch_refund",
            "billing.refunds.note_failed_refund → list_refunds",
        )
    ),
    # Withdrawing
    Row(
        "billing.looking._look_at_checkout → expire_checkout",
        returning.withdrawing,
        unknown="503 paying",
        no="302 paying",
        heals_to="failed withdrawn, failed abandoned",
    ),
    Row(
        "billing.looking._look_at_checkout → fetch_checkout (2)",
        returning.withdrawing_what_is_paid_meanwhile,
        unknown="503 paying",
        no="302 paying",
        heals_to="settled",
    ),
    # The billing page
    Row(
        "billing.cancellation._set → set_cancels_at_period_end",
        money_pages.cancelling,
        unknown="503",
        no="409",
        heals_to="ends with its period",
    ),
    Row(
        "billing.cancellation._set → set_cancels_at_period_end",
        money_pages.undoing_a_cancellation,
        unknown="302",
        no="302",
        heals_to="renews",
    ),
    Row(
        "billing.subscriptions.follow → fetch_subscription",
        money_pages.cancelling,
        unknown="302",
        no="302",
        heals_to="ends with its period",
    ),
    Row(
        "billing.payers.billing_portal_url → open_billing_portal",
        money_pages.opening_the_billing_portal,
        unknown="302",
        no="302",
        heals_to="opened",
    ),
    Row(
        "billing.payers.refresh_payer → fetch_payer",
        money_pages.coming_back_from_the_billing_portal,
        unknown="302",
        no="302",
        heals_to="4242",
    ),
    # Jobs, commands, staff
    Row(
        "billing.handlers.look_at_subscription → fetch_subscription",
        jobs.working_off_events("customer.subscription.updated"),
        unknown="put_off 1",
        no="put_off 1",
        heals_to="renewed",
    ),
    Row(
        "billing.handlers.look_at_invoice → fetch_invoice",
        jobs.working_off_events("invoice.paid"),
        unknown="put_off 1",
        no="put_off 1",
        heals_to="renewed",
    ),
    Row(
        "billing.subscriptions._keep_what_is_owed → fetch_invoice",
        jobs.hearing_of_a_failed_renewal,
        unknown="put_off 1",
        no="handled 1",
        heals_to="past_due",
    ),
    Row(
        "billing.subscriptions._let_go_of_what_is_owed → void_invoice",
        jobs.hearing_of_an_end_that_was_never_paid,
        unknown="put_off 1",
        no="handled 1",
        heals_to="ended with its invoice void",
        no_heals_to="ended with its invoice open",
    ),
    Row(
        "billing.looking._look_at_checkout → fetch_checkout",
        jobs.settling_by_hand,
        unknown="200",
        no="200",
        heals_to="settled",
    ),
    Row(
        "billing.prices.sync_prices → find_prices",
        jobs.synchronising_prices,
        unknown="said",
        no="said",
        heals_to="0 unknown",
    ),
    *(
        Row(
            f"billing.reconcile._Run → {asked}",
            scene,
            unknown="said",
            no=no,
            heals_to="reconciled",
        )
        for asked, scene, no in (
            ("subscriptions_page", reconciling.reconciling, "said"),
            ("events_page", reconciling.reconciling, "said"),
            ("paid_invoices_page", reconciling.reconciling, "said"),
            ("fetch_subscription", reconciling.reconciling_what_has_ended, "open"),
            ("fetch_subscription (2)", reconciling.reconciling_what_differs, "open"),
        )
    ),
    *(
        Row(
            f"portal.demo.buying.catch_up → {asked}",
            jobs.catching_up_in_the_demo,
            unknown="said",
            no="said",
            heals_to="1 invoices",
        )
        for asked in ("list_invoices", "fetch_invoice")
    ),
    # Staff compare prices
    *(
        Row(
            site,
            reporting.pricing_through_every_channel,
            unknown="not known",
            no="not known",
            heals_to="one story",
        )
        for site in (
            "portal.price_channels.Case → find_prices",
            "portal.price_channels.quote → preview_first",
        )
    ),
]
