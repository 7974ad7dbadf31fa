"""A script that calls the API: with a token of its own, and checking every answer against the OpenAPI document."""

import copy
import json
import re
from functools import cache
from typing import Any

from django.test import Client
from django.urls import resolve
from jsonschema import Draft202012Validator

from envmap.accounts import actions
from envmap.api.docs import document_bytes

ROOT = "/api/v1"


@cache
def document() -> dict[str, Any]:
    """The document, with objects closed: an answer that carries more than is described fails a test."""
    made = json.loads(document_bytes())

    def close(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object" and "properties" in node:
                node.setdefault("additionalProperties", False)
            for inner in node.values():
                close(inner)
        elif isinstance(node, list):
            for inner in node:
                close(inner)

    close(made["components"]["schemas"])
    return made


@cache
def validator(path: str, method: str, status: str, content_type: str) -> Draft202012Validator:
    """Of one declared answer; KeyError where an operation gave what it never declared."""
    declared = document()["paths"][path][method]["responses"]
    answer = declared.get(status) or declared["default"]
    schema = copy.deepcopy(answer["content"][content_type]["schema"])
    return Draft202012Validator(schema | {"components": document()["components"]})


def template(path: str) -> str:
    """`/api/v1/orders/ZF…` → `/api/v1/orders/{number}`."""
    route = resolve(path).route
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)


def check(response: Any, method: str, path: str) -> None:
    """The answer is one that the document declares."""
    name = template(path)
    if name not in document()["paths"] or method.lower() not in document()["paths"][name]:
        return
    if response.status_code in {204, 304}:
        assert response.content == b""
        return
    kind = response["Content-Type"].split(";")[0]
    declared = document()["paths"][name][method.lower()]["responses"]
    known = declared.get(str(response.status_code)) or declared["default"]
    if "*/*" in known.get("content", {}):
        return
    assert str(response.status_code) in declared or response.status_code in {405, 500, 503}, (
        f"{method} {name} answered an undeclared {response.status_code}: {response.content[:300]!r}"
    )
    errors = list(validator(name, method.lower(), str(response.status_code), kind).iter_errors(response.json()))
    assert not errors, f"{method} {name} {response.status_code}: {errors[0].message} at {list(errors[0].path)}"


class Caller:
    """`api("GET", "/orders", as_="officer")`; `as_=None` is nobody."""

    def __init__(self, cast: Any) -> None:
        self.cast = cast
        self.tokens: dict[tuple[str, tuple[str, ...]], str] = {}
        self.client = Client(raise_request_exception=False)

    def token(self, username: str, scopes: tuple[str, ...] = ("read", "write")) -> str:
        """A token of a person, made once."""
        if (username, scopes) not in self.tokens:
            _row, secret = actions.make_token(by=self.cast.asker(username), name="test", scopes=list(scopes))
            self.tokens[username, scopes] = secret
        return self.tokens[username, scopes]

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        as_: str | None = "officer",
        scopes: tuple[str, ...] = ("read", "write"),
        token: str | None = None,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        if token is None and as_ is not None:
            token = self.token(as_, scopes)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("Accept-Language", "en")
        if token:
            sent.setdefault("Authorization", f"Bearer {token}")
        data: Any = b""
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body)
        response = self.client.generic(method, ROOT + path, data, content_type=content_type, headers=sent)
        check(response, method, (ROOT + path).partition("?")[0])
        return response

    def upload(self, path: str, fields: dict[str, Any], *, as_: str = "field", **headers: str) -> Any:
        """A multipart POST."""
        sent = {"Authorization": f"Bearer {self.token(as_)}", "Accept-Language": "en"} | headers
        response = self.client.post(ROOT + path, fields, headers=sent)
        check(response, "POST", ROOT + path)
        return response
