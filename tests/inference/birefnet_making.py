"""A small BiRefNet, and its computation once more, written down the way it is published: slowly and plainly."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from inference.architectures.birefnet import BiRefNetConfig, BiRefNetModel
from tests.inference.seeded_weights import reseed


def make_config(**options: object) -> BiRefNetConfig:
    sizes = {"embed_width": 8, "depths": (2, 1, 2, 1), "heads": (1, 2, 2, 4), "window": 3}
    return BiRefNetConfig(**{**sizes, "inner_width": 6, "branch_width": 10, "gradient_width": 3, **options})


def make_birefnet(**options: object) -> BiRefNetModel:
    model = BiRefNetModel(make_config(**options)).eval()
    reseed(model)
    return model


def compute_plainly(model: BiRefNetModel, picture: torch.Tensor) -> list[torch.Tensor]:
    """Return the four logit maps of one picture, everything concatenated and convolved where the paper does it."""
    full = [*model.bb(picture)]
    half = model.bb(resize(picture, (picture.shape[2] // 2, picture.shape[3] // 2)))
    x1, x2, x3, x4 = (
        torch.cat([each, resize(small, each.shape[2:])], 1) for each, small in zip(full, half, strict=True)
    )
    context = [resize(each, x4.shape[2:]) for each in (x1, x2, x3)]
    value = block(model.squeeze_module[0], torch.cat([*context, x4], 1))
    part = model.decoder.get_submodule
    logits = []
    for level, features in ((4, None), (3, x3), (2, x2), (1, x1)):
        if features is not None:
            value = resize(value, features.shape[2:]) + part(f"lateral_block{level + 1}")(features)
        patches = cut(picture, value.shape[2], value.shape[3], model.config.patch_order)
        value = block(part(f"decoder_block{level}"), torch.cat([value, part(f"ipt_blk{level + 1}")(patches)], 1))
        if level > 1:
            logits.append(part(f"conv_ms_spvn_{level}")(value))
            gate = part(f"gdt_convs_attn_{level}")(part(f"gdt_convs_{level}")(value))
            value = value * gate.sigmoid()
    value = torch.cat([resize(value, picture.shape[2:]), part("ipt_blk1")(picture)], 1)
    return [*logits, part("conv_out1")(value)]


def resize(value: torch.Tensor, size: tuple[int, ...]) -> torch.Tensor:
    return functional.interpolate(value, size=tuple(size), mode="bilinear", align_corners=True)


def cut(picture: torch.Tensor, height: int, width: int, order: str) -> torch.Tensor:
    high, wide = picture.shape[2] // height, picture.shape[3] // width

    def patch(row: int, column: int) -> torch.Tensor:
        return picture[:, :, row * height : (row + 1) * height, column * width : (column + 1) * width]

    if order == "patch-columns":
        return torch.cat([patch(row, column) for column in range(wide) for row in range(high)], 1)
    planes = range(picture.shape[1])
    return torch.cat(
        [patch(row, column)[:, [plane]] for plane in planes for row in range(high) for column in range(wide)], 1
    )


def block(module: nn.Module, value: torch.Tensor) -> torch.Tensor:
    value = module.bn_in(module.conv_in(value)).relu()
    return module.bn_out(module.conv_out(pyramid(module.dec_att, value)))


def pyramid(module: nn.Module, value: torch.Tensor) -> torch.Tensor:
    branches = [each.bn(deform(each.atrous_conv, value)).relu() for each in (module.aspp1, *module.aspp_deforms)]
    average = module.global_avg_pool(value).expand(-1, -1, *value.shape[2:])
    return module.bn1(module.conv1(torch.cat([*branches, average], 1))).relu()


def deform(module: nn.Module, value: torch.Tensor) -> torch.Tensor:
    """Modulated deformable convolution, one tap after the other, with the library's grid sampling."""
    kernel = module.regular_conv.kernel_size[0]
    _, _, height, width = value.shape
    offsets, modulation = module.offset_conv(value), 2 * module.modulator_conv(value).sigmoid()
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    result = 0
    for tap in range(kernel**2):
        down = rows + tap // kernel - kernel // 2 + offsets[:, 2 * tap]
        right = columns + tap % kernel - kernel // 2 + offsets[:, 2 * tap + 1]
        grid = torch.stack([(2 * right + 1) / width - 1, (2 * down + 1) / height - 1], -1)
        sampled = functional.grid_sample(value, grid, align_corners=False) * modulation[:, tap : tap + 1]
        result = result + functional.conv2d(
            sampled, module.regular_conv.weight[:, :, tap // kernel, tap % kernel, None, None]
        )
    return result
