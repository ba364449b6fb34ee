"""The container files say the same as the code they start."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from governance.management.processes import process_specs

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
SPECS = {spec.name: spec for spec in process_specs("0.0.0.0", 8000)}
SPECS["worker-gpu"] = next(spec for spec in process_specs(gpus=["0"]) if spec.name == "worker-gpu-0")
COMMANDS = {name: ["python", *spec.command[1:]] for name, spec in SPECS.items()}


def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yml").read_text())
    return content


def dockerfile_stage(name: str) -> str:
    return re.split(r"^FROM ", (DOCKER / "Dockerfile").read_text(), flags=re.MULTILINE)[
        {"base": 1, "web": 2, "worker": 3}[name]
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_service_runs_the_command_of_the_bare_machine(name: str) -> None:
    assert compose()["services"][name]["command"] == COMMANDS[name]


@pytest.mark.parametrize("name", ["web", "worker"])
def test_an_image_starts_the_command_of_the_bare_machine(name: str) -> None:
    found = re.search(r"^CMD (\[.*\])$", dockerfile_stage(name), flags=re.MULTILINE)
    assert found is not None
    assert json.loads(found[1]) == COMMANDS[name]


def test_every_management_command_named_exists() -> None:
    services = compose()["services"].values()
    named = {service["command"][2] for service in services if service.get("command", [""] * 2)[1] == "manage.py"}
    present = {path.stem for path in (ROOT / "governance" / "management" / "commands").glob("[a-z]*.py")}
    assert {"setup", "ledger", "scheduler"} <= named
    assert named <= present


def test_everything_waits_for_healthy_servers_and_a_finished_setup() -> None:
    for name in COMMANDS:
        conditions = {key: value["condition"] for key, value in compose()["services"][name]["depends_on"].items()}
        assert conditions == {
            "postgres": "service_healthy",
            "redis": "service_healthy",
            "setup": "service_completed_successfully",
        }


def test_every_lasting_service_has_a_health_check() -> None:
    services = compose()["services"]
    assert [name for name, service in services.items() if "healthcheck" not in service] == ["setup"]


def test_every_variable_asked_for_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (DOCKER / "compose.yml").read_text()))
    offered = set(re.findall(r"^([A-Z_]+)=", (DOCKER / ".env.example").read_text(), flags=re.MULTILINE))
    assert asked == offered


def test_only_the_setup_may_own_tables() -> None:
    services = compose()["services"]
    owners = {name for name, service in services.items() if "DATABASE_OWNER_URL" in service.get("environment", {})}
    assert owners == {"setup"}


def test_the_signers_memory_is_a_volume_of_the_ledger_and_the_setup_alone() -> None:
    services = compose()["services"].items()
    holders = {name for name, service in services if any("signer:" in volume for volume in service["volumes"])}
    assert holders == {"ledger", "setup"}


def test_the_web_image_has_no_torch() -> None:
    assert "torch" not in dockerfile_stage("base") + dockerfile_stage("web").partition("FROM")[0]


def test_the_graphics_card_goes_to_the_worker_that_is_told_to_use_it() -> None:
    service = compose()["services"]["worker-gpu"]
    devices = service["deploy"]["resources"]["reservations"]["devices"]
    assert devices == [{"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}]
    told = {name: service["environment"][name] for name in ("CLEARCUT_DEVICE", "CUDA_VISIBLE_DEVICES")}
    assert told.items() <= SPECS["worker-gpu"].environment.items()


def test_the_graphics_card_is_asked_for_only_where_it_is_wanted() -> None:
    services = compose()["services"]
    assert services["worker-gpu"]["profiles"] == ["gpu"]
    assert [name for name, service in services.items() if "deploy" in service] == ["worker-gpu"]


@pytest.mark.parametrize("name", ["worker", "worker-gpu"])
def test_a_workers_health_is_asked_of_itself(name: str) -> None:
    service = compose()["services"][name]
    named = next((part for part in service["command"] if part.startswith("--name=")), "--name=worker")
    assert f"--destination {named.removeprefix('--name=')}@$$HOSTNAME" in service["healthcheck"]["test"][1]
