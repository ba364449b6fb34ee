from __future__ import annotations

import pytest
import torch
from transformers import SwinBackbone as OtherSwin
from transformers import SwinConfig

from inference.architectures.swin import SwinBackbone, SwinPlan, relative_positions
from inference.architectures.windows import window_layout
from tests.inference.seeded_weights import make_input, reseed

PLAN = SwinPlan(width=16, depths=(2, 2, 2, 2), heads=(1, 2, 4, 8), window=4)
# Of the published names, to those of the library's own Swin.
RENAMED = (
    ("patch_embed.proj.", "swin.embeddings.patch_embeddings.projection."),
    ("patch_embed.norm.", "swin.embeddings.norm."),
    (".attn.proj.", ".attention.o_proj."),
    (".attn.relative_position_bias_table", ".attention.relative_position_bias.relative_position_bias_table"),
    (".norm1.", ".layernorm_before."),
    (".norm2.", ".layernorm_after."),
)


def make_swin() -> SwinBackbone:
    model = SwinBackbone(PLAN).eval()
    reseed(model)
    return model


def make_other_swin(ours: SwinBackbone) -> OtherSwin:
    stages = [f"stage{number}" for number in (1, 2, 3, 4)]
    config = SwinConfig(embed_dim=16, depths=PLAN.depths, num_heads=PLAN.heads, window_size=4, out_features=stages)
    renamed = {}
    for key, value in ours.state_dict().items():
        if key.startswith("norm"):
            renamed[f"hidden_states_norms.stage{int(key[4]) + 1}{key[5:]}"] = value
        elif ".attn.qkv." in key:
            for part, name in zip(value.chunk(3), "qkv", strict=True):
                renamed[f"swin.encoder.{key.replace('.attn.qkv.', f'.attention.{name}_proj.')}"] = part
        elif not key.endswith("relative_position_index"):
            new = key
            for mine, theirs in RENAMED:
                new = new.replace(mine, theirs)
            renamed[new if new.startswith("swin.") else f"swin.encoder.{new}"] = value
    other = OtherSwin(config).eval()
    missing, unexpected = other.load_state_dict(renamed, strict=False)
    assert all(key.startswith("swin.layernorm.") or "relative_position_index" in key for key in missing)
    assert not unexpected
    return other


@pytest.mark.parametrize(
    ("height", "width"), [(256, 256), (168, 200), (160, 224), (166, 203)], ids=lambda value: str(value)
)
def test_it_computes_what_the_library_computes(height: int, width: int) -> None:
    ours = make_swin()
    other = make_other_swin(ours)
    picture = make_input(height, width)

    with torch.inference_mode():
        maps, expected = ours(picture), other(picture).feature_maps

    for each, theirs in zip(maps, expected, strict=True):
        assert each.shape == theirs.shape
        assert (each - theirs).abs().max() < 1e-4


@pytest.mark.parametrize("height", [32, 48, 36])
def test_it_takes_maps_smaller_than_a_window(height: int) -> None:
    with torch.inference_mode():
        maps = make_swin()(make_input(height, 32))

    assert tuple(maps[0].shape[1:]) == (16, height // 4, 8)
    assert all(torch.isfinite(each).all() for each in maps)


def test_its_answer_for_a_picture_does_not_depend_on_the_others_in_the_batch() -> None:
    model, pictures = make_swin(), make_input(100, 132, batch=3)

    with torch.inference_mode():
        together = model(pictures)
        alone = [model(picture.unsqueeze(0)) for picture in pictures]

    for stage, each in enumerate(together):
        assert (each - torch.cat([maps[stage] for maps in alone])).abs().max() < 1e-4


def test_it_can_be_trained_after_it_was_used() -> None:
    model = make_swin().train()
    with torch.inference_mode():
        model(make_input(40, 40))

    sum(each.sum() for each in model(make_input(40, 40))).backward()

    assert all(parameter.grad is not None for parameter in model.parameters())


def test_relative_positions_are_counted_row_by_row() -> None:
    index = relative_positions(2)

    assert index.tolist() == [[4, 3, 1, 0], [5, 4, 2, 1], [7, 6, 4, 3], [8, 7, 5, 4]]


@pytest.mark.parametrize("shift", [0, 1, 3])
@pytest.mark.parametrize(("height", "width"), [(8, 12), (7, 5), (3, 9), (1, 1)])
def test_every_place_is_in_exactly_one_window_and_found_again(height: int, width: int, shift: int) -> None:
    layout = window_layout(2, height, width, 6, shift, torch.device("cpu"))
    rows = torch.arange(2 * height * width)

    windows = rows[layout.gather]
    if layout.outside is not None:
        windows[layout.outside] = -1

    assert torch.equal(windows[layout.scatter], rows)
    assert sorted(windows[windows >= 0].tolist()) == rows.tolist()
    assert layout.kinds[-1].stop * 36 == len(windows)
