from licensing.models.catalogue import Claim, Edition, Feature, Grant, Price, Product, Tier
from licensing.models.customer import Customer, Invitation, Member, Role, UpgradeRequest
from licensing.models.erasure import ERASURE_WAITS, Erasure
from licensing.models.event import Event
from licensing.models.licence import Licence
from licensing.models.notice import Delivery, DeliveryReport, Notice, OptOut
from licensing.models.notice_rule import NoticeRule
from licensing.models.promise_check import PromiseCheck
from licensing.models.publishing import Approval, EditionAuthor
from licensing.models.rehearsal import PromiseException, Rehearsal, Rehearsed
from licensing.models.restore import DatabaseIdentity, Restore
from licensing.models.sunset import PlannedChange, Sunset
from licensing.models.trial import Trial, TrialMark
from licensing.models.usage import UsageReading
from licensing.models.waiver import Waiver

__all__ = [
    "ERASURE_WAITS",
    "Approval",
    "Claim",
    "Customer",
    "DatabaseIdentity",
    "Delivery",
    "DeliveryReport",
    "Edition",
    "EditionAuthor",
    "Erasure",
    "Event",
    "Feature",
    "Grant",
    "Invitation",
    "Licence",
    "Member",
    "Notice",
    "NoticeRule",
    "OptOut",
    "PlannedChange",
    "Price",
    "Product",
    "PromiseCheck",
    "PromiseException",
    "Rehearsal",
    "Rehearsed",
    "Restore",
    "Role",
    "Sunset",
    "Tier",
    "Trial",
    "TrialMark",
    "UpgradeRequest",
    "UsageReading",
    "Waiver",
]
