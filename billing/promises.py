"""The promises about paying, and all promises that are checked every night."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as words

from licensing.promises import ANSWERING, OF_LICENSING, WORKED, Promise

OF_BILLING = (
    Promise(
        "renewals-told",
        words("You are told before each renewal what it costs, in good time."),
        "renewals",
        """
        SELECT e.customer_id, 'Event ' || e.id || ' renewed ' || e.subject || ', and no reminder had left before.'
        FROM looked JOIN licensing_event e ON e.customer_id = looked.id AND e.at > %(since)s AND e.at <= %(at)s
        WHERE e.kind = 'licence_renewed' AND NOT EXISTS (
            SELECT FROM licensing_notice n JOIN licensing_delivery d ON d.notice_id = n.id
            WHERE n.customer_id = e.customer_id AND n.kind = 'renewal_reminder' AND n.subject = e.subject
                AND d.sent_at >= (e.before ->> 'period_start')::timestamptz
                AND d.sent_at < (e.before ->> 'period_end')::timestamptz
        ) AND NOT EXISTS (
            SELECT FROM licensing_optout o WHERE o.customer_id = e.customer_id AND o.kind = 'renewal_reminder'
        )
        """,
    ),
    Promise(
        "second-payments-back",
        words("What was paid twice is on its way back within a day."),
        "paid-twice",
        """
        SELECT o.customer_id, 'Order ' || o.id || ' was paid twice, and nothing has gone back.'
        FROM looked JOIN billing_order o ON o.customer_id = looked.id
        WHERE o.state = 'failed' AND o.charged IS NOT NULL AND o.refunded IS NULL
            AND o.closed_at <= %(at)s - interval '1 day'
        """,
    ),
    Promise(
        "invoices-kept",
        words("Every invoice stays in your list, for as long as your organisation is on record."),
        "closed-is-kept",
        """
        SELECT o.customer_id, 'Invoice ' || o.stripe_invoice_id || ' of order ' || o.id || ' is not in the list.'
        FROM looked JOIN billing_order o ON o.customer_id = looked.id
        LEFT JOIN billing_invoice i ON i.stripe_id = o.stripe_invoice_id
        WHERE o.state = 'settled' AND o.charged > 0 AND i.id IS NULL
            AND o.closed_at <= %(at)s - interval '1 day'
        """,
    ),
    Promise(
        "payments-looked-at",
        words("A payment that needs one of us is looked at within %(days)d working days."),
        "unpaid-changes-nothing",
        f"""
        SELECT o.customer_id, 'Order ' || o.id || ' has waited for a person since '
            || coalesce(o.closed_at, o.accepted_at) || '.'
        FROM looked JOIN billing_order o ON o.customer_id = looked.id
        WHERE o.needs_staff <> ''
            AND {WORKED.format(since="coalesce(o.closed_at, o.accepted_at)")} > %(days)s
        """,
        ANSWERING,
    ),
    Promise(
        "pauses-looked-at",
        words("Where paying is paused for you, one of us has looked within %(days)d working days."),
        "paying-is-on",
        f"""
        SELECT b.customer_id, 'Brake ' || b.id || ' has held since ' || b.pulled_at || '.'
        FROM looked JOIN billing_brake b ON b.customer_id = looked.id
        WHERE b.released_at IS NULL AND {WORKED.format(since="b.pulled_at")} > %(days)s
        """,
        ANSWERING,
    ),
)
PROMISES = OF_LICENSING + OF_BILLING
