"""How fast the networks and the way from file to file are here: python -m inference.bench

Needs torch, transformers, numpy and Pillow. Weights that are not there are made from a seed; onnxruntime and rembg are
compared with where they are to be had, and named as left out where not.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from inference import bench_networks
from inference.bench_cases import Options, Workshop, default_names, names
from inference.bench_machine import Machine, describe, peak_mib
from inference.bench_measure import Row, measure

_COLUMNS = (
    "case",
    "side",
    "pictures × rounds",
    "ms per picture",
    "pictures/s",
    "throughput ÷ baseline",
    "peak MiB",
    "mask difference",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; returns 0, or 2 if the device asked for is not there."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen = _parser().parse_args(given)
    if chosen.device == "cuda" and not bench_networks.has_cuda():
        sys.stderr.write("There is no CUDA device here; leave out --device cuda to measure the processor.\n")
        return 2
    if chosen.compile:
        os.environ["CLEARCUT_COMPILE"] = "1"
    shop = Workshop(_options(chosen))
    if chosen.alone:
        try:
            return _run_alone(shop, chosen.alone)
        finally:
            shop.close()
    started = time.perf_counter()
    rows: list[Row] = []
    machine = describe(bench_networks.accelerator(chosen.device), bench_networks.threads())
    try:
        for name in chosen.only or default_names(full=chosen.full, device=chosen.device):
            sys.stderr.write(f"{name} …\n")
            rows += measure(shop.case(name), memory=not chosen.no_memory)
    finally:
        shop.close()
    machine.versions.update(shop.versions)
    seconds = round(time.perf_counter() - started)
    sys.stdout.write(_report(machine, rows, shop.left_out, seconds))
    if chosen.json:
        result = {"machine": asdict(machine), "rows": [asdict(row) for row in rows], "left_out": shop.left_out}
        chosen.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [" | ".join(_COLUMNS), " | ".join("---" for _ in _COLUMNS)]
    lines += [" | ".join(_cells(row)) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    difference = "reference" if row.side == row.mask_reference else _shown(row.mask_difference, ".5f")
    return (
        row.case,
        row.side,
        f"{row.pictures} × {row.rounds}",
        f"{row.milliseconds:.1f}",
        f"{row.throughput:.3g}",
        _shown(row.ratio, ".2f"),
        _shown(row.peak_mib, "d"),
        difference,
    )


def _shown(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _report(machine: Machine, rows: Sequence[Row], left_out: Sequence[str], seconds: int) -> str:
    lines = [
        f"{machine.date}, {machine.processor}, {machine.cores} cores ({' '.join(machine.flags)}), "
        f"{machine.memory_mib} MiB, accelerator: {machine.accelerator}",
        f"{machine.system}; load before: {machine.load}; torch threads: {machine.threads}",
        ", ".join(f"{name} {version}" for name, version in machine.versions.items()),
        "",
        table(rows).rstrip(),
        "",
        *(f"Left out: {each}" for each in dict.fromkeys(left_out)),
        f"Took {seconds} s.",
    ]
    return "\n".join(lines) + "\n"


def _run_alone(shop: Workshop, wanted: str) -> int:
    case, _, name = wanted.partition("/")
    side = next(each for each in shop.case(case).sides if each.name == name)
    side.start()()
    sys.stdout.write(f"{peak_mib()}\n")
    return 0


def _options(chosen: argparse.Namespace) -> Options:
    placement = bench_networks.Placement(chosen.device, chosen.batch, chosen.compile)
    repeat = ["--device", chosen.device, "--batch", str(chosen.batch), "--weights", str(chosen.weights)]
    repeat += ["--photos", str(chosen.photos)]
    repeat += ["--compile"] if chosen.compile else []
    repeat += ["--full"] if chosen.full else []
    repeat += ["--size", str(chosen.size)] if chosen.size else []
    return Options(
        placement=placement,
        weights=chosen.weights,
        photos=chosen.photos,
        rembg_python=chosen.rembg_python,
        full=chosen.full,
        size=chosen.size,
        rounds=chosen.rounds,
        repeat=tuple(repeat),
        alone=chosen.alone is not None,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inference.bench", description=__doc__)
    add = parser.add_argument
    add("--only", action="append", choices=names(), help="one case; can be given more than once")
    add("--full", action="store_true", help="also further sides, and RMBG-2.0 from file to file")
    add("--device", choices=("cpu", "cuda"), default="cpu")
    add("--batch", type=int, default=1, help="pictures at a time in the network cases; files: as the card says")
    add("--compile", action="store_true", help="let torch.compile at our networks; the warm-up then takes minutes")
    add("--rounds", type=int, help="measured rounds instead of each case's own number")
    add("--size", type=int, help="side of the networks' input instead of the model's")
    add("--weights", type=Path, default=Path("var/weights"), help="store of weights; sources/*.onnx for onnxruntime")
    add("--photos", type=Path, default=Path("tests/data/photos"), help="pictures for file to file")
    add("--rembg-python", metavar="PYTHON", help="an interpreter that has rembg[cpu]")
    add("--json", type=Path, metavar="FILE", help="write the results there too")
    add("--no-memory", action="store_true", help="do not measure memory, which takes one more process for each side")
    add("--alone", metavar="CASE/SIDE", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
