"""What is compared with what."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference import bench_files, bench_networks, bench_rivals, precision
from inference.bench_measure import Case, Lap, Side, child_peak
from inference.bench_networks import Placement, State, Variant
from inference.registry import card
from inference.types import EdgeColour

# Published: what the converter makes of the exchange file, and the exchange file.
_WEIGHTS = {
    "u2netp": (
        "01811054a1ed39de4dcbd0681540dcabeebd152989765fed5f80b9e1e0bee149",
        "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
    ),
    "isnet-general-use": (
        "10d8021738dbc486fe68c3fbb89ba1bb1fc4f10677d880050d487a65f78fa25c",
        "b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb",
    ),
}
_RUNTIME, _REMBG, _PLAIN = "onnxruntime float32", "rembg", "plain float32"
# Rounds by default: as many as the slowest side allows in a bench of some minutes.
_ROUNDS = {"u2netp": 5, "isnet-general-use": 3, "rmbg-2.0": 2}
_MEGAPIXEL = (1224, 816)
# The photographs from file to file, so many times: a worker has more than four pictures to do.
_REPEATED = 2


@dataclass(frozen=True, slots=True)
class Options:
    """``size``: of the networks' input, instead of the card's. ``repeat``: the arguments that give these options.

    ``alone``: only our own sides, so that the memory measured is theirs.
    """

    placement: Placement
    weights: Path
    photos: Path
    rembg_python: str | None
    full: bool
    size: int | None = None
    rounds: int | None = None
    repeat: tuple[str, ...] = ()
    alone: bool = False


@dataclass(slots=True)
class Workshop:
    """Makes the cases. ``left_out`` grows with what could not be compared, and why."""

    options: Options
    left_out: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    processes: list[bench_rivals.RembgProcess] = field(default_factory=list)
    folders: list[tempfile.TemporaryDirectory[str]] = field(default_factory=list)

    def case(self, name: str) -> Case:
        slug, _, kind = name.rpartition("-")
        return _KINDS[kind](self, name, slug)

    def close(self) -> None:
        for process in self.processes:
            process.end()
        for folder in self.folders:
            folder.cleanup()

    def scratch(self) -> Path:
        """Return an empty folder that is there until the end."""
        self.folders.append(tempfile.TemporaryDirectory(prefix="bench-"))
        return Path(self.folders[-1].name)

    def rounds(self, slug: str) -> int:
        faster = 5 if self.options.placement.device == "cuda" else 1
        return self.options.rounds or faster * _ROUNDS[slug]

    def ours(self, case: str, name: str, start: Callable[[], Callable[[], Lap]]) -> Side:
        arguments = ("-m", "inference.bench", "--alone", f"{case}/{name}", *self.options.repeat)
        return Side(name, start, lambda: child_peak(arguments))

    def state(self, slug: str) -> State:
        path = self.options.weights / f"{_WEIGHTS[slug][0] if slug in _WEIGHTS else ''}.safetensors"
        return bench_networks.stored_state(path) if path.is_file() else bench_networks.seeded_state(card(slug))

    def exchange_file(self, slug: str) -> bytes | None:
        """Return the network in float32 for onnxruntime."""
        path = self.options.weights / "sources" / f"{_WEIGHTS[slug][1]}.onnx"
        if not path.is_file():
            self.left_out.append(f"onnxruntime and rembg with {slug}: no {path}")
            return None
        if card(slug).network.stored == ("float32",):
            return path.read_bytes()
        if not bench_rivals.can_widen():
            self.left_out.append(f"{slug} in float32 for onnxruntime and rembg: onnx is not installed")
            return None
        return bench_rivals.widened(path.read_bytes())

    def pictures(self) -> list[bytes]:
        found = bench_files.photographs(self.options.photos)
        return found or bench_files.made_pictures(4, 640, 480)

    def pixels(self, slug: str) -> list[NDArray[np.float32]]:
        """Return a batch of what the network sees: photographs, or noise in another size than the card's."""
        count, size = self.options.placement.batch, self.options.size
        if size is None:
            found = bench_files.pixels(slug, self.pictures())
            return [found[number % len(found)] for number in range(count)]
        noise = np.random.Generator(np.random.PCG64(1007)).standard_normal((count, 3, size, size), dtype=np.float32)
        return list(noise)


def names() -> tuple[str, ...]:
    models = (*_WEIGHTS, "rmbg-2.0")
    return tuple(f"{model}-{kind}" for model in models for kind in _KINDS)


def default_names(*, full: bool, device: str) -> tuple[str, ...]:
    """Return the cases worth their time: RMBG-2.0 from file to file only where it is fast."""
    return tuple(each for each in names() if full or device == "cuda" or each != "rmbg-2.0-files")


