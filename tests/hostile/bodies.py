"""What a hostile hand writes into a form, and the forms there are to write it into."""

from __future__ import annotations

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"

# What each is for stands beside it; none of them may bring down, change or colour anything.
NASTY: dict[str, str] = {
    "nothing": "",
    "blank": " \t ",
    "markup": f"\"'></title></textarea>{MARKUP}",
    "program": "'; DROP TABLE licensing_customer; --{{ settings.SECRET_KEY }}{% debug %}${7*7}",
    "formula": "=cmd|' /C calc'!A0",
    "lines": "Evil Ltd\r\nBcc: all@example.com\r\n\r\nPay here",
    "zero": "a\x00b",
    "control": "a\x1b[31m\x07\x7f\u0085b",
    "bidi": "\u202egnp.exe\u2066\u2069\U0010ffff\ufffe",
    "unseen": "\u200b\ufeff\u2060",
    "long": "x" * 100_000,
    "long address": "a" * 280 + "@example.com",
    "negative": "-1",
    "huge": "9" * 5000,
    "beyond bigint": "9223372036854775808",
    "no number": "1e309",
    "elsewhere": "//evil.example/%2e%2e",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "json": '{"response": [null, {"id": "\\u0000"}], "id": -1}',
    "deep": "[" * 3000,
}

# name of the door: (who knocks, a form that it would take, or nearly). "staff" belongs to no organisation.
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "plan": ("owner", {"put_away": "x"}),
    "upgrade": ("owner", {"tier": "business", "seats": "9", "interval": "month", "step": "1"}),
    "trials": ("owner", {"start": "business"}),
    "start": (
        "staff",
        {"name": "Other Bakers", "country": "DE", "currency": "EUR", "time_zone": "Europe/Berlin"},
    ),
    "team_invite": ("owner", {"email": "new@example.com", "role": "member"}),
    "team_member_role": ("owner", {"role": "billing"}),
    "team_close": ("owner", {"name": "Okafor Bakeries"}),
    "team_switch": ("owner", {"customer": "okafor-bakeries"}),
    "team_ask": ("member", {"tier": "studio", "note": "Please."}),
    "team_answer": ("billing", {"answer": "no", "words": "Not now."}),
    "quote_accept": ("owner", {"gives_up": "yes"}),
    "quote_again": ("owner", {"tier": "free", "due": "1", "price": "price_1"}),
    "todays_terms": ("owner", {"tier": "free", "due": "1"}),
    "billing_portal": ("owner", {"quote": "x"}),
    "billing_cancel": ("owner", {"customer": "x"}),
    "hijack:acquire": ("support", {"user_pk": "1", "next": "/plan/"}),
    "account_login": ("anonymous", {"login": "ada@demo.test", "password": "wrong", "next": "/plan/"}),
    "account_signup": (
        "anonymous",
        {"name": "New", "email": "new@example.com", "password1": "correct horse battery"},
    ),
    "account_reset_password": ("anonymous", {"email": "ada@demo.test"}),
    "account_email": ("member", {"email": "new@example.com", "action_add": ""}),
    "account_reauthenticate": ("member", {"password": "wrong", "next": "/plan/"}),
    "account_change_password": ("member", {"oldpassword": "wrong", "password1": "correct horse"}),
    "mfa_activate_totp": ("member", {"code": "000000"}),
    "mfa_reauthenticate": ("owner", {"code": "000000"}),
    "mfa_login_webauthn": ("anonymous", {"credential": "{}"}),
    "mfa_add_webauthn": ("member", {"name": "Key", "credential": "{}"}),
}
# Fields that take one of a few words; four kinds of nastiness stand for all.
CHOICES = {
    "answer", "code", "country", "currency", "gives_up", "interval", "price", "role", "step", "tier", "time_zone",
}  # fmt: skip
FEW = ("nothing", "markup", "zero", "huge")

# These ask Stripe, which is silent here; 503 is the honest answer.
ASK_STRIPE = ("upgrade", "todays_terms", "quote_accept", "quote_again", "quote_withdraw", "billing_cancel")

# What is no form, (body, content type); questions in an address; languages a browser may ask for.
NO_FORMS = [
    (b"seats=%ff%fe&tier=%c0%af&name=%ed%a0%80", "application/x-www-form-urlencoded"),
    (b"\xff\xfe\x00name=x", "application/x-www-form-urlencoded"),
    (b"name=x", "application/x-www-form-urlencoded; charset=utf-16"),
    (b"name=x", "application/x-www-form-urlencoded; charset=nonsense"),
    (b'{"tier": {"a": 1}}', "application/json"),
    (b"--x\r\nContent-Disposition: form-data", "multipart/form-data; boundary=x"),
    (b"nothing", "multipart/form-data"),
    (b"nothing", f"multipart/form-data; boundary={'x' * 300}"),
    (b"&".join([b"a=1"] * 2000), "application/x-www-form-urlencoded"),
    (b"name=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
    (b"seats=1&seats=2&seats=999999&tier=free&tier=business", "application/x-www-form-urlencoded"),
    (b"", ""),
]
QUESTIONS = [
    "?tier=%00&seats=-1&interval=%ff&step=9&page=%00",
    "?seats=99999999999999999999&tier[]=x&tier=business&tier=free",
    "?page=-1&instead_of=%00&left=1&another=%00&interval=decade&currency=XXX",
    "?instead_of=00000000-0000-0000-0000-000000000000&page=1e9&next=//evil.example",
]
LANGUAGES = [
    "",
    "*",
    "de-AT,de;q=0.9",
    "x" * 5000,
    "a_b_c_d_e",
    "\xff\xfe",
    "en-GB;q=no,,;;",
    "zh-Hant-TW",
    "i-klingon",
]
