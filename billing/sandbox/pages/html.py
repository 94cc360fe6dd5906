"""The frame around every hosted page: one inline stylesheet, light and dark, no script."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from html import escape

from billing.sandbox.money import formatted

STYLE = """
:root{color-scheme:light dark;--paper:light-dark(#fbfaf7,#161714);--card:light-dark(#fff,#1e1f1b);
--ink:light-dark(#22241f,#eceae3);--soft:light-dark(#5f625a,#a9ab9f);--line:light-dark(#dcd9d0,#3a3b35);
--go:light-dark(#1f6b4a,#7fcfa6);--on-go:light-dark(#fff,#10231a);--no:light-dark(#a3261c,#ff9c8f);
--mind:light-dark(#fdf3dc,#352c14);--mind-ink:light-dark(#6b4d0a,#f0d694)}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,sans-serif}
.flag{background:var(--mind);color:var(--mind-ink);text-align:center;padding:.4rem 1rem;font-size:.875rem}
main{max-width:34rem;margin:0 auto;padding:2rem 1.25rem 4rem}
main.wide{max-width:52rem}
h1{font:400 1.75rem/1.25 Georgia,serif;margin:.5rem 0 1rem;text-wrap:balance}
h2{font:600 1rem/1.4 system-ui,sans-serif;margin:2rem 0 .5rem}
p{margin:.5rem 0}a{color:var(--go)}
.soft{color:var(--soft)}.small{font-size:.875rem}
table{width:100%;border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.5rem .5rem .5rem 0;border-bottom:1px solid var(--line);vertical-align:top;
overflow-wrap:anywhere}
th{font-weight:600;font-size:.875rem;color:var(--soft)}td.sum,th.sum{text-align:right;padding-right:0;
white-space:nowrap}
th{overflow-wrap:normal}
tr.total td{font-weight:600;border-bottom:0;font-size:1.125rem}
form{margin:1rem 0}form.inline{display:inline}
label,legend{display:block;font-size:.875rem;font-weight:600;margin:1rem 0 .25rem}
fieldset{border:0;margin:0;padding:0}
.choice{display:flex;gap:.6rem;align-items:baseline;font-weight:400;font-size:1rem;margin:.4rem 0}
input,select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--soft);border-radius:.4rem;
padding:.65rem .75rem;width:100%}
.choice input{width:auto}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
button{font:600 1rem/1.2 system-ui,sans-serif;border:1px solid var(--go);border-radius:.4rem;padding:.8rem 1.25rem;
cursor:pointer;background:var(--go);color:var(--on-go);min-height:2.75rem}
button.wide{width:100%;margin-top:1.5rem}
button.plain{background:transparent;color:var(--go)}
button.minor{padding:.35rem .8rem;min-height:2rem;font-size:.875rem;background:transparent;color:var(--go)}
:focus-visible{outline:3px solid var(--go);outline-offset:2px}
.error{border-left:4px solid var(--no);padding:.5rem .9rem;margin:1rem 0;color:var(--no)}
.choices{display:flex;flex-wrap:wrap;gap:1rem;margin-top:1.5rem}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
@media print{.flag,form,.screen{display:none}body{background:#fff;color:#000}}
"""
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Page:
    """One answer to a browser."""

    body: str | bytes
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def framed(title: str, content: str, *, status: int = 200, wide: bool = False) -> Page:
    """A whole page. `content` is HTML, with everything foreign in it escaped already."""
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · Sandbox</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<style>{STYLE}</style></head><body><header class="flag">Sandbox — no real money</header>'
        f"<main{' class=wide' if wide else ''}><h1>{escape(title)}</h1>{content}</main></body></html>"
    )
    return Page(body, status, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"})


def message(
    title: str, text: str, *, status: int = 200, link: str | None = None, words: str = "Go back"
) -> Page:
    """A page that only says something, with at most one way on."""
    way = f'<p><a href="{escape(link)}">{escape(words)}</a></p>' if link else ""
    return framed(title, f"<p>{escape(text)}</p>{way}", status=status)


def redirect(url: str) -> Page:
    """Send the browser on, after a form, with a GET."""
    return Page("", 303, headers={"Location": url})


def problem(text: str | None) -> str:
    """An error above a form, or nothing."""
    return f'<p class="error" role="alert">{escape(text)}</p>' if text else ""


def sums(rows: list[tuple[str, int]], currency: str, *, caption: str) -> str:
    """A table of named amounts, the last of them the total."""
    cells = [
        f"<tr{' class=total' if index == len(rows) - 1 else ''}><td>{escape(name)}</td>"
        f'<td class="sum">{formatted(amount, currency)}</td></tr>'
        for index, (name, amount) in enumerate(rows)
    ]
    return f'<table aria-label="{escape(caption)}"><tbody>{"".join(cells)}</tbody></table>'
