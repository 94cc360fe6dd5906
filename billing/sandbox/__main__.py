"""``python -m billing.sandbox --port N``: run the sandbox until it is told to stop."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import traceback
from pathlib import Path

from billing.sandbox.due import run_due
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.server import Server
from billing.sandbox.statefile import UnableToRead, load, save

LIVE_PREFIXES = ("sk_live_", "rk_live_")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m billing.sandbox", description="A stand-in for Stripe.")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument(
        "--public-url", help="where browsers reach the hosted pages (default: http://HOST:PORT)"
    )
    parser.add_argument("--webhook-url", default="", help="where events are sent")
    parser.add_argument("--webhook-secret", default="", help="what events are signed with (whsec_…)")
    parser.add_argument("--state", type=Path, help="file that keeps the state across restarts")
    return parser.parse_args()


def _tick(box: Sandbox, state: Path | None, stopping: threading.Event) -> None:
    """Once a second: do what is due, and keep the state if it changed."""
    while not stopping.wait(1):
        try:
            with box.store.lock:
                run_due(box)
            if state and box.dirty:
                save(box, state)
        except Exception:
            # The next request or tick tries again; a full disk or one odd object must not end the process.
            traceback.print_exc(file=sys.stderr)


def main() -> int:
    """Start, serve, and stop tidily. 2 where it must not or cannot start."""
    options = _arguments()
    for name in ("STRIPE_SECRET_KEY", "STRIPE_API_KEY"):
        if os.environ.get(name, "").startswith(LIVE_PREFIXES):
            print(f"The sandbox does not start where {name} holds a live key.", file=sys.stderr)
            return 2
    address = (options.public_url or f"http://{options.host}:{options.port}").rstrip("/")
    box = Sandbox(address)
    box.webhooks.url, box.webhooks.secret = options.webhook_url, options.webhook_secret
    try:
        if options.state:
            load(box, options.state)
        server = Server((options.host, options.port), box)
    except UnableToRead as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, OverflowError) as error:
        print(f"The sandbox cannot listen on {options.host}:{options.port}: {error}.", file=sys.stderr)
        return 2

    def stop(signum: int, frame: object) -> None:
        server.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    box.webhooks.start()
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="http", daemon=True
    ).start()
    print(f"Stripe sandbox at {address} — no real money", flush=True)
    _tick(box, options.state, server.stopping)
    server.shutdown()
    server.server_close()
    box.webhooks.stop()
    if options.state:
        save(box, options.state)
    return 0


if __name__ == "__main__":
    sys.exit(main())
