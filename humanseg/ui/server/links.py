"""A link in place of a photo: fetched only where HUMANSEG_FETCH_URLS allows it, and never from inside the network."""

from __future__ import annotations

import ipaddress
import logging
import socket
import time
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

import httpx

from humanseg.errors import ImageError
from humanseg.ui import text

log = logging.getLogger("humanseg.ui")

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = 3
_SECONDS = 20
# IPv6's range of public addresses; outside it there are also forms of IPv4 addresses (::ffff:, 64:ff9b::).
_UNICAST = ipaddress.ip_network("2000::/3")


def is_link(path: Any) -> bool:
    """Whether a file's path is a link to somewhere else."""
    return isinstance(path, str) and path.strip().lower().startswith(("http:", "https:", "ftp:", "//"))


def is_public(address: str) -> bool:
    """Whether an IP address is on the internet: not private, loopback, link-local, shared, multicast or reserved."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if ip.version == 6 and (ip not in _UNICAST or ip.sixtofour or ip.teredo):
        return False
    return ip.is_global and not ip.is_multicast


def fetch(url: str, max_bytes: int, transport: httpx.BaseTransport | None = None) -> tuple[str, bytes]:
    """The file behind a link: its name and its bytes.

    The host is looked up once, all its addresses must be public, and the connection goes to the address that was
    checked: a second answer of the name server (DNS rebinding) can't change it. The same holds for every redirect.

    Raises
    ------
    ImageError : nothing may or can be fetched from there, or it's larger than `max_bytes`
    """
    try:
        with httpx.Client(transport=transport, timeout=_SECONDS, trust_env=False, follow_redirects=False) as client:
            return _fetch(client, httpx.URL(url.strip()), max_bytes, time.monotonic() + _SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        log.info("%s can't be fetched: %s", url, error)
        raise ImageError(text.LINK_FAILED) from error


def _fetch(client: httpx.Client, url: httpx.URL, max_bytes: int, deadline: float) -> tuple[str, bytes]:
    for _ in range(_REDIRECTS + 1):
        pinned = url.copy_with(host=_address(url))
        options = {"headers": {"Host": url.host}, "extensions": {"sni_hostname": url.host}}
        with client.stream("GET", pinned, **options) as answer:
            if answer.has_redirect_location:
                url = url.join(answer.headers["Location"])
                continue
            answer.raise_for_status()
            data = bytearray()
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > max_bytes or time.monotonic() > deadline:
                    raise ImageError(text.LINK_TOO_BIG.format(limit=max_bytes // 1_000_000))
            return PurePosixPath(unquote(url.path)).name or "photo", bytes(data)
    raise ImageError(text.LINK_FAILED)


def _address(url: httpx.URL) -> str:
    """The checked address of a link's host."""
    port = _PORTS.get(url.scheme)
    if port is None or url.port not in (None, port) or url.userinfo or not url.host:
        raise ImageError(text.LINK_REFUSED)
    found = {str(entry[4][0]) for entry in socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)}
    if not found or not all(map(is_public, found)):
        raise ImageError(text.LINK_REFUSED)
    return min(found, key=lambda address: (":" in address, address))
