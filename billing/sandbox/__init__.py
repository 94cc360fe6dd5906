"""A stand-in for Stripe in a process of its own: ``python -m billing.sandbox --port N``.

It speaks Stripe's HTTP API (version ``2026-08-26.dahlia``) as far as the portal uses it, with hosted pages, a clock
that can be moved and faults that can be asked for. Standard library only. Nothing in the product imports it, and it
imports nothing of the product. No real money ever moves.
"""
