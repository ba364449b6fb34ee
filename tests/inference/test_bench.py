"""The bench itself: that it runs anywhere, compares like with like and reports what was asked. No speeds here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from inference import bench
from inference.bench_baseline import make_plain
from inference.bench_measure import Case, Lap, Side, measure
from inference.bench_networks import seeded_state
from inference.precision import FORMATS
from inference.processor import flags, native_formats
from inference.registry import card
from tests.inference.birefnet_making import make_birefnet
from tests.inference.seeded_weights import make_input, make_weights

# The second only where the processor computes in bfloat16.
SIDES = [f"ours {each}" for each in ("float32", "mixed") if FORMATS[each] in native_formats(flags())]
COLUMNS = [
    "case",
    "side",
    "pictures × rounds",
    "ms per picture",
    "pictures/s",
    "throughput ÷ baseline",
    "peak MiB",
    "mask difference",
]


def run_tiny(tmp_path: Path, *more: str) -> None:
    store = ["--weights", str(tmp_path), "--photos", str(tmp_path)]
    assert bench.main(["--only", "u2netp-network", "--rounds", "1", "--size", "32", *store, *more]) == 0


def side_of(name: str, value: float, seconds: float, log: list[str] | None = None) -> Side:
    def lap() -> Lap:
        if log is not None:
            log.append(name)
        return Lap(seconds, [np.full((2, 2), value, np.float32)])

    return Side(name, lambda: lap, lambda: 12)


def test_it_prints_a_table_with_the_asked_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_tiny(tmp_path, "--no-memory")

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert [each.strip() for each in lines[0].strip("|").split("|")] == COLUMNS
    assert [line.split("|")[2].strip() for line in lines[2:]] == SIDES


def test_it_says_what_it_left_out_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = ["--weights", str(tmp_path), "--photos", str(tmp_path)]

    assert bench.main(["--only", "u2netp-files", "--no-memory", *store]) == 0

    assert "Left out: u2netp-files: no 01811054" in capsys.readouterr().out


def test_it_leaves_rembg_out_where_the_interpreter_cannot_run_it(
    u2netp_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--only", "u2netp-files", "--no-memory", "--rounds", "1", "--weights", str(u2netp_store)]

    assert bench.main([*arguments, "--rembg-python", "/bin/false"]) == 0

    assert "Left out: rembg with u2netp: /bin/false cannot run rembg with u2netp" in capsys.readouterr().out


def test_it_writes_machine_and_rows_as_json(tmp_path: Path) -> None:
    run_tiny(tmp_path, "--no-memory", "--json", str(tmp_path / "result.json"))

    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert result["machine"]["cores"] >= 1
    assert result["machine"]["versions"]["torch"] == str(torch.__version__)
    assert [row["side"] for row in result["rows"]] == SIDES


def test_it_measures_memory_in_a_process_of_its_own(tmp_path: Path) -> None:
    run_tiny(tmp_path, "--json", str(tmp_path / "result.json"))

    rows = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["rows"]
    assert all(50 < row["peak_mib"] < 2000 for row in rows)


def test_it_refuses_a_gpu_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    assert bench.main(["--device", "cuda"]) == 2

    assert "There is no CUDA device here" in capsys.readouterr().err


def test_it_measures_the_sides_in_turns_after_warming_each_up() -> None:
    log: list[str] = []
    sides = (side_of("a", 0.5, 1.0, log), side_of("b", 0.5, 1.0, log))

    measure(Case("turns", sides, "a", "a", rounds=2), memory=False)

    assert log == ["a", "b", "a", "b", "a", "b"]


def test_it_reports_throughput_and_masks_against_the_named_sides() -> None:
    case = Case("pair", (side_of("a", 0.5, 3.0), side_of("b", 0.75, 2.0)), "a", "b", rounds=3)

    first, second = measure(case, memory=True)

    assert (first.ratio, second.ratio) == (1.0, 1.5)
    assert (first.mask_difference, second.mask_difference) == (0.25, 0.0)
    assert (second.throughput, second.milliseconds, second.peak_mib) == (0.5, 2000.0, 12)


def test_it_compares_with_nothing_where_the_baseline_is_missing() -> None:
    (row,) = measure(Case("lonely", (side_of("b", 0.5, 2.0),), "a", "a", rounds=1), memory=False)

    assert (row.ratio, row.mask_difference) == (None, None)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 160)])
def test_its_plain_network_computes_the_same_as_ours(height: int, width: int) -> None:
    picture = make_input(height, width, batch=2)
    with torch.inference_mode():
        ours = make_birefnet()(picture).logits
        plain = make_plain(make_birefnet())(picture).logits

    assert (ours - plain).abs().max() <= 1e-4 * max(1, float(ours.abs().max()))


def test_its_weights_from_a_seed_are_those_of_the_parity_vectors() -> None:
    state = seeded_state(card("u2netp"))

    expected = make_weights({key: list(value.shape) for key, value in state.items()})
    assert all(torch.equal(state[key], value) for key, value in expected.items())
