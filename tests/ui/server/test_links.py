"""The guard between a visitor's link and whatever the server could reach."""

from __future__ import annotations

import socket

import httpx
import pytest

from humanseg.errors import ImageError
from humanseg.ui.server import links

PUBLIC = "93.184.215.14"


@pytest.fixture
def names(monkeypatch) -> dict[str, list[list[str]]]:
    """A name server: for every host what it answers the first time, the second time and so on."""
    answers: dict[str, list[list[str]]] = {}

    def look_up(host, port, **options):
        if host not in answers:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        found = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(links.socket, "getaddrinfo", look_up)
    return answers


class Wire(httpx.MockTransport):
    """A network that notes where connections go."""

    def __init__(self, answer=None) -> None:
        self.seen: list[httpx.Request] = []
        super().__init__(lambda request: self.seen.append(request) or (answer or _picture)(request))


def _picture(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b"picture")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "nonsense",
        "",
    ],
)
def test_no_address_inside_the_network_counts_as_public(address):
    assert not links.is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
def test_addresses_on_the_internet_count_as_public(address):
    assert links.is_public(address)


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1/a.png",
        "http://[::1]/a.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://example.org:22/",
        "http://user:secret@example.org/",
        "ftp://example.org/a.png",
        "file:///etc/passwd",
        "gopher://example.org/",
        "//example.org/a.png",
        "http://",
        "http://exa mple/",
        "http://[::1",
    ],
)
def test_a_link_that_leads_inside_or_is_none_connects_to_nothing(names, link):
    names["example.org"] = [[PUBLIC]]
    wire = Wire()
    with pytest.raises(ImageError):
        links.fetch(link, 100, wire)
    assert not wire.seen


def test_a_host_with_one_private_address_among_public_ones_is_refused(names):
    names["both.example"] = [[PUBLIC, "10.0.0.1"]]
    wire = Wire()
    with pytest.raises(ImageError, match="isn't fetched"):
        links.fetch("https://both.example/", 100, wire)
    assert not wire.seen


def test_a_public_link_is_fetched_from_the_very_address_that_was_checked(names):
    # The name server gives another address after the check: DNS rebinding.
    names["rebind.example"] = [[PUBLIC], ["127.0.0.1"]]
    wire = Wire()
    assert links.fetch("https://rebind.example/my%20cat.jpg", 100, wire) == ("my cat.jpg", b"picture")
    (request,) = wire.seen
    assert request.url.host == PUBLIC
    assert request.headers["host"] == request.extensions["sni_hostname"] == "rebind.example"


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1/", "http://inside.example/", "//169.254.169.254/", "file:///etc/passwd", "ftp://x/"]
)
def test_a_redirect_to_the_inside_is_not_followed(names, target):
    names |= {"out.example": [[PUBLIC]], "inside.example": [["192.168.0.7"]]}
    wire = Wire(lambda request: httpx.Response(302, headers={"Location": target}))
    with pytest.raises(ImageError):
        links.fetch("http://out.example/", 100, wire)
    assert len(wire.seen) == 1


def test_the_name_is_looked_up_again_for_a_redirect(names):
    names["out.example"] = [[PUBLIC], ["127.0.0.1"]]
    wire = Wire(lambda request: httpx.Response(302, headers={"Location": "/again"}))
    with pytest.raises(ImageError, match="isn't fetched"):
        links.fetch("http://out.example/", 100, wire)
    assert len(wire.seen) == 1


def test_redirects_without_an_end_are_given_up(names):
    names["out.example"] = [[PUBLIC]]
    wire = Wire(lambda request: httpx.Response(302, headers={"Location": "/again"}))
    with pytest.raises(ImageError):
        links.fetch("http://out.example/", 100, wire)
    assert len(wire.seen) == 4


def test_more_than_a_file_may_have_is_not_read(names):
    names["out.example"] = [[PUBLIC]]
    with pytest.raises(ImageError, match="too big"):
        links.fetch("http://out.example/", 3, Wire())


def test_an_error_of_the_other_server_is_a_plain_sentence(names):
    names["out.example"] = [[PUBLIC]]
    with pytest.raises(ImageError, match="hand over the file"):
        links.fetch("http://out.example/", 100, Wire(lambda request: httpx.Response(500)))