def _network_case(shop: Workshop, name: str, slug: str) -> Case:
    options, pixels = shop.options, shop.pixels(slug)
    state = shop.state(slug)
    sides = []

    def start(variant: Variant) -> Callable[[], Lap]:
        model = bench_networks.network(card(slug), state, variant, options.placement)
        return bench_networks.network_lap(model, variant, options.placement, pixels)

    if slug in _WEIGHTS:
        sides += _runtime_sides(shop, slug, pixels)
        variants: tuple[Variant, ...] = ("float32", _fastest(shop, slug))
    else:
        plain = shop.ours(name, _PLAIN, lambda: start("plain"))
        sides.append(plain if options.full else replace(plain, peak=lambda: None))
        variants = ("float32", _fastest(shop, slug)) if options.full else (_fastest(shop, slug),)
    sides += [shop.ours(name, f"ours {each}", lambda each=each: start(each)) for each in dict.fromkeys(variants)]  # type: ignore[misc]
    baseline = _RUNTIME if slug in _WEIGHTS else _PLAIN
    reference = "ours float32" if slug in _WEIGHTS else _PLAIN
    return Case(name, tuple(sides), baseline, reference, shop.rounds(slug))


def _runtime_sides(shop: Workshop, slug: str, pixels: Sequence[NDArray[np.float32]]) -> list[Side]:
    if shop.options.alone:
        return []
    if not bench_rivals.has_runtime():
        shop.left_out.append(f"onnxruntime with {slug}: onnxruntime is not installed")
        return []
    if shop.options.size is not None or shop.options.placement.device != "cpu":
        shop.left_out.append(f"onnxruntime with {slug}: compared on the CPU at the model's own size only")
        return []
    file = shop.exchange_file(slug)
    if file is None:
        return []
    sides = [_runtime_side(_RUNTIME, file, pixels)]
    if shop.options.full and card(slug).network.stored != ("float32",):
        published = (shop.options.weights / "sources" / f"{_WEIGHTS[slug][1]}.onnx").read_bytes()
        sides.append(_runtime_side("onnxruntime float16 file", published, pixels))
    return sides


def _runtime_side(name: str, file: bytes, pixels: Sequence[NDArray[np.float32]]) -> Side:
    def peak() -> int | None:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            network, seen = Path(folder, "network.onnx"), Path(folder, "pixels.npy")
            network.write_bytes(file)
            np.save(seen, np.stack(pixels))
            return child_peak(("-m", "inference.bench_rivals", str(network), str(seen)))

    return Side(name, lambda: bench_rivals.onnx_lap(file, pixels), peak)


def _files_case(shop: Workshop, name: str, slug: str) -> Case:
    if slug not in _WEIGHTS:
        return _flow_case(shop, name, slug)
    options, pictures = shop.options, shop.pictures() * _REPEATED
    sha256 = _WEIGHTS[slug][0]
    if not (options.weights / f"{sha256}.safetensors").is_file():
        shop.left_out.append(f"{name}: no {sha256}.safetensors in {options.weights}")
        return Case(name, (), _REMBG, "", 0)

    fastest = _fastest(shop, slug)

    def side(label: str, used: str, edges: EdgeColour = "multilevel-foreground-1", *, many: bool = False) -> Side:
        how = bench_files.Way(slug, options.weights, sha256, used, options.placement.device, edges, many)
        return shop.ours(name, label, lambda: bench_files.files_lap(how, pictures))

    ours = [
        side("ours float32", "float32"),
        side(f"ours {fastest}", fastest),
        side(f"ours {fastest}, many", fastest, many=True),
        side(f"ours {fastest}, edge colour off", fastest, "none"),
    ]
    if not options.full and not options.alone:
        ours.pop()  # like for like with rembg, but not what a worker does
    rembg = _rembg_side(shop, slug, pictures)
    return Case(name, (*rembg, *{each.name: each for each in ours}.values()), _REMBG, "ours float32", shop.rounds(slug))


def _rembg_side(shop: Workshop, slug: str, pictures: Sequence[bytes]) -> tuple[Side, ...]:
    python = shop.options.rembg_python
    if python is None:
        shop.left_out.append(f"rembg with {slug}: name an interpreter that has it with --rembg-python")
        return ()
    file = shop.exchange_file(slug)
    if file is None:
        return ()
    try:
        process = bench_rivals.RembgProcess(python, slug, file)
    except OSError as error:
        shop.left_out.append(f"rembg with {slug}: {error}")
        return ()
    shop.processes.append(process)
    shop.versions.update({f"rembg's {key}": value for key, value in process.versions.items()})
    return (Side(_REMBG, lambda: lambda: process.lap(pictures), process.peak),)


def _flow_case(shop: Workshop, name: str, slug: str) -> Case:
    """1 megapixel JPEGs and weights from a seed, in batches of the card's size: what a GPU's target is about."""
    placement, found = shop.options.placement, card(slug)
    count = 8 * found.network.gpu_batch if placement.device == "cuda" else 2
    pictures = bench_files.made_pictures(count, *_MEGAPIXEL)
    used = _fastest(shop, slug)

    def start() -> Callable[[], Lap]:
        store = shop.scratch()
        digest = bench_files.store_seeded(store, slug)
        return bench_files.files_lap(bench_files.Way(slug, store, digest, used, placement.device, many=True), pictures)

    side = shop.ours(name, f"ours {used}, many", start)
    return Case(name, (side,), _PLAIN, side.name, shop.rounds(slug))


def _fastest(shop: Workshop, slug: str) -> str:
    """Return the precision a worker would take here."""
    native = bench_networks.native_formats(shop.options.placement.device)
    found = card(slug)
    return precision.chosen(found.title, found.network.precisions, native)


_KINDS: dict[str, Callable[[Workshop, str, str], Case]] = {"network": _network_case, "files": _files_case}
