"""The API's description: everything it names has words, and its examples are what the API takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keniki.apps.portal.api import describing, openapi, schemas


def routes() -> Iterator[tuple[str, str]]:
    for path, methods in openapi()["paths"].items():
        for method in methods:
            yield method, path


@pytest.mark.slow
def test_everything_described_has_its_words() -> None:
    assert sorted(set(describing.without_words(openapi()))) == []
    shapes = openapi()["components"]["schemas"]
    fields = {field for each in shapes.values() for field in each.get("properties", {})}
    fields |= {f"{name}.{field}" for name, each in shapes.items() for field in each.get("properties", {})}
    assert set(describing.FIELDS) - fields == set()
    assert set(describing.SCHEMAS) - set(shapes) == set()
    assert set(describing.ROUTES) - {f"{method} {path}" for method, path in routes()} == set()


@pytest.mark.slow
def test_every_body_has_an_example_that_is_accepted() -> None:
    sent = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for operations in openapi()["paths"].values()
        for operation in operations.values()
        if "requestBody" in operation
    }
    assert sent == {name for name in describing.EXAMPLES if name != "Refusal"}
    for name in sent:
        assert openapi()["components"]["schemas"][name]["examples"] == [describing.EXAMPLES[name]]
        assert getattr(schemas, name).model_validate(describing.EXAMPLES[name])
