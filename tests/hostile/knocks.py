"""Random and hostile requests: one `Knock` is a person, a door, and everything a client may send there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

from hypothesis import strategies as st

from tests.hostile.bodies import FORMS, LANGUAGES, MARKUP, NASTY, NO_FORMS, QUESTIONS

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
FIELDS = sorted(
    {name for _, form in FORMS.values() for name in form}
    | {
        "give_back",
        "undo",
        "customer_id",
        "csrfmiddlewaretoken",
        "reason",
        "ends_on",
        "value",
        "_save",
        "action",
    }
    | {"_selected_action", "tiers-TOTAL_FORMS", "prices-0-unit_amount", "email", "\x00", "a[b]", "__proto__"}
)
NUMBERS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e309",
    "-0",
    "0x10",
    "٣",
    "1_0",
    "9" * 4301,
    "-" + "9" * 30,
    "2147483648",
]
VALUES = st.one_of(
    st.sampled_from(sorted(set(NASTY.values()) - {NASTY["long"]})),
    st.sampled_from(
        ["business", "owner", "yes", "9", "1", "month", "okafor-bakeries", "//evil.example", "on"]
    ),
    st.sampled_from(NUMBERS),
    st.text(st.characters(), max_size=12),
    st.integers().map(str),
)


def _encoded(pairs: list[tuple[str, str]]) -> bytes:
    """As a form, lone surrogates and all."""
    written = [
        "=".join(quote_from_bytes(part.encode("utf-8", "surrogatepass")) for part in pair) for pair in pairs
    ]
    return "&".join(written).encode()


def _part(name: str, more: str = "", content: bytes = b"x", type: str = "") -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n'
    return (
        head.encode() + (f"Content-Type: {type}\r\n".encode() if type else b"") + b"\r\n" + content + b"\r\n"
    )


END = b"--x--\r\n"
# What no form is, or too much of one: (body, content type) by what it is.
ODD_BODIES: dict[str, tuple[bytes, str]] = {
    **{f"no form {number}": odd for number, odd in enumerate(NO_FORMS)},
    "a field of a megabyte": (b"name=" + b"x" * 1_000_000, FORM),
    "ten thousand fields": (b"&".join(b"f%d=1" % number for number in range(10_000)), FORM),
    "one name ten times": (urlencode([("tier", each) for each in "abcdefghij"]).encode(), FORM),
    "overlong utf-8": (b"tier=%c0%80&seats=%e0%80%af&name=%f8%88%80%80%80", FORM),
    "raw bytes": (bytes(range(256)), FORM),
    "a byte order mark": (b"\xef\xbb\xbftier=business", FORM),
    "utf-7": (b"name=+ADw-script+AD4-", f"{FORM}; charset=utf-7"),
    "percent without digits": (b"tier=%&seats=%4&interval=%zz", FORM),
    "deep json": (b"[" * 100_000, "application/json"),
    "json with one name twice": (b'{"tier": 1, "tier": {"a": []}}', "application/json"),
    "json numbers": (b'{"seats": NaN, "due": -Infinity, "n": 1e999}', "application/json"),
    "json surrogates": (b'{"name": "\\ud800\\udfff\\ud800"}', "application/json"),
    "json as a form": (json.dumps({"tier": "business"}).encode(), FORM),
    "xml": (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "application/xml"),
    "text": (b"tier=business", "text/plain"),
    "two content types": (b"tier=business", f"{FORM}, {MULTIPART}"),
    "a file for a field": (_part("tier", '; filename="x.txt"', type="text/html") + END, MULTIPART),
    "a file from elsewhere": (_part("name", '; filename="../../etc/passwd\x00.png"') + END, MULTIPART),
    "a file of a megabyte": (_part("credential", '; filename="x"', b"x" * 1_000_000) + END, MULTIPART),
    "two hundred files": (b"".join(_part(f"f{n}", f'; filename="{n}"') for n in range(200)) + END, MULTIPART),
    "two thousand parts": (b"".join(_part(f"f{number}") for number in range(2000)) + END, MULTIPART),
    "a part without an end": (_part("tier")[:-3], MULTIPART),
    "a part in base64": (
        b'--x\r\nContent-Disposition: form-data; name="tier"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n" + END,
        MULTIPART,
    ),
    "a part in another charset": (
        _part("tier", type="text/plain; charset=utf-16", content=b"\xd8\x00") + END,
        MULTIPART,
    ),
    "a name that goes on": (_part("a" * 20_000) + END, MULTIPART),
    "a boundary of nothing": (b"----\r\n", "multipart/form-data; boundary="),
    "a nested multipart": (_part("a", type="multipart/mixed; boundary=y", content=b"--y--") + END, MULTIPART),
}
METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "post", "X" * 200]
ODD_HEADERS: list[dict[str, str]] = [
    {},
    {"hx-request": "true", "hx-target": "figures", "hx-trigger": MARKUP, "hx-current-url": "http://[::1"},
    {
        "hx-request": "true",
        "hx-boosted": "true",
        "hx-prompt": "\xff",
        "hx-current-url-uri-autoencoded": "true",
    },
    {"hx-history-restore-request": "true", "hx-request": "TRUE", "hx-target": "%00"},
    {"x-forwarded-for": "1.2.3.4, ::1, nonsense" * 20, "x-real-ip": "\x00", "forwarded": "for=x;host=evil"},
    {"x-forwarded-proto": "https", "x-forwarded-host": "evil.example", "x-forwarded-port": "-1"},
    {"cookie": "sessionid=" + "x" * 30_000},
    {"cookie": "; ".join(f"c{number}=v" for number in range(2000))},
    {"cookie": 'sessionid="\\000"; csrftoken=%00; messages=[["__json_message",0,1]]; =; ;;'},
    {"authorization": "Basic \xff", "x-csrftoken": MARKUP, "x-http-method-override": "DELETE"},
    {"if-modified-since": "yesterday", "if-none-match": 'W/"x, "', "range": "bytes=9-1,-", "accept": ""},
    {"referer": "https://evil.example/\xff", "origin": "null", "sec-fetch-site": "cross-site"},
    {"content-encoding": "gzip", "transfer-encoding": "chunked, gzip", "expect": "100-continue"},
    {"user-agent": "x" * 10_000, "accept-encoding": "br;q=x, *;q=0, identity;q=9"},
    {"dnt": "1", "purpose": "prefetch", "x-original-url": "/admin/", "x-rewrite-url": "/admin/"},
    *({"accept-language": language} for language in LANGUAGES[1:]),
]
ODD_SEGMENTS = [
    "%00", "-1", "0", "9" * 40, "%ff", "..%2f..", "a%0d%0aSet-Cookie:x", "00000000-0000-0000-0000-000000000000",
    "%F0%9F%92%A9", "x" * 3000, "1;1", "{{7*7}}", "+1", "１",
]  # fmt: skip


@dataclass(frozen=True)
class Knock:
    """`door` is a name of the tables or an address of staff; `segment` takes the place of what its address names."""

    role: str
    door: str
    method: str = "POST"
    fields: tuple[tuple[str, str], ...] = ()
    odd: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    question: str = ""
    segment: str = ""

    @property
    def body(self) -> tuple[bytes, str]:
        return ODD_BODIES[self.odd] if self.odd else (_encoded(list(self.fields)), FORM)


def knocks(roles: list[str], doors: list[str]) -> st.SearchStrategy[Knock]:
    """One in two is a form for its door with one field or more turned; the others are anything at all."""
    return st.builds(
        _knock,
        role=st.sampled_from(roles),
        door=st.one_of(st.sampled_from(doors), st.sampled_from(sorted(set(FORMS) & set(doors)) or doors)),
        method=st.one_of(st.just("POST"), st.just("POST"), st.just("POST"), st.sampled_from(METHODS)),
        turned=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4),
        nearly=st.booleans(),
        roles=st.just(roles),
        odd=st.one_of(st.just(""), st.just(""), st.sampled_from(sorted(ODD_BODIES))),
        headers=st.one_of(st.just(ODD_HEADERS[0]), st.sampled_from(ODD_HEADERS)),
        question=st.one_of(st.just(""), st.just(""), st.sampled_from(QUESTIONS)),
        segment=st.one_of(st.just(""), st.just(""), st.just(""), st.sampled_from(ODD_SEGMENTS)),
    )


def _knock(
    *, role: str, door: str, turned: dict[str, str], nearly: bool, segment: str, roles: list[str], **more: Any
) -> Knock:
    """`nearly`: by whoever may, and a form that would do, with one thing or another turned."""
    known, form = FORMS.get(door, (role, {})) if nearly else (role, {})
    return Knock(
        role=known if known in roles else role,
        door=door,
        fields=tuple({**form, **turned}.items()),
        segment="" if form else segment,
        **more,
    )
