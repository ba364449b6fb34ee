"""The container files say the same as the code they start."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_django.fixtures import Settings

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
    for name in COMMANDS.keys() - {"signer"}:
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


def test_no_login_has_the_rights_of_a_role_before_it_takes_it_by_name() -> None:
    made = re.findall(r"CREATE ROLE (\w+) (.*) PASSWORD", (DOCKER / "postgres" / "10-logins.sh").read_text())
    assert made == [("clearcut_web_login", "LOGIN NOINHERIT"), ("clearcut_ledger_login", "LOGIN NOINHERIT")]


@pytest.mark.parametrize("alias", ["default", "ledger", "owner"])
def test_every_session_takes_its_role_by_name(alias: str, settings: Settings) -> None:
    role = {"default": "clearcut_app"}.get(alias, f"clearcut_{alias}")
    assert settings.DATABASES[alias]["OPTIONS"]["options"] == f"-c role={role}"


def holders(volume: str) -> set[str]:
    services = compose()["services"].items()
    return {name for name, service in services if any(item.startswith(f"{volume}:") for item in service["volumes"])}


def test_the_signers_key_and_memory_are_its_own_alone() -> None:
    signer = compose()["services"]["signer"]
    assert holders("signer") == {"signer"}
    inside = next(item for item in signer["volumes"] if item.startswith("signer:")).partition(":")[2]
    assert signer["environment"]["CLEARCUT_SIGNER_DIR"] == inside
    assert signer["environment"]["CLEARCUT_LOG_KEY"] == f"{inside}/log.pem"


def test_the_log_is_kept_apart_from_the_database_by_the_ledger_alone() -> None:
    ledger = compose()["services"]["ledger"]
    assert holders("log") == {"ledger"}
    assert f"log:{ledger['environment']['CLEARCUT_LOG_DIR']}" in ledger["volumes"]
    assert f"clearcut {ledger['environment']['CLEARCUT_LOG_DIR']} " in dockerfile_stage("base")


def test_the_signers_socket_reaches_the_ledger_and_the_setup_alone() -> None:
    services = compose()["services"]
    assert holders("signer-socket") == {"signer", "ledger", "setup"}
    sockets = {services[name]["environment"]["CLEARCUT_SIGNER_SOCKET"] for name in holders("signer-socket")}
    (path,) = sockets
    for name in holders("signer-socket"):
        assert any(path.startswith(f"{item.partition(':')[2]}/") for item in services[name]["volumes"])


def test_the_signer_has_a_user_of_its_own_who_shares_the_sockets_group_only() -> None:
    signer, base = compose()["services"]["signer"], dockerfile_stage("base")
    user, group = signer["user"].split(":")
    assert signer["environment"]["CLEARCUT_SIGNER_GROUP"] == group
    assert f"groupadd --system --gid {group} clearcut" in base
    assert f"useradd --system --uid {user} --gid clearcut --no-create-home clearcut-signer" in base
    assert f"--uid {user} " not in re.sub(r".*clearcut-signer.*", "", base)
    modes = dict(re.findall(r"install -d -o clearcut-signer -g clearcut -m (\d+) (\S+)", base))
    assert modes == {"0700": "/var/lib/clearcut-signer", "0750": "/run/clearcut-signer"}


def test_the_signer_can_reach_nothing_but_its_own_files() -> None:
    signer = compose()["services"]["signer"]
    assert [name for name in signer["environment"] if not name.startswith(("CLEARCUT_SIGNER_", "CLEARCUT_LOG_"))] == []
    assert (signer["network_mode"], signer["read_only"], signer["cap_drop"]) == ("none", True, ["ALL"])
    assert "depends_on" not in signer


def test_everybody_else_asks_the_signer_for_its_public_key() -> None:
    services = compose()["services"]
    keys = {name: service.get("environment", {}).get("CLEARCUT_LOG_KEY") for name, service in services.items()}
    assert {name for name, key in keys.items() if key not in {None, "signer:"}} == {"signer"}
    assert services["setup"]["depends_on"]["signer"] == {"condition": "service_healthy"}


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
