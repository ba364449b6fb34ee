"""`manage.py submit`: the same way in as the page, told in a terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from governance.models import Asset, DeploymentTarget, Job, Status
from tests.conftest import Cast
from tests.factories import acquire_weights, make_target, photo, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def cup(tmp_path: Path) -> Path:
    path = tmp_path / "cup.png"
    path.write_bytes(png())
    return path


class Said:
    """What a command printed, and where."""

    def __init__(self) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()


def submit(
    said: Said, target: DeploymentTarget | str, *photos: Path, username: str = "owner", model: str = "u2netp"
) -> None:
    named = target if isinstance(target, str) else str(target.pk)
    arguments = ["--target", named, "--as", username, "--model", model]
    call_command("submit", *map(str, photos), *arguments, stdout=said.out, stderr=said.err)


def test_an_allowed_job_is_queued_and_named(cast: Cast, cup: Path) -> None:
    acquire_weights()
    said, target = Said(), make_target(cast)
    submit(said, target, cup)
    job = Job.objects.get()
    assert said.out.getvalue() == f"Job {job.pk}: Allowed with duties\n"
    assert (job.target, job.requested_by, job.cutouts.get().status) == (target, cast.owner, Status.QUEUED)


def test_a_target_can_be_named_by_its_name(cast: Cast, cup: Path) -> None:
    acquire_weights()
    target = make_target(cast, name="Web shop")
    submit(Said(), "Web shop", cup)
    assert Job.objects.get().target == target


def test_a_refused_job_ends_with_an_error_and_its_explanation(cast: Cast, cup: Path) -> None:
    said = Said()
    with pytest.raises(CommandError, match=r"Job \d+ was not queued: not allowed\.") as caught:
        submit(said, make_target(cast), cup, model="rmbg-2.0")
    assert caught.value.returncode == 3
    assert "LIC-011" in said.out.getvalue()
    assert "Buy a self-host licence for RMBG-2.0" in " ".join(said.out.getvalue().split())
    assert Job.objects.get().cutouts.get().status == Status.REFUSED


def test_a_held_job_ends_with_an_error_and_its_explanation(cast: Cast, cup: Path) -> None:
    acquire_weights()
    said = Said()
    with pytest.raises(CommandError, match="was not queued: needs review") as caught:
        submit(said, make_target(cast, monetised="unknown"), cup)
    assert caught.value.returncode == 3
    assert "Decision" in said.out.getvalue()


def test_bad_files_are_said_and_the_others_go_on(cast: Cast, cup: Path, tmp_path: Path) -> None:
    acquire_weights()
    (tmp_path / "words.png").write_bytes(b"just words")
    (tmp_path / "cut.png").write_bytes(photo("coffee.png")[:10_000])
    said = Said()
    submit(said, make_target(cast), tmp_path / "words.png", cup, tmp_path / "cut.png", tmp_path / "nowhere.png")
    complaints = said.err.getvalue().splitlines()
    assert complaints[0] == "nowhere.png: cannot be read (No such file or directory)"
    assert complaints[1].startswith("words.png: [picture.not_an_image] ")
    assert complaints[2].startswith("cut.png: [picture.truncated] ")
    assert [cutout.asset.file_name for cutout in Job.objects.get().cutouts.all()] == ["cup.png"]


def test_bad_files_alone_make_no_job(cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "words.png").write_bytes(b"just words")
    with pytest.raises(CommandError, match=r"\[job\.no_pictures\]"):
        submit(Said(), make_target(cast), tmp_path / "words.png")
    assert not Job.objects.exists()


def test_an_unknown_target_lists_the_known_ones(cast: Cast, cup: Path) -> None:
    target = make_target(cast, name="Web shop")
    with pytest.raises(CommandError) as caught:
        submit(Said(), "Webshop", cup)
    assert str(caught.value) == f"There is no target 'Webshop' for owner; there are {target.pk} 'Web shop'."
    assert not Asset.objects.exists()


@pytest.mark.parametrize("named", ["4711", "99999999999999999999999", "²"])
def test_a_number_that_is_no_target_is_said_so(cast: Cast, cup: Path, named: str) -> None:
    with pytest.raises(CommandError, match=f"There is no target '{named}' for owner; there are none"):
        submit(Said(), named, cup)


def test_the_targets_of_other_clients_do_not_exist(cast: Cast, cup: Path) -> None:
    target = make_target(cast, name="Web shop")
    with pytest.raises(CommandError) as caught:
        submit(Said(), target, cup, username="outsider")
    assert str(caught.value) == f"There is no target '{target.pk}' for outsider; there are none."


@pytest.mark.parametrize(("username", "model"), [("nobody", "u2netp"), ("owner", "rmbg-9")])
def test_an_unknown_account_or_model_is_said(cast: Cast, cup: Path, username: str, model: str) -> None:
    with pytest.raises(CommandError, match="No such account or model"):
        submit(Said(), make_target(cast), cup, username=username, model=model)
    assert not Job.objects.exists()


def test_who_may_not_ask_for_work_is_refused(cast: Cast, cup: Path) -> None:
    with pytest.raises(CommandError, match=r"\[access\.denied\]"):
        submit(Said(), make_target(cast), cup, username="auditor")
    assert not Asset.objects.exists()
