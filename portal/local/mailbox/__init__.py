"""The mailbox of `make run`: a mail server that keeps what the portal sends, and a page to read it on."""
