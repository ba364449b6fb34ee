"""Take a form's pictures in and ask for a job with them: a bad file is said and the others go on."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from governance.access import User, require
from governance.adapters.pictures import DEFAULT_LIMITS
from governance.errors import NotAllowed, RequestError
from governance.models import Asset, Client, DeploymentTarget, Job, ModelVersion
from governance.services.assets import ingest_asset, tidy_file_name
from governance.services.jobs import request_job


class Upload(Protocol):
    """A file as it arrived: a name, a size in bytes, and the bytes when asked for."""

    name: str | None
    size: int | None

    def read(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that was not taken in, and what to do about it."""

    file_name: str
    code: str
    message: str
    how_to_fix: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a form: the job (None when no file could be read) and the files left out of it."""

    job: Job | None
    left_out: tuple[LeftOut, ...]


def submit_pictures(
    actor: User, target: DeploymentTarget, model: ModelVersion, uploads: Iterable[Upload], idempotency_key: uuid.UUID
) -> Submission:
    """Ingest every file that can be, then request the job. The same key again gives the job made before.

    Raises NotAllowed, or RequestError from ``request_job``.
    """
    require(actor, "job.request", target.project.client_id)
    known = _made_before(actor, target, model, idempotency_key)
    if known is not None:
        return Submission(known, ())
    assets, left_out = _ingest_all(actor, target.project.client, uploads)
    if not assets:
        return Submission(None, left_out)
    try:
        job = request_job(actor, target, model, assets, idempotency_key)
    except RequestError:
        # The same form sent twice at once has its pictures twice: the other request made the job.
        known = _made_before(actor, target, model, idempotency_key)
        if known is None:
            raise
        return Submission(known, ())
    return Submission(job, left_out)


def _made_before(actor: User, target: DeploymentTarget, model: ModelVersion, key: uuid.UUID) -> Job | None:
    return Job.objects.filter(idempotency_key=key, requested_by_id=actor.pk, target=target, model=model).first()


def _ingest_all(actor: User, client: Client, uploads: Iterable[Upload]) -> tuple[list[Asset], tuple[LeftOut, ...]]:
    assets: dict[str, Asset] = {}
    left_out: list[LeftOut] = []
    for upload in uploads:
        name = tidy_file_name(upload.name or "")
        try:
            _check_size(upload)
            asset = ingest_asset(actor, client, name, upload.read())
        except NotAllowed:
            raise
        except RequestError as problem:
            left_out.append(LeftOut(name, problem.code, problem.message, problem.how_to_fix))
            continue
        if asset.sha256 in assets:
            first = assets[asset.sha256].file_name
            left_out.append(LeftOut(name, "picture.twice", f"It is the same picture as {first}.", "It is made once."))
        else:
            assets[asset.sha256] = asset
    return list(assets.values()), tuple(left_out)


def _check_size(upload: Upload) -> None:
    """Before the bytes are in memory; the decoder says the same of bytes it is handed."""
    size = upload.size or 0
    if size > DEFAULT_LIMITS.max_bytes:
        raise RequestError(
            f"The file has {size:,} bytes; at most {DEFAULT_LIMITS.max_bytes:,} are accepted.",
            how_to_fix="Save it with compression, or scale it down, and upload it again.",
            code="picture.too_many_bytes",
        )
