"""The peers' work, run by their Python: `peerwork.py prepare <secret>` or `peerwork.py expire <due> <PostgreSQL>`."""

import json
import os
import sys
import time
import uuid
from datetime import timedelta
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accounting import cpu

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peersite")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

ENDPOINT = uuid.UUID("11111111-2222-4333-8444-555555555555")


def prepare(secret):
    """Tables, an account, and the endpoint whose webhooks are signed with `secret`."""
    from django.conf import settings
    from djstripe.models import Account, APIKey, WebhookEndpoint

    call_command("migrate", verbosity=0)
    account = Account.objects.create(id="acct_1", livemode=False)
    APIKey.objects.create(
        secret=settings.STRIPE_TEST_SECRET_KEY, livemode=False, type="secret", djstripe_owner_account=account
    )
    WebhookEndpoint.objects.create(
        id="we_1",
        api_version="2026-08-26.dahlia",
        enabled_events=["*"],
        secret=secret,
        status="enabled",
        url="http://127.0.0.1/stripe/",
        djstripe_uuid=ENDPOINT,
        djstripe_owner_account=account,
        djstripe_validation_method="verify_signature",
        livemode=False,
    )


def expire(due, postgres):
    """Let `due` accounts have run out, and count what the command costs that ends them."""
    from django.contrib.auth.models import User
    from plans.models import Plan, UserPlan

    UserPlan.objects.all().delete()
    User.objects.all().delete()
    plan, _ = Plan.objects.get_or_create(slug="business", defaults={"name": "Business", "available": True})
    people = User.objects.bulk_create(User(username=f"p{n}", email=f"p{n}@bench.test") for n in range(due))
    yesterday = timezone.localdate() - timedelta(days=1)
    UserPlan.objects.bulk_create(UserPlan(user=one, plan=plan, expire=yesterday) for one in people)
    before, began = cpu(os.getpid(), postgres), time.perf_counter()
    call_command("expire_accounts", verbosity=0)
    spent, took = cpu(os.getpid(), postgres) - before, time.perf_counter() - began
    rows = UserPlan.objects.filter(active=False).count()
    print(json.dumps({"rows": rows, "seconds": took, "cpu": spent, "statements": 0, "memory": 0}))


if sys.argv[1] == "prepare":
    prepare(sys.argv[2])
else:
    expire(int(sys.argv[2]), int(sys.argv[3]))
