"""The table of the doors that customers and visitors come through. Those of the admin stand in `staff_table`.

Each door is knocked at by its own method, with an empty form where it takes one: 422, and 200 at a door of POST, mean
that it is open and the form was looked at; 302 with nothing done is ON as well. The organisation at hand is Ada's;
whoever belongs to another one meets only 404s.
"""

from __future__ import annotations

from typing import Any

from tests.doors.people import IN, ON, START

# "stranger" owns another organisation; "staff" has no permission and belongs to no organisation, as have and do
# "support" (the group) and "superuser".
ROLES = ("anonymous", "stranger", "member", "billing", "owner", "staff", "support", "superuser")

ALL_200 = (200,) * 8
MEMBERS = (IN, 200, 200, 200, 200, START, START, START)
SIGNED_IN = (IN, *(200,) * 7)
SIGNED_OUT = (200, *(ON,) * 7)
# Asks for a step that nobody here is in the middle of.
NO_SUCH_STEP = (IN, *(ON,) * 7)
NOTHING_OF_MINE = (IN, *(404,) * 7)
# Ada, the owner, has an authenticator app; the others have none.
HER_APP = (IN, 404, 404, 404, 200, 404, 404, 404)

Door = tuple[str, tuple[Any, ...]]

# name: (method, answer for each of ROLES)
OURS: dict[str, Door] = {
    # Open to everybody
    "pricing": ("get", ALL_200),
    "policy": ("get", ALL_200),
    "policy_versions": ("get", ALL_200),
    "policy_version": ("get", ALL_200),
    "policy_changes": ("get", ALL_200),
    "policy_on_day": ("get", ALL_200),
    "changelog": ("get", ALL_200),
    "changelog_atom": ("get", ALL_200),
    "changelog_rss": ("get", ALL_200),
    "changelog_json": ("get", ALL_200),
    "continuity": ("get", ALL_200),
    # As long as the vendor does not want it to be public
    "promises": ("get", (404,) * 8),
    "verify": ("get", ALL_200),
    "keys": ("get", ALL_200),
    "theme": ("get", ALL_200),
    "healthz": ("get", ALL_200),
    "readyz": ("get", (503,) * 8),
    "opt_out": ("get", (404,) * 8),
    "stripe_webhook": ("post", (400,) * 8),
    "resend_webhook": ("post", (400,) * 8),
    "brevo_webhook": ("post", (400,) * 8),
    "team_join": ("get", ALL_200),
    # Members
    "plan": ("get", MEMBERS),
    "certificate": ("get", MEMBERS),
    "certificate_download": ("get", (IN, 404, 200, 200, 200, START, START, START)),
    "upgrade": ("get", MEMBERS),
    "trials": ("get", MEMBERS),
    "policy_yours": ("get", MEMBERS),
    "team": ("get", MEMBERS),
    "team_leave": ("post", (IN, ON, ON, ON, ON, START, START, START)),
    "team_switch": ("post", (IN, 404, 404, 404, 404, 404, 404, 404)),
    "team_ask": ("get", (IN, ON, 200, ON, ON, START, START, START)),
    "start": ("get", (IN, ON, ON, ON, ON, 200, 200, 200)),
    # Owners; what is named by a number is somebody's, and nothing to a stranger
    "team_invite": ("post", (IN, 422, 403, 403, 422, START, START, START)),
    "team_invitation_resend": ("post", (IN, 404, 403, 403, ON, START, START, START)),
    "team_invitation_revoke": ("post", (IN, 404, 403, 403, ON, START, START, START)),
    "team_member_role": ("post", (IN, 404, 403, 403, ON, START, START, START)),
    "team_member_remove": ("post", (IN, 404, 403, 403, ON, START, START, START)),
    "team_close": ("post", (IN, 422, 403, 403, 422, START, START, START)),
    # What is held of an organisation, and of oneself
    "data": ("get", SIGNED_IN),
    "data_download": ("post", (IN, 404, 403, 403, 200, 404, 404, 404)),
    "data_download_account": ("post", (IN, *(200,) * 7)),
    "data_erase": ("post", (IN, *(404,) * 7)),
    "data_keep": ("post", (IN, *(404,) * 7)),
    "data_erase_account": ("post", (IN, *(ON,) * 7)),
    "data_keep_account": ("post", (IN, *(ON,) * 7)),
    # Whoever may spend; the quote is Ada's, and has expired
    "quote": ("get", (IN, 404, 200, 200, 200, START, START, START)),
    "quote_accept": ("post", (IN, 404, 403, 409, 409, START, START, START)),
    "quote_return": ("get", (IN, 404, ON, ON, ON, START, START, START)),
    "quote_withdraw": ("post", (IN, 404, 403, ON, ON, START, START, START)),
    "todays_terms": ("get", (IN, ON, 403, ON, ON, START, START, START)),
    "quote_again": ("get", (IN, 404, 403, ON, ON, START, START, START)),
    "billing": ("get", (IN, 200, 403, 200, 200, START, START, START)),
    "billing_portal": ("get", (IN, ON, 403, ON, ON, START, START, START)),
    "billing_cancel": ("get", (IN, ON, 403, 200, 200, START, START, START)),
    "billing_undo_cancel": ("get", (IN, ON, 403, ON, ON, START, START, START)),
    "team_answer": ("post", (IN, 404, 403, 422, 422, START, START, START)),
}

