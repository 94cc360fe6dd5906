"""Ask the web server of this container whether it lives, under the host name it is known by."""

import os
from http.client import HTTPConnection
from urllib.parse import urlsplit

connection = HTTPConnection("127.0.0.1", 8000, timeout=4)
connection.request(
    "GET", "/healthz", headers={"Host": urlsplit(os.environ["BASE_URL"]).hostname or "localhost"}
)
status = connection.getresponse().status
if status != 200:
    raise SystemExit(f"/healthz answered {status}")
