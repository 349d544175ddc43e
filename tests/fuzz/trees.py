"""Values in the form of a JSON Schema, and with something wrong in them."""

import copy
from collections.abc import Iterator
from typing import Any

import hostile
from hypothesis import strategies as st


def instances(schema: dict[str, Any], root: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    """What a schema of pydantic allows, or nearly: rules between fields are not in it."""
    root = root or schema
    if "$ref" in schema:
        found = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return st.deferred(lambda: instances(found, root))
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return st.one_of([instances(each, root) for each in schema[union]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "object":
            return _objects(schema, root)
        case "array":
            return _arrays(schema, root)
        case "string":
            return _texts(schema)
        case "integer":
            low, high = _bounds(schema, 1)
            step = schema.get("multipleOf", 1)
            return st.integers(-(-low // step), high // step).map(lambda number: number * step)
        case "number":
            low, high = _bounds(schema, 1e-3)
            return st.floats(low, high, allow_nan=False)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    return st.one_of(st.booleans(), st.integers(0, 9), st.text("abc", max_size=3))


def _objects(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    fields = {key: instances(each, root) for key, each in schema.get("properties", {}).items()}
    required = {key: fields[key] for key in schema.get("required", ())}
    optional = {key: each for key, each in fields.items() if key not in required}
    if fields:
        return st.fixed_dictionaries(required, optional=optional)
    more = schema.get("additionalProperties")
    values = instances(more if isinstance(more, dict) else {}, root)
    return st.dictionaries(st.text("abc/_.", min_size=1, max_size=5), values, max_size=2)


def _arrays(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "prefixItems" in schema:
        return st.tuples(*(instances(each, root) for each in schema["prefixItems"])).map(list)
    least = schema.get("minItems", 0)
    most = min(schema.get("maxItems", least + 2), least + 2)
    return st.lists(instances(schema.get("items", {}), root), min_size=least, max_size=most)


def _texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return st.sampled_from(["2025-01-02T03:04:05Z", "2025-01-02T03:04:05+14:00"])
    if schema.get("pattern"):
        return st.from_regex(schema["pattern"], fullmatch=True)
    return st.text("abc_0", min_size=schema.get("minLength", 0), max_size=6)


def _bounds(schema: dict[str, Any], least: Any) -> tuple[Any, Any]:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -1000 * least) + least)
    high = schema.get("maximum", schema.get("exclusiveMaximum", low + 1000 * least) - least)
    return low, high


@st.composite
def edited(draw: st.DrawFn, originals: st.SearchStrategy[Any], *more: str) -> Any:
    """A value in which up to three places hold something else, are gone, or have become several."""
    value = copy.deepcopy(draw(originals))
    for _ in range(draw(st.integers(0, 3))):
        places = list(_places(value))
        if not places:
            return draw(hostile.values(*more))
        parent, key = places[draw(st.integers(0, len(places) - 1))]
        match draw(st.sampled_from(["replace", "replace", "replace", "delete", "rename", "wrap"])):
            case "delete":
                del parent[key]
            case "rename" if isinstance(parent, dict):
                parent[draw(hostile.texts(*more))] = parent.pop(key)
            case "wrap":
                parent[key] = draw(st.sampled_from([[parent[key]], {"name": parent[key]}, [parent[key]] * 2]))
            case _:
                parent[key] = draw(hostile.values(*more))
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Everything inside, as (container, key)."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield value, key
        yield from _places(each)
