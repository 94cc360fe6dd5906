"""What the tests stand on: real engines, the sandbox over HTTP, and a real mail server, worker and browser."""
