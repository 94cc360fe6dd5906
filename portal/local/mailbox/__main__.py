"""`python -m portal.local.mailbox --port N --smtp-port N --keep DIRECTORY`: take mail, keep it, show it."""

import argparse
import signal
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from portal.local.mailbox.store import Store
from portal.local.mailbox.web import server_for


class Receiver:
    """Hands every mail that arrives to the store."""

    def __init__(self, store: Store) -> None:
        """`store` keeps the mails."""
        self.store = store

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep one mail; nothing is ever sent on."""
        self.store.keep(envelope.content, recipients=envelope.rcpt_tos)
        return "250 Kept"


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m portal.local.mailbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="of the page")
    parser.add_argument("--smtp-port", type=int, required=True, help="of the mail server")
    parser.add_argument("--keep", type=Path, required=True, help="folder for the mails")
    options = parser.parse_args()
    store = Store(options.keep)
    receiver = Controller(Receiver(store), hostname="127.0.0.1", port=options.smtp_port)
    receiver.start()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server_for(store, options.port).serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        receiver.stop()


if __name__ == "__main__":
    main()
