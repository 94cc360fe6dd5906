"""What `make run` starts on one machine: embedded engines, the mailbox, and the launcher that minds them all.

Nothing here is imported by the portal itself; in production these modules are not used.
"""
