"""The OpenAPI 3.1 document: what ninja knows of paths and answers, completed by what each operation's Spec says."""

import json
from typing import Any

from ninja import NinjaAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .door import SPECS, Spec
from .errors import CONTENT_TYPE
from .params import Query
from .repeat import REPLAYED

REF = "#/components/schemas/{model}"
SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of `POST /api/v1/tokens`. Its scopes (`read`, `write`, `ingest`) narrow the role, never widen it.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "envmap8000",
        "description": "The session of the pages (the number is the server's port). Requests that change something also "
        "need the header `X-CSRFToken` with the value of the cookie `csrftoken`.",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "Name and password, taken by `POST /api/v1/tokens` alone; failures are throttled per user and address.",
    },
}
SAYS = {
    400: "An unknown parameter or value; names what is allowed.",
    401: "Credentials are missing or bad.",
    403: "Never for this role, person or scope, whatever the state.",
    404: "Not there, or not visible to the asker.",
    409: "A wrong state, a name that is taken, or a `client_uuid` that was used for another request.",
    410: "No longer kept.",
    412: "Not the newest version.",
    413: "Larger than what is taken.",
    415: "A type that is not taken.",
    422: "The body is not what was expected (`errors` names each place), or a time has no offset.",
    428: "A version is demanded and was not given.",
    429: "Too many failed attempts.",
    "default": "Any other refusal, such as 405, 500 and 503.",
}
EXAMPLE: dict[str, Any] = {
    "type": "urn:envmap:problem:wrong-state",
    "title": "Not from this state",
    "status": 409,
    "detail": "Order ZF20261124-0041 is accepted; only a reported order can be verified.",
    "errors": [],
}


class FieldProblem(BaseModel):
    """One wrong place of an input."""

    detail: str
    field: str | None = None
    index: int | None = None
    line: int | None = None


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    model_config = {"json_schema_extra": {"example": EXAMPLE}}
    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


def parameters(model: type[Query], components: dict[str, Any]) -> list[dict[str, Any]]:
    """The query parameters of a model as the document writes them."""
    schema = model.model_json_schema(ref_template=REF)
    components.update(schema.pop("$defs", {}))
    made = []
    for name, details in schema.get("properties", {}).items():
        details = _without_null(details)
        description = details.pop("description", None)
        parameter: dict[str, Any] = {"in": "query", "name": name, "required": name in schema.get("required", [])}
        if description:
            parameter["description"] = description
        made.append(parameter | {"schema": {k: v for k, v in details.items() if k != "title"}})
    for prefix in model.prefixes:
        made.append(
            {
                "in": "query",
                "name": f"{prefix}<key>",
                "required": False,
                "description": f"`{prefix}` followed by a name of the layer's schema: what has that value there.",
                "schema": {"type": "string"},
            }
        )
    return made


def _without_null(details: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out is not null: `anyOf` with null becomes the other one."""
    details = dict(details)
    kinds = [kind for kind in details.pop("anyOf", []) if kind != {"type": "null"}]
    if kinds:
        details.update(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})
    if details.get("default", ...) is None:
        del details["default"]
    return details


def refusals(spec: Spec, method: str, path: str) -> list[int]:
    """The statuses with which an operation can refuse."""
    found = {400, 401, 403} | set(spec.refusals)
    if spec.query and spec.query.takes_times:
        found.add(422)
    if "{" in path:
        found.add(404)
    if spec.body or spec.upload:
        found |= {413, 415, 422}
    if spec.repeatable:
        found.add(409)
    if spec.if_match:
        found |= {412, 428}
    return sorted(found)


def complete(operation: dict[str, Any], spec: Spec, method: str, path: str, components: dict[str, Any]) -> None:
    """Fills one operation of the document."""
    if spec.query:
        operation["parameters"].extend(parameters(spec.query, components))
    if spec.if_match:
        operation["parameters"].append(
            {
                "in": "header",
                "name": "If-Match",
                "required": True,
                "description": 'The version that is changed, as its `ETag` gave it: `"3"`.',
                "schema": {"type": "string"},
                "example": '"3"',
            }
        )
    if spec.body:
        schema = {"$ref": REF.format(model=spec.body.__name__)}
        operation["requestBody"] = {
            "required": any(field.is_required() for field in spec.body.model_fields.values()),
            "content": {kind: {"schema": schema} for kind in spec.types},
        }
    if spec.upload:
        schema = {"$ref": REF.format(model=spec.upload.__name__)}
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    for status, answer in operation["responses"].items():
        if spec.binary and str(status) == "200":
            answer["content"] = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
        elif "content" in answer and spec.answer_type != "application/json":
            answer["content"] = {spec.answer_type: answer["content"].pop("application/json")}
        headers = dict(spec.headers)
        if str(status) == "201":
            headers["Location"] = "The path of what was made."
        if spec.repeatable:
            headers[REPLAYED] = (
                "`true` where this is the stored answer to an earlier request of the same `client_uuid`."
            )
        if headers:
            answer["headers"] = {
                name: {"description": text, "schema": {"type": "string"}} for name, text in sorted(headers.items())
            }
    problem = {CONTENT_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}}
    for status in [*refusals(spec, method, path), "default"]:
        entry: dict[str, Any] = {"description": SAYS[status], "content": problem}
        if status == 401:
            entry["headers"] = {"WWW-Authenticate": {"description": "The ways in.", "schema": {"type": "string"}}}
        if status == 429:
            entry["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}}}
        operation["responses"][str(status)] = entry
    ways: list[dict[str, list[str]]] = [{"bearer": []}, {"session": []}]
    if spec.basic:
        ways.append({"basic": []})
    if spec.public:
        ways.append({})
    operation["security"] = ways


def drop_null_defaults(node: Any) -> None:
    """A field that may be left out but not be null has no default: what is not written is not changed."""
    if isinstance(node, dict):
        if "default" in node and node["default"] is None and {"type": "null"} not in node.get("anyOf", []):
            del node["default"]
        for inner in node.values():
            drop_null_defaults(inner)
    elif isinstance(node, list):
        for inner in node:
            drop_null_defaults(inner)


def build(api: NinjaAPI) -> dict[str, Any]:
    """The whole document, as plain JSON values in a stable order."""
    made: dict[str, Any] = json.loads(json.dumps(NinjaAPI.get_openapi_schema(api)))
    components = made["components"].setdefault("schemas", {})
    bodies: list[type[BaseModel]] = [
        model for spec in SPECS.values() for model in (spec.body, spec.upload) if model is not None
    ]
    unique: list[type[BaseModel]] = list(dict.fromkeys([*bodies, Problem]))
    _refs, defs = models_json_schema([(model, "validation") for model in unique], ref_template=REF)
    components.update(defs.get("$defs", {}))
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            complete(operation, SPECS[operation["operationId"]], method, path, components)
    drop_null_defaults(components)
    made["components"]["schemas"] = dict(sorted(components.items()))
    made["components"]["securitySchemes"] = SECURITY
    made["paths"] = dict(sorted(made["paths"].items()))
    made["servers"] = [{"url": "/"}]
    return made
