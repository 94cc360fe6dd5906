"""Every kind of notice that we know how to say. A notice of another kind waits for a release that does."""

from __future__ import annotations

from typing import Any

from portal.mails.about_editions import EditionEnding, EditionEndingReminder, EditionMoved, EditionStays
from portal.mails.about_erasure import ErasureAsked, ErasureDone
from portal.mails.about_payments import LicenceEnded, PaymentFailed, PaymentGivenBack, Receipt, RefundFailed
from portal.mails.about_people import InvitationMail, UpgradeAnswerMail, UpgradeRequestMail
from portal.mails.about_renewals import RenewalReminder
from portal.mails.about_renewed import RenewalReceipt
from portal.mails.about_sunsets import SunsetAnnounced, SunsetReminder, SunsetWithdrawn
from portal.mails.about_trials import TrialEnded, TrialReminder
from portal.mails.about_waivers import WaiverEnded, WaiverGranted, WaiverReminder
from portal.mails.kind import Kind

KINDS: dict[str, Kind[Any]] = {
    kind.key: kind
    for kind in (
        TrialReminder(),
        TrialEnded(),
        WaiverGranted(),
        WaiverReminder(),
        WaiverEnded(),
        RenewalReminder(),
        RenewalReceipt(),
        PaymentFailed(),
        Receipt(),
        PaymentGivenBack(),
        RefundFailed(),
        LicenceEnded(),
        InvitationMail(),
        UpgradeRequestMail(),
        UpgradeAnswerMail(),
        SunsetAnnounced(),
        SunsetReminder(),
        SunsetWithdrawn(),
        EditionEnding(),
        EditionEndingReminder(),
        EditionMoved(),
        EditionStays(),
        ErasureAsked(),
        ErasureDone(),
    )
}
