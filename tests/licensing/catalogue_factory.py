"""A small catalogue in TOML; a test changes the one thing it is about."""

from __future__ import annotations

from pathlib import Path

DIGEST = "ab" * 32

HEAD = "format = 1\nas_of = 2026-11-22\n"

BODY = f"""
[[source]]
slug = "card"
kind = "model_card"
title = "A model card"
url = "https://example.com/card"
dated = 2026-01-02

[[party]]
slug = "maker"
name = "A maker"
kind = "author"
sources = ["card"]

[[license]]
slug = "MIT"
name = "MIT License"
category = "permissive"
mark = "verified"
sources = ["card"]

[[family]]
slug = "cutter"
title = "Cutter"
provider = "maker"
task = "Background removal"
homepage = "https://example.com/cutter"
mark = "verified"
sources = ["card"]

[[model]]
slug = "cutter-1"
family = "cutter"
version = "1"
title = "Cutter 1"
architecture = "A network"
homepage = "https://example.com/cutter"
intended_use = "Cutting"
lineage_completeness = "unknown"
lineage_note = "Nothing is known."
runnable_here = true
obtain_command = "python manage.py weights import cutter-1 PATH"
obtain_note = "From a file."
mark = "verified"
sources = ["card"]
hosting = []
limitations = []

[[weights]]
sha256 = "{DIGEST}"
model = "cutter-1"
filename = "model.safetensors"
format = "safetensors"
precision = "fp32"
size = 1000
mark = "verified"
sources = ["card"]

[[acquisition]]
slug = "cutter-file"
model = "cutter-1"
kind = "user_file"
yields = "{DIGEST}"
note = "A file the user holds."
mark = "verified"
sources = ["card"]

[[declaration]]
slug = "cutter-card"
model = "cutter-1"
subject = "weights"
license = "MIT"
declared_by = "maker"
rank = "model_card"
statement = "license: mit"
status = "accepted"
reason = "The only statement."
mark = "verified"
sources = ["card"]

[[resolution]]
slug = "cutter-weights"
model = "cutter-1"
subject = "weights"
license = "MIT"
status = "settled"
reason = "The only statement."
rests_on = ["cutter-card"]
mark = "verified"
sources = ["card"]

[[claim]]
slug = "cutter-count"
model = "cutter-1"
predicate = "image_count"
value = "12 images"
claimant = "maker"
evidence_level = "vendor_asserted"
status = "open"
reason = "Nobody counted."
mark = "verified"
sources = ["card"]
"""


def changed(old: str, new: str) -> str:
    """The body with ``old`` replaced once; refuses an ``old`` that is not there, so that no test idles."""
    if old not in BODY:
        raise AssertionError(f"not in the factory's catalogue: {old!r}")
    return BODY.replace(old, new, 1)


def written(directory: Path, body: str = BODY, head: str = HEAD) -> Path:
    """A catalogue directory with these two files."""
    (directory / "catalogue.toml").write_text(head, encoding="utf-8")
    (directory / "body.toml").write_text(body, encoding="utf-8")
    return directory
