"""People who may try and buy, in a database of their own: `python -m tests.death.seed 20` prints one JSON list."""

import json
import sys

import django


def main(count: int) -> None:
    """So many organisations on the free tier, each with an owner who is signed in."""
    from django.test import Client
    from django.utils import timezone

    from tests.cast import organisation, person

    signed_in = []
    for number in range(count):
        owner = person(f"Owner{number} Lively")
        customer = organisation(
            f"Lively {number}",
            owner=owner,
            country="DE",
            currency="EUR",
            time_zone="UTC",
            at=timezone.now(),
        )
        browser = Client()
        browser.force_login(owner)
        signed_in.append({"customer": customer.pk, "session": browser.cookies["sessionid"].value})
    print(json.dumps(signed_in))


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]))
