"""Addresses of workers and coordinators: how they are written, and where they are told."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from hadoopless.errors import UsageError
from hadoopless.wire import tls
from hadoopless.wire.limits import LONGEST_SOCKET_PATH

#: Overrides the inventory for one run, or says which workers a job wants.
ENVIRONMENT = "MAPREDUCE_WORKERS"
#: The workers of the inventory as it comes, which the user has not written.
FIRST_INVENTORY = tuple(f"http://127.0.0.1:{port}" for port in range(8701, 8705))
_CHOICES = ("inventory", "embedded")
_SCHEMES = ("http://", "https://")


class Address(Struct, frozen=True):
    """The address of a server: a UNIX socket's path, or a URL ``http(s)://host:port``."""

    path: str | None = None
    url: str | None = None

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path is not None else str(self.url)


def parse_address(text: str) -> Address:
    """The address behind ``unix:/path`` or ``http(s)://host:port``; raises UsageError."""
    if not text.startswith("unix:"):
        return Address(url=parse_url(text))
    path = text.removeprefix("unix:")
    if not path or len(path.encode()) > LONGEST_SOCKET_PATH:
        raise UsageError(f"not a usable socket path: {path!r} (1 to {LONGEST_SOCKET_PATH} bytes)")
    return Address(path=path)


def parse_url(url: str) -> str:
    """*url* in its plain form, ``http://host:port``; raises UsageError.

    Where this process uses TLS, all URLs are ``https://``, whatever the user wrote.
    """
    text = url.strip()
    try:
        parts = urllib.parse.urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError:  # a port that is no number, brackets around what is no address
        parts, port = urllib.parse.urlsplit(""), None
    known = parts.scheme in ("http", "https")
    if not known or not parts.hostname or not port or parts.path not in ("", "/"):
        raise UsageError(f"not a worker's URL: {url!r}; {_hint(text)}")
    if parts.scheme == "https" and not tls.in_use():
        raise UsageError(f"{text} is a URL of TLS, which needs {tls.NEEDED}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{tls.scheme()}://{host}:{port}"


def _hint(text: str) -> str:
    """Advice on what to write in place of *text*."""
    import difflib  # only here: it takes time to load

    similar = difflib.get_close_matches(text.lower(), _CHOICES, 1)
    return (
        f"did you mean {similar[0]}?"
        if similar and similar[0] != text
        else "it looks like http://127.0.0.1:8701"
    )


def parse_urls(text: str, source: str) -> tuple[str, ...]:
    """A comma list of URLs, from an option, variable or file *source*.

    Raises UsageError for a wrong one, one given twice, or none.
    """
    try:
        urls = tuple(parse_url(part) for part in text.split(",") if part.strip())
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from error
    if not urls:
        raise UsageError(f"{source}: no worker's URL given")
    twice = [url for i, url in enumerate(urls) if url in urls[:i]]
    if twice:
        raise UsageError(f"{source}: {twice[0]} is given twice")
    return urls


def inventory_urls(names: Mapping[str, Any], source: str = "inventory.py") -> tuple[str, ...]:
    """The workers' URLs in the namespace of the file *source*, in order, or in the environment.

    Every name whose value is an http(s) URL, or a list or tuple of them, counts.
    """
    override = os.environ.get(ENVIRONMENT)
    if override and override not in _CHOICES:
        return parse_urls(override, ENVIRONMENT)
    found: list[str] = []
    for name, value in names.items():
        if not name.startswith("_"):
            values = value if isinstance(value, (list, tuple)) else [value]
            found += [one for one in values if isinstance(one, str) and one.startswith(_SCHEMES)]
    return parse_urls(",".join(dict.fromkeys(found)), source)


def choice_in_environment() -> str | None:
    """``inventory`` or ``embedded``, if the environment says so."""
    word = os.environ.get(ENVIRONMENT)
    return word if word in _CHOICES else None


def named_in_environment() -> bool:
    """True if the environment names workers by their URLs."""
    word = os.environ.get(ENVIRONMENT)
    return bool(word) and word not in _CHOICES


def wanted_urls(wanted: str | None, inventory: Mapping[str, Any]) -> tuple[str, ...]:
    """The URLs that a job wants: None and ``inventory`` are the inventory's, else by commas."""
    if wanted is None or wanted == "inventory":
        return inventory_urls(inventory)
    return parse_urls(wanted, ENVIRONMENT if wanted == os.environ.get(ENVIRONMENT) else "--workers")


def host_and_port(url: str) -> tuple[str, int]:
    """The host, without brackets, and the port of a URL of :func:`parse_url`."""
    parts = urllib.parse.urlsplit(url)
    return parts.hostname or "", parts.port or 0


def at_host(url: str, host: str) -> str:
    """The loopback *url* as it is called when its server listens on *host*; others as they are.

    A server that listens on all addresses is on loopback, too.
    """
    name, port = host_and_port(url)
    if not is_loopback(name) or is_wildcard(host):
        return url
    return parse_url(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def unprotected(address: Address) -> str | None:
    """A warning of what others on the network can read of calls to *address*, if they can."""
    host = host_and_port(address.url)[0] if address.url else "localhost"
    if tls.in_use() or is_loopback(host):
        return None
    return (
        f"whoever can read packets on the way to {host} can read data, paths, commands and --env of"
        f" jobs, and whoever can change them can run programs; {tls.NEEDED} prevent it"
    )


def is_wildcard(host: str) -> bool:
    """True if *host* stands for all addresses of a machine."""
    return host in ("0.0.0.0", "::")  # noqa: S104 - nothing is bound here


def is_loopback(host: str) -> bool:
    """True if *host* is this machine by its loopback address."""
    if host in ("localhost", "127.0.0.1", "::1"):
        return True
    import ipaddress  # only here: the coordinator of a small job would pay for it

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
