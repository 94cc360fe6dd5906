"""What a list of staff's says while it is empty: what would be here, and what to do next."""

from __future__ import annotations

# Model → (what would be here, what to do next).
EMPTY: dict[str, tuple[str, str]] = {
    "licensing.customer": (
        "Organisations that signed up stand here.",
        "Nobody has yet. They open their own on the sign-up page.",
    ),
    "licensing.licence": (
        "Every customer’s right to a tier, living or ended, stands here.",
        "The first one is made when somebody signs up.",
    ),
    "licensing.trial": (
        "Trials stand here: who tries what, and until when.",
        "Customers begin one on their upgrade page. Another one after that is given on the customer’s page.",
    ),
    "licensing.waiver": (
        "What was made for one customer alone stands here, dated and with its reason.",
        "Open a customer and give more of a feature, waive a rule, or give a trial or a credit.",
    ),
    "licensing.usagereading": (
        "What customers use stands here, as your product reports it.",
        "Report it through the API, or record a reading on the customer’s page.",
    ),
    "licensing.notice": (
        "What customers were told stands here, with each mail and whether it arrived.",
        "Notices are owed by themselves: a trial that ends, a renewal, a receipt.",
    ),
    "licensing.plannedchange": (
        "What a sunset takes stands here, customer by customer, with its day.",
        "There is one for everybody whom an announced sunset touches.",
    ),
    "licensing.event": (
        "Everything that was ever done to a customer stands here, with who and why.",
        "It fills by itself.",
    ),
    "licensing.erasure": (
        "Who asked to be erased stands here, and how far it is.",
        "Owners and people ask under Data; for a closed organisation staff ask on the customer’s page.",
    ),
    "licensing.product": (
        "What you sell stands here.",
        "Load your first edition from a file: the product comes with it.",
    ),
    "licensing.edition": (
        "Your terms stand here, edition by edition.",
        "Load a draft from a file; the button is above.",
    ),
    "licensing.tier": (
        "The tiers of all editions stand here.",
        "They are made on the page of their edition.",
    ),
    "licensing.rehearsal": (
        "Drafts that were played through for every customer stand here.",
        "Open a draft under Editions and rehearse it.",
    ),
    "licensing.rehearsed": (
        "What a draft means for each customer stands here.",
        "Open a rehearsal, and from there its customers.",
    ),
    "licensing.approval": (
        "Who said yes to which draft stands here.",
        "Open a draft that you wrote nothing of, under Editions, and approve it.",
    ),
    "licensing.promiseexception": (
        "Promises that a draft would break, and that a colleague accepted or was asked to, stand here.",
        "It is good that there are none. They are asked for on the page of a rehearsal.",
    ),
    "licensing.sunset": (
        "Plans to retire a feature or an edition stand here, from draft to done.",
        "Write one with the plus above; somebody else announces it.",
    ),
    "licensing.noticerule": (
        "How long before a change customers are told stands here.",
        "Add the vendor’s policy for each kind of change with the plus above; without it no change has a date.",
    ),
    "licensing.promisecheck": (
        "How each promise was kept, night by night, stands here.",
        "The check runs every night; manage.py promises runs it now.",
    ),
    "billing.order": (
        "Accepted quotes stand here, pending, settled or failed.",
        "There is one as soon as a customer accepts a quote.",
    ),
    "billing.quote": (
        "Binding prices stand here, each for one customer and one change.",
        "Customers get one on their upgrade page.",
    ),
    "billing.invoice": (
        "Stripe’s invoices stand here.",
        "The first comes with the first payment.",
    ),
    "billing.balancecredit": (
        "Credits on their way to a customer’s balance at Stripe stand here.",
        "Give one on the customer’s page.",
    ),
    "billing.pricemove": (
        "Renewals that carry the end of an edition stand here, with what Stripe was asked.",
        "They come shortly before such a renewal, once the end of an edition was announced.",
    ),
    "billing.payer": (
        "Whom Stripe knows of your customers stands here.",
        "Somebody becomes a payer with their first quote.",
    ),
    "billing.stripeevent": (
        "What Stripe has told by webhook stands here.",
        "If customers pay and nothing comes, look at the webhook endpoint in Stripe’s dashboard and at its secret.",
    ),
    "billing.openviolation": (
        "Where the books contradict themselves stands here, with what to do.",
        "They do not: every invariant holds.",
    ),
    "billing.difference": (
        "Where Stripe shows something else than our books stands here.",
        "The last reconciliation found nothing of the kind.",
    ),
    "billing.reconciliation": (
        "Each time that our books were held against Stripe’s stands here.",
        "It happens every night; manage.py reconcile does it now.",
    ),
    "billing.brake": (
        "What holds charging back, and did, stands here.",
        "Nothing does. Pull one with the plus above, or park a customer on their page.",
    ),
    "portal.policyversion": (
        "The rules as they stood stand here, version by version.",
        "The first is kept by the next sweep; manage.py policy keeps it now.",
    ),
    "portal.user": (
        "Everybody with an account stands here.",
        "People make their own; staff begin with manage.py createsuperuser.",
    ),
    "auth.group": (
        "What staff may do stands here, by group.",
        "Run manage.py migrate: it makes support, catalogue and finance.",
    ),
}
