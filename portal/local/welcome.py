"""What is printed when everything answers."""

from collections.abc import Mapping

from portal.local.instance import Instance

PASSWORD = "demo-portal"
CAST = (
    ("ada@demo.test", "owner, Team tier, card on file, in a Business trial"),
    ("bo@demo.test", "older edition, yearly, renews in 7 days"),
    ("cy@demo.test", "free tier, no card"),
    ("di@demo.test", "past due"),
    ("eve@demo.test", "plain member in Ada's organisation"),
    ("staff@demo.test", "support staff"),
    ("finance@demo.test", "finance staff, who approve exceptions"),
    ("mara@demo.test", "writes the catalogue"),
    ("noor@demo.test", "reads and approves what Mara writes"),
    ("admin@demo.test", "superuser"),
)


def welcome(instance: Instance, environment: Mapping[str, str]) -> str:
    """Addresses, and in the demo the logins and what to try."""
    base = environment["BASE_URL"]
    lines = ["", "The portal is ready.", "", f"  Portal          {base}/", f"  Admin           {base}/admin/"]
    if instance.own_mailbox:
        lines.append(f"  Mailbox         http://localhost:{instance.mailbox_port}/")
    if instance.own_sandbox:
        lines.append(f"  Stripe sandbox  http://localhost:{instance.sandbox_port}/")
    if instance.own_sandbox:
        lines += ["", f"Sign in at {base}/accounts/login/ with the password {PASSWORD} as"]
        lines += [f"  {email:<17} {who}" for email, who in CAST]
        lines += [
            "",
            "Try this",
            "  as cy: start a trial, then upgrade and pay with card 4242 4242 4242 4242",
            "  as ada: open Upgrade, change tier, seats and interval, and read the sum line by line",
            "  as eve: ask the owner for an upgrade, and find the mail in the mailbox",
            "  as bo: read on My plan what leaves and when, and the certificate of her old price",
            "  as mara: copy the newest edition in the admin, change a price and rehearse it; as noor: approve it",
            "  let three days pass for Ada's organisation, and watch the trial end and the mail arrive:",
            "    .venv/bin/python manage.py timetravel --customer okafor-bakeries --days 3",
        ]
    lines += ["", "Ctrl-C stops everything; the data stay for the next time."]
    return "\n".join(lines)
