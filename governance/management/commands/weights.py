from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import GovernanceError
from governance.licensing.catalogue import load_catalogue
from governance.management.acquisition import import_from, pull, recipe_of
from governance.models import ModelVersion, WeightsAcquisition, WeightsArtifact
from governance.services.weights import Acquired, record_acquisition
from inference.errors import InferenceError
from inference.weights import load_verified, locate


class Command(BaseCommand):
    help = "Bring, list and verify model weights. They are identified by SHA-256, never by name."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help="every catalogued model, and how to bring what is missing")
        acts.add_parser("verify", help="hash every stored file again")
        puller = acts.add_parser("pull", help="fetch weights from the source the catalogue names")
        puller.add_argument("model")
        importer = acts.add_parser("import", help="take weights you have: a safetensors or ONNX file, or a folder")
        importer.add_argument("model")
        importer.add_argument("path", type=Path)

    def handle(self, *, act: str, **options: Any) -> None:
        try:
            getattr(self, f"act_{act}")(**options)
        except (GovernanceError, InferenceError) as problem:
            raise CommandError(str(problem)) from problem

    def act_list(self, **options: Any) -> None:
        catalogue = load_catalogue(settings.CATALOGUE_DIR)
        for model in ModelVersion.objects.order_by("slug"):
            stored = WeightsArtifact.objects.filter(model=model, acquisitions__isnull=False).distinct()
            state = ", ".join(f"{row.sha256} ({row.format})" for row in stored)
            if not state:
                recipe = catalogue.acquisition_of(model.slug)
                state = f"weights not present. {recipe.command or recipe.note if recipe else 'No longer catalogued.'}"
            self.stdout.write(f"{model.slug:22}{state}")

    def act_verify(self, **options: Any) -> None:
        digests = WeightsAcquisition.objects.values_list("artifact_id", flat=True).distinct().order_by("artifact_id")
        problems = 0
        for sha256 in digests:
            try:
                load_verified(locate(settings.WEIGHTS_DIR, sha256), sha256)
                self.stdout.write(f"{sha256}  sound")
            except InferenceError as problem:
                problems += 1
                self.stderr.write(f"{sha256}  {problem}")
        if problems:
            raise CommandError(f"{problems} of {len(digests)} weights files are damaged or missing.")

    def act_pull(self, *, model: str, **options: Any) -> None:
        catalogue = load_catalogue(settings.CATALOGUE_DIR)
        if sha256 := self._stored(recipe_of(catalogue, model).converted_to):
            self.stdout.write(f"{model}: {sha256} is here already")
            return
        self._record(model, pull(catalogue, model, settings.WEIGHTS_DIR))

    def act_import(self, *, model: str, path: Path, **options: Any) -> None:
        if not path.exists():
            raise CommandError(f"There is nothing at {path}.")
        self._record(model, import_from(load_catalogue(settings.CATALOGUE_DIR), model, path, settings.WEIGHTS_DIR))

    def _stored(self, sha256: str | None) -> str:
        """The digest, when it is on record and its file is sound; a missing or damaged file is brought again."""
        if not WeightsAcquisition.objects.filter(artifact_id=sha256).exists() or sha256 is None:
            return ""
        try:
            return load_verified(locate(settings.WEIGHTS_DIR, sha256), sha256).sha256
        except InferenceError:
            return ""

    def _record(self, model: str, acquired: Acquired) -> None:
        record_acquisition(acquired)
        texts = ", ".join(text.name for text in acquired.license_texts) or "none came along"
        self.stdout.write(f"{model}: {acquired.sha256}\n  from {acquired.source} ({acquired.source_sha256})")
        self.stdout.write(f"  licence texts: {texts}")
