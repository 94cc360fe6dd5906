"""What the tests stand on: real engines, the sandbox over HTTP, a real mail server, a real worker, a real browser."""
