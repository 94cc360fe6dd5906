"""The processes `make run` starts beside the engines, and the commands it runs on the way."""

import hashlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from portal.local.environment import ROOT
from portal.local.instance import Instance
from portal.local.processes import Child, Part, UnableToStart, complain_if_ended, last_lines
from portal.local.terminal import say

Environment = Mapping[str, str]


def _python(
    name: str, arguments: Sequence[str], instance: Instance, environment: Environment, log: str
) -> Child:
    argv = [sys.executable, *arguments]
    return Child(name=name, argv=argv, log=instance.log(log), env=environment, cwd=ROOT).start()


def sandbox(instance: Instance, environment: Environment) -> Child:
    """The stand-in for Stripe; it keeps its objects in `sandbox.json`."""
    options = {
        "--port": str(instance.sandbox_port),
        "--public-url": environment["STRIPE_API_BASE"],
        "--state": str(instance.data / "sandbox.json"),
        "--webhook-url": f"http://127.0.0.1:{instance.port}/webhooks/stripe/",
        "--webhook-secret": environment["STRIPE_WEBHOOK_SECRET"],
    }
    arguments = ["-m", "billing.sandbox", *(word for pair in options.items() for word in pair)]
    return _python("Stripe sandbox", arguments, instance, environment, "sandbox")


def mailbox(instance: Instance, environment: Environment) -> Child:
    """The mail server that keeps what it is given, and its page."""
    arguments = ["-m", "portal.local.mailbox", "--port", str(instance.mailbox_port)]
    arguments += ["--smtp-port", str(instance.smtp_port), "--keep", str(instance.data / "mail")]
    return _python("mailbox", arguments, instance, environment, "mailbox")


def web(instance: Instance, environment: Environment) -> Child:
    """The web server: two processes of two threads, which suit two cores."""
    arguments = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(instance.port)]
    arguments += ["--workers", "2", "--blocking-threads", "2", "--no-ws", "--workers-kill-timeout", "4"]
    return _python("web server", [*arguments, "portal.wsgi:application"], instance, environment, "web")


def worker(instance: Instance, environment: Environment) -> Child:
    """The Celery worker."""
    arguments = ["-m", "celery", "-A", "portal.celery", "worker", "--loglevel", "INFO"]
    arguments += ["--concurrency", "2", "--without-gossip", "--without-mingle"]
    return _python("Celery worker", arguments, instance, environment, "worker")


def beat(instance: Instance, environment: Environment) -> Child:
    """Celery's beat, with the portal's own scheduler, which keeps no file."""
    arguments = ["-m", "celery", "-A", "portal.celery", "beat", "--loglevel", "INFO", "--pidfile="]
    arguments += ["--scheduler", "portal.heartbeat:HeartbeatScheduler"]
    return _python("Celery beat", arguments, instance, environment, "beat")


def manage(
    instance: Instance,
    environment: Environment,
    *arguments: str,
    log: str,
    minded: Sequence[Part],
    aloud: bool = False,
) -> None:
    """Run `manage.py` to its end, `aloud` or into its log. Raises UnableToStart with the end of that log."""
    child = _python("command", [str(ROOT / "manage.py"), *arguments], instance, environment, log)
    heard = 0
    try:
        while child.poll() is None:
            complain_if_ended(minded)
            time.sleep(0.05)
            heard = _repeat(child.log, heard) if aloud else heard
        if aloud:
            _repeat(child.log, heard, to_the_end=True)
    finally:
        child.stop(within=3)
    if child.process.returncode:
        command = f"manage.py {' '.join(arguments)}"
        raise UnableToStart(_why_not(command, child.log))


def _why_not(command: str, log: Path) -> str:
    """One sentence where the failure is a wrong setting, which names itself; else the end of the log."""
    lines = last_lines(log, 1).strip()
    marker = "ImproperlyConfigured: "
    if marker in lines:
        return lines.split(marker, 1)[1]
    return f"`{command}` failed. Its last words ({log}):\n{last_lines(log)}"


def _repeat(log: Path, heard: int, *, to_the_end: bool = False) -> int:
    """Say the whole lines that were added to `log` after byte `heard`; gives back the byte now reached."""
    with log.open("rb") as file:
        file.seek(heard)
        fresh = file.read()
    until = len(fresh) if to_the_end else fresh.rfind(b"\n") + 1
    for line in fresh[:until].decode(errors="replace").splitlines():
        if line.strip():
            say(f"    {line.strip()}")
    return heard + until


def collect_static(instance: Instance, environment: Environment, *, minded: Sequence[Part]) -> None:
    """Collect and compress static files, unless nothing has changed since the last time."""
    stamp = instance.data / "static.stamp"
    state = _state_of_static_files(environment)
    if stamp.is_file() and stamp.read_text() == state and (instance.data / "static").is_dir():
        return
    stamp.unlink(missing_ok=True)
    manage(instance, environment, "collectstatic", "--no-input", log="collectstatic", minded=minded)
    stamp.write_text(state)


def _state_of_static_files(environment: Environment) -> str:
    """A digest of our static files' names and times, of the packages, and of what shapes the output."""
    digest = hashlib.sha256(environment["DEBUG"].encode())
    for name in ("requirements.lock", "portal/settings.py"):
        digest.update((ROOT / name).read_bytes())
    for folder, _, files in sorted(os.walk(ROOT / "static")):
        for file in sorted(files):
            path = Path(folder, file)
            digest.update(f"{path}{path.stat().st_mtime_ns}{path.stat().st_size}".encode())
    return digest.hexdigest()
