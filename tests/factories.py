"""Plain functions that make rows through the real services, with defaults a test overrides by name."""

from __future__ import annotations

import io
import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image

from governance.models import (
    Asset,
    Client,
    Contract,
    Cutout,
    DeploymentTarget,
    Entitlement,
    Job,
    ModelVersion,
    Output,
    Project,
    WeightsAcquisition,
    WeightsArtifact,
)
from governance.provenance.cutout import Run
from governance.services import cutouts, entitlements, jobs
from governance.services.assets import ingest_asset
from governance.services.contracts import ContractTerms, enter_contract
from governance.services.outputs import Made, record_output
from governance.services.work import TargetDescription, create_project, create_target
from tests.conftest import Cast

PHOTOS = Path(__file__).parent / "data" / "photos"


def png(width: int = 8, height: int = 6, colour: tuple[int, ...] = (200, 60, 20), mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (width, height), colour).save(stream, "PNG")
    return stream.getvalue()


def photo(name: str) -> bytes:
    """One of the sample photographs (tests/data/photos/SOURCES.md)."""
    return (PHOTOS / name).read_bytes()


def make_project(cast: Cast, *, client: Client | None = None, actor: User | None = None, **facts: str) -> Project:
    described = {"billable": "yes", "for_profit": "yes"} | facts
    return create_project(actor or cast.owner, client or cast.client, f"Project {uuid.uuid4().hex[:6]}", **described)


def make_target(
    cast: Cast, *, project: Project | None = None, actor: User | None = None, **facts: Any
) -> DeploymentTarget:
    described: dict[str, Any] = {
        "name": f"Target {uuid.uuid4().hex[:6]}",
        "kind": "ecommerce_listing",
        "territories": ("DE",),
        "monetised": "yes",
    }
    return create_target(
        actor or cast.owner,
        project or make_project(cast, actor=actor),
        TargetDescription(**(described | facts)),
    )


def make_asset(cast: Cast, *, data: bytes | None = None, file_name: str = "cup.png") -> Asset:
    return ingest_asset(cast.owner, cast.client, file_name, data or png())


def model(slug: str = "u2netp") -> ModelVersion:
    return ModelVersion.objects.get(slug=slug)


def acquire_weights(slug: str = "u2netp") -> WeightsArtifact:
    """Put the model's catalogued weights on record as brought and runnable, without any file."""
    artifact = WeightsArtifact.objects.filter(model_id=slug, format="safetensors").order_by("sha256")[0]
    ModelVersion.objects.filter(slug=slug).update(runnable_here=True)
    WeightsAcquisition.objects.get_or_create(
        artifact=artifact, method="test", defaults={"source": "tests", "source_sha256": artifact.sha256}
    )
    return artifact


def make_job(cast: Cast, *, slug: str = "u2netp", target: DeploymentTarget | None = None, pictures: int = 1) -> Job:
    acquire_weights()
    assets = [make_asset(cast, data=png(colour=(index, 60, 20))) for index in range(pictures)]
    return jobs.request_job(cast.owner, target or make_target(cast), model(slug), assets, uuid.uuid4())


def picture_job(cast: Cast, pictures: dict[str, bytes]) -> Job:
    """A job by U²-Netp for a web shop, of pictures by file name."""
    acquire_weights()
    assets = [make_asset(cast, data=data, file_name=name) for name, data in pictures.items()]
    return jobs.request_job(cast.owner, make_target(cast), model(), assets, uuid.uuid4())


def made(cutout: Cutout, data: bytes | None = None) -> Made:
    """What a worker would hand over for this cutout."""
    return Made(
        data=data or png(mode="RGBA", colour=(200, 60, 20, 128)),
        media_type="image/png",
        width=8,
        height=6,
        weights_sha256=cutout.job.weights_sha256,
        run=Run(
            profile="clearcut-u2net-1",
            precision="float32",
            device="cpu",
            engine="local",
            code_revision="test",
            input_width=320,
            input_height=320,
            foreground="found",
            coverage_permille=500,
            torch_version=None,
            threads=None,
        ),
        details={"profile": "clearcut-u2net-1"},
    )


def make_output(cast: Cast, *, job: Job | None = None) -> Output:
    cutout = cutouts.claim((job or make_job(cast)).cutouts.get().pk)
    assert cutout is not None
    output = record_output(cutout, made(cutout))
    assert output is not None
    return output


def make_contract(cast: Cast, ref: str = "", **said: Any) -> Contract:
    """A frame agreement with Bria."""
    described: dict[str, Any] = {
        "title": "Frame agreement",
        "licensor": "Bria",
        "licensee": "The agency",
        "reference": "BR-17",
        "signed_on": date(2026, 1, 15),
    }
    return enter_contract(cast.admin, ContractTerms(**(described | said)), (b"signed frame agreement",), ref)


def make_entitlement(cast: Cast, *, verified: bool = True, ref: str = "", **terms: Any) -> Entitlement:
    """A self-host licence for RMBG-2.0 in DE, AT, CH for a year, verified by the second admin.

    It runs since yesterday; the next version of a ``ref`` runs from the agreed end of the one before.
    """
    before = Entitlement.objects.filter(ref=ref).order_by("version").last()
    start = before.valid_until if before else timezone.now() - timedelta(days=1)
    described: dict[str, Any] = {
        "title": "Self-host licence",
        "licensor": "Bria",
        "contract_reference": "C-1",
        "model": "rmbg-2.0",
        "valid_from": start,
        "valid_until": start + timedelta(days=365),
        "territories": ("DE", "AT", "CH"),
        "hosting_modes": ("we_self_host",),
        "output_survival": "perpetual",
    }
    grant = entitlements.Grant(**(described | terms))
    entitlement = entitlements.enter_entitlement(cast.admin, grant, (b"signed order form",), ref)
    if verified:
        entitlements.verify_entitlement(cast.second_admin, entitlement)
    return entitlement