ACCOUNTS: dict[str, Door] = {
    # Coming in and going
    "account_login": ("get", SIGNED_OUT),
    "account_signup": ("get", SIGNED_OUT),
    "account_logout": ("get", (ON, *(200,) * 7)),
    "account_inactive": ("get", ALL_200),
    "account_confirm_login_code": ("get", NO_SUCH_STEP),
    "account_email_verification_sent": ("get", NO_SUCH_STEP),
    "mfa_authenticate": ("get", NO_SUCH_STEP),
    "mfa_login_webauthn": ("get", NO_SUCH_STEP),
    # A lost password
    "account_reset_password": ("get", ALL_200),
    "account_reset_password_done": ("get", ALL_200),
    "account_reset_password_from_key": ("get", ALL_200),
    "account_reset_password_from_key_done": ("get", ALL_200),
    # One's own account
    "account_reauthenticate": ("get", SIGNED_IN),
    "account_email": ("get", SIGNED_IN),
    "account_change_password": ("get", SIGNED_IN),
    "account_set_password": ("get", NO_SUCH_STEP),
    # One's own second factors
    "mfa_index": ("get", SIGNED_IN),
    "mfa_reauthenticate": ("get", (IN, ON, ON, ON, 200, ON, ON, ON)),
    "mfa_activate_totp": ("get", (IN, 200, 200, 200, ON, 200, 200, 200)),
    "mfa_deactivate_totp": ("get", HER_APP),
    "mfa_generate_recovery_codes": ("get", SIGNED_IN),
    "mfa_view_recovery_codes": ("get", NOTHING_OF_MINE),
    "mfa_download_recovery_codes": ("get", NOTHING_OF_MINE),
    "mfa_list_webauthn": ("get", SIGNED_IN),
    "mfa_add_webauthn": ("get", SIGNED_IN),
    "mfa_reauthenticate_webauthn": ("get", NO_SUCH_STEP),
    "mfa_remove_webauthn": ("get", NOTHING_OF_MINE),
    "mfa_edit_webauthn": ("get", NOTHING_OF_MINE),
}

# Looking as somebody else, without saying as whom, and ending it without having begun. Each has its own tests.
LOOKING_AS: dict[str, Door] = {
    "hijack:acquire": ("post", (400,) * 8),
    "hijack:release": ("post", (403,) * 8),
}

DOORS = {**OURS, **ACCOUNTS, **LOOKING_AS}
