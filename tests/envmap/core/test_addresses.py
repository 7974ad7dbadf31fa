"""Whose word counts for where a request comes from."""

import pytest
from django.test import RequestFactory

from envmap.core.addresses import client_address


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("", "203.0.113.9", "203.0.113.9"),  # our nginx, by the unix socket
        ("", "", "127.0.0.1"),  # a program on the socket itself
        ("203.0.113.9", "203.0.113.9", "203.0.113.9"),  # uvicorn, which believes nginx as well
        ("198.51.100.7", "127.0.0.1", "198.51.100.7"),  # a stranger who would like to be loopback
        ("127.0.0.1", "203.0.113.9", "127.0.0.1"),  # a local program in the name of somebody else
    ],
)
def test_only_our_own_nginx_says_where_a_request_comes_from(peer, forwarded, address):
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR=peer, **headers)
    assert client_address(request) == address
