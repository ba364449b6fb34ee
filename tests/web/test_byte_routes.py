"""Attack 46: no side door. Every address that answers with the bytes of a file is listed here, or this fails."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from types import ModuleType

from django.urls import URLPattern, URLResolver, get_resolver

from governance.api import views as api_views

# What a view uses when it answers with anything but a page.
SERVES_BYTES = {
    "FileResponse",
    "StreamingHttpResponse",
    "attachment",
    "blobs",
    "content_type",
    "handed_over",
    "preview_webp",
}
# Files we made: every byte goes through the record (services/stored.py); tested by name in test_downloads.py.
THROUGH_THE_RECORD = {
    "output-download": "the file itself, checked against its record and hashed as it leaves",
    "output-picture": "a small view, once the record holds",
}
# Everything else that is no page, and why it needs no record of its own.
NEEDS_NONE = {
    "audit-export": "written for the reader from rows, its digest on record",
    "decision-json": "the stored text of a decision",
    "duty-evidence": "a paper somebody handed in, by its own digest",
    "entitlement-evidence": "a paper somebody handed in, by its own digest",
    "license-odrl": "a licence reading in another notation",
    "license-text": "a licence text, by its own digest",
    "output-receipt": "it is the record",
    "picture-preview": "a picture somebody handed in: nothing was made of it yet",
    "quota-statement": "written for the reader from rows",
    "record-proof": "it is the record",
    "record-receipt": "it is the record",
    "release-notices": "written for the reader from licence texts",
    "trust": "public keys",
}


def routes(within: URLResolver) -> Iterator[URLPattern]:
    for each in within.url_patterns:
        if isinstance(each, URLResolver):
            yield from routes(each)
        else:
            yield each


def served() -> dict[str, Callable[..., object]]:
    """Every address of ours by name; those of the API answer with JSON by their decorator alone."""
    found = {str(route.name): inspect.unwrap(route.callback) for route in routes(get_resolver())}
    return {name: view for name, view in found.items() if view.__module__.startswith("governance.web.")}


def words_of(view: Callable[..., object]) -> set[str]:
    """Every name the view uses, and those that functions of its module which it calls use in turn."""
    module = inspect.getmodule(view)
    assert isinstance(module, ModuleType)
    functions = {
        node.name: node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.FunctionDef)
    }
    seen: set[str] = set()
    waiting, words = [view.__name__], set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Name):
                words.add(node.id)
                waiting.append(node.id)
            elif isinstance(node, ast.Attribute):
                words.add(node.attr)
            elif isinstance(node, ast.keyword) and node.arg:
                words.add(node.arg)
    return words


def test_attack_46_every_address_that_serves_bytes_is_known() -> None:
    found = {name for name, view in served().items() if words_of(view) & SERVES_BYTES}
    assert found == set(THROUGH_THE_RECORD) | set(NEEDS_NONE)


def test_attack_46_files_we_made_leave_by_the_checked_ways_only() -> None:
    """The views of outputs read no stored file themselves."""
    for name in THROUGH_THE_RECORD:
        words = words_of(served()[name])
        assert "blobs" not in words
        assert words & {"deliver", "recorded_bytes"}


def test_attack_46_the_api_serves_no_files() -> None:
    views = [inspect.unwrap(route.callback) for route in routes(get_resolver())]
    modules = {view.__module__ for view in views} - {view.__module__ for view in served().values()}
    assert modules == {"django.contrib.auth.views", "governance.api.views"}
    assert not {"blobs", "FileResponse", "StreamingHttpResponse", "attachment"} & set(vars(api_views))
