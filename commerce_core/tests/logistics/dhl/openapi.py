"""DHL's OpenAPI files as a judge: does this request, does this answer keep to them?

A small checker of the part of OpenAPI 3.0 that DHL uses, so that the judgement needs no package
beside PyYAML; where openapi-core is installed, ``test_contract.py`` asks it as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

FILES = {
    "/track": "tracking-unified-1.5.8.transcribed.yaml",
    "/parcel/de/shipping/returns/v1": "parcel-de-returns-1.0.9.yaml",
    "/parcel/de/shipping/v2": "parcel-de-shipping-2.1.13.yaml",
}
TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def load(path: Path) -> dict[str, Any]:
    """Read a specification; dates stay text."""
    yaml = pytest.importorskip("yaml", reason="PyYAML reads DHL's specifications")

    class Loader(yaml.SafeLoader):  # type: ignore[misc, name-defined]
        pass

    Loader.yaml_implicit_resolvers = {
        letter: [(tag, expression) for tag, expression in found if "timestamp" not in tag]
        for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    found: dict[str, Any] = yaml.load(
        path.read_text(encoding="utf-8").replace("\t", "  "), Loader=Loader
    )
    return found


@dataclass(frozen=True)
class Specification:
    """One OpenAPI file and the prefix that its paths have on DHL's host."""

    prefix: str
    content: dict[str, Any]

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """Return an operation, its parameters resolved."""
        found: dict[str, Any] = self.content["paths"][path[len(self.prefix) :]][method.lower()]
        return found

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Follow ``$ref``."""
        while "$ref" in node:
            target: Any = self.content
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def request_offences(self, request: httpx.Request) -> list[str]:
        """Return what the specification says against a request."""
        operation = self.operation(request.method, request.url.path)
        declared = [self.resolve(one) for one in operation.get("parameters", ())]
        queries = {one["name"]: one for one in declared if one["in"] == "query"}
        found = [f"unknown parameter {name}" for name in request.url.params if name not in queries]
        for name, one in queries.items():
            sent = request.url.params.get_list(name)
            if one.get("required") and not sent:
                found.append(f"parameter {name} is missing")
            schema = self.resolve(one["schema"])
            inner = self.resolve(schema["items"]) if schema.get("type") == "array" else schema
            found += [
                offence for value in sent for offence in self.check(_typed(value, inner), inner)
            ]
        return found + self._body_offences(operation, request)

    def answer_offences(
        self, method: str, path: str, status: int, kind: str, body: Any
    ) -> list[str]:
        """Return what the specification says against an answer."""
        responses = self.operation(method, path)["responses"]
        if str(status) not in responses:
            return [f"status {status} is not listed"]
        content = self.resolve(responses[str(status)]).get("content", {})
        if not content:
            return []
        chosen = content.get(kind.partition(";")[0]) or next(iter(content.values()))
        return self.check(body, chosen["schema"])

    def check(self, value: Any, schema: dict[str, Any], place: str = "$") -> list[str]:
        """Return what a schema says against a value."""
        schema = self.resolve(schema)
        found: list[str] = []
        for part in schema.get("allOf", ()):
            found += self.check(value, part, place)
        for several in ("oneOf", "anyOf"):
            choices = schema.get(several, ())
            # DHL's persons fit several branches of their oneOf: one that fits is enough.
            if choices and all(self.check(value, one, place) for one in choices):
                found.append(f"{place}: fits no branch of {several}")
        kind = schema.get("type")
        if kind and (not isinstance(value, TYPES[kind]) or _is_odd_bool(value, kind)):
            return [*found, f"{place}: {value!r:.40} is no {kind}"]
        return found + self._keywords(value, schema, place)

    def _keywords(self, value: Any, schema: dict[str, Any], place: str) -> list[str]:
        found: list[str] = []
        if "enum" in schema and value not in schema["enum"]:
            found.append(f"{place}: {value!r} is not in the list")
        if isinstance(value, str):
            found += _text_offences(value, schema, place)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found += _number_offences(value, schema, place)
        elif isinstance(value, list):
            if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10**9):
                found.append(f"{place}: {len(value)} items")
            for index, item in enumerate(value):
                found += self.check(item, schema.get("items", {}), f"{place}[{index}]")
        elif isinstance(value, dict):
            found += self._object_offences(value, schema, place)
        return found

    def _object_offences(self, value: dict[str, Any], schema: Any, place: str) -> list[str]:
        properties = schema.get("properties", {})
        found = [f"{place}.{name} is missing" for name in schema.get("required", ())
                 if name not in value]  # fmt: skip
        for name, item in value.items():
            if name in properties:
                found += self.check(item, properties[name], f"{place}.{name}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{place}.{name} is not allowed")
        return found

    def _body_offences(self, operation: dict[str, Any], request: httpx.Request) -> list[str]:
        declared = operation.get("requestBody")
        if declared is None:
            return ["a body where none is expected"] if request.content else []
        import json  # noqa: PLC0415

        schema = declared["content"]["application/json"]["schema"]
        return self.check(json.loads(request.content), schema)


def _typed(value: str, schema: dict[str, Any]) -> Any:
    """Return a parameter's text as its schema's type, as far as it is one."""
    kind = schema.get("type")
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    if kind in ("integer", "number"):
        return int(value) if value.isdigit() else value
    return value


def _is_odd_bool(value: Any, kind: str) -> bool:
    return isinstance(value, bool) and kind in ("integer", "number")


def _text_offences(value: str, schema: dict[str, Any], place: str) -> list[str]:
    found = []
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**9):
        found.append(f"{place}: {len(value)} characters")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{place}: {value!r:.40} does not match {schema['pattern']}")
    return found


def _number_offences(value: float, schema: dict[str, Any], place: str) -> list[str]:
    found = []
    if not schema.get("minimum", -(10**12)) <= value <= schema.get("maximum", 10**12):
        found.append(f"{place}: {value} is out of range")
    step = schema.get("multipleOf")
    if step and Decimal(str(value)) % Decimal(str(step)):
        found.append(f"{place}: {value} is no multiple of {step}")
    return found
