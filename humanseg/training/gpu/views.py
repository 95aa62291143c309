"""Random views of photos, a batch at once on the device: one warp each, then copy-paste, backgrounds and mosaics.

The same augmentation as in `data/augment.py`, where one view is made at a time on a processor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from humanseg.data.masks import IGNORE
from humanseg.training.gpu.canvases import Canvases

BLURRED_FROM = 0.6  # zoom in pixels below which views are taken of the photo at half its size, against aliasing
RELIT = 0.4  # at most this share of the way a pasted person's mean colour moves to the scene's


@dataclass(frozen=True)
class Variety:
    """How views differ; shares are of the samples.

    Attributes
    ----------
    zoom : range; at 1 the photo's long side fills the view
    max_degrees : two and a half times the standard deviation of the turn
    at_people : how often a view that shows only a part of the photo is centred on somebody
    stretch : largest change of the aspect
    second_person, new_background : copy-paste of somebody into the view, and of the people onto another background
    small_people : copy-paste of one of the cut-outs with alpha
    mosaic : four photos, each in a quarter of the view
    """

    zoom: tuple[float, float] = (0.8, 2.2)
    max_degrees: float = 15.0
    at_people: float = 0.6
    stretch: float = 1.12
    second_person: float = 0.2
    new_background: float = 0.1
    small_people: float = 0.08
    mosaic: float = 0.15


class Views:
    """Batches of views: images float32 (N, 3, S, S) in [0, 1], targets and validity float32 (N, 1, S, S)."""

    def __init__(self, canvases: Canvases, weights: Tensor, variety: Variety, seed: int = 0):
        """`weights` (N) are the chances with which photos are drawn, 0 for those that aren't trained on."""
        self.canvases, self.variety = canvases, variety
        self.device = canvases.photos.device
        self.generator = torch.Generator(self.device).manual_seed(seed)
        self.weights = weights.to(self.device)
        rows = canvases.rows
        drawn = weights.cpu() > 0
        stands_out = [row.role == "train" and not row.loose and bool(drawn[i]) for i, row in enumerate(rows)]
        self._pasteable = self._numbers([i for i, yes in enumerate(stands_out) if yes])
        self._scenes = self._numbers([i for i in canvases.of("negative") if drawn[i]])
        self._small = self._numbers(canvases.of("pasted"))
        self._may_move = torch.tensor(stands_out, device=self.device)
        self._squared = torch.tensor([bool(row.boxes) for row in rows], device=self.device)

    def batch(self, count: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
        """`count` samples of size x size pixels, drawn by their weights."""
        quarters = min(count - 1, round(self.variety.mosaic * count))
        whole = self._draw(count - quarters)
        image, target, valid = self.look(whole, size)
        image, target, valid = self._recomposed(whole, image, target, valid)
        if quarters:
            parts = [_tiled(part) for part in self.look(self._draw(4 * quarters), size // 2, zoom=(1.0, 1.8))]
            image, target, valid = (torch.cat([a, b]) for a, b in zip((image, target, valid), parts, strict=True))
        return image, target, valid

    def look(
        self, numbers: Tensor, size: int, zoom: tuple[float, float] | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """A random view of each of these photos."""
        return self._warped(numbers, self._matrices(numbers, size, zoom or self.variety.zoom), size)

    def _numbers(self, numbers: list[int]) -> Tensor:
        return torch.tensor(numbers, dtype=torch.long, device=self.device)

    def _uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return torch.rand(*shape, device=self.device, generator=self.generator) * (high - low) + low

    def _draw(self, count: int) -> Tensor:
        return torch.multinomial(self.weights, count, replacement=True, generator=self.generator)

    def _among(self, numbers: Tensor, count: int) -> Tensor:
        return numbers[torch.randint(len(numbers), (count,), device=self.device, generator=self.generator)]

    def _matrices(self, numbers: Tensor, size: int, zoom: tuple[float, float]) -> Tensor:
        """From a view's pixels to a photo's: (N, 2, 3), offsets from the view's centre."""
        count = len(numbers)
        sides = self.canvases.sides[numbers]
        low, high = map(math.log, zoom)
        scale = size / sides.amax(1) * self._uniform(count, low=low, high=high).exp()
        centre = self._centres(numbers, sides, size / scale)
        angle = torch.randn(count, device=self.device, generator=self.generator)
        angle = angle * math.radians(self.variety.max_degrees / 2.5) * (self._uniform(count) < 0.5)
        stretch = math.log(self.variety.stretch)
        wider = self._uniform(count, low=-stretch, high=stretch).exp()
        # These photos were stretched to squares, most of them from 4:3 or 3:2.
        squared = self._squared[numbers] & (self._uniform(count) < 0.7)
        wider = torch.where(squared, 1 + self._uniform(count) * 0.5, wider)
        mirrored = torch.where(self._uniform(count) < 0.5, -1.0, 1.0)
        cos, sin = angle.cos() / scale, angle.sin() / scale
        across = mirrored / wider.sqrt()
        down = wider.sqrt()
        return torch.stack(
            [
                torch.stack([cos * across, -sin * down, centre[:, 0]], 1),
                torch.stack([sin * across, cos * down, centre[:, 1]], 1),
            ],
            1,
        )

    def _centres(self, numbers: Tensor, sides: Tensor, window: Tensor) -> Tensor:
        """The views' centres (x, y) such that windows stay inside and, sometimes, show somebody."""
        count = len(numbers)
        wide = sides.flip(1)
        slack = (wide - window[:, None]).abs() / 2
        centre = wide / 2 + self._uniform(count, 2, low=-1, high=1) * slack
        box = self.canvases.people[numbers]
        inside = box[:, :2] + self._uniform(count, 2) * (box[:, 2:] - box[:, :2])
        half = window[:, None] / 2
        inside = torch.minimum(torch.maximum(inside, half), wide - half)
        shows = (self._uniform(count) < self.variety.at_people) & (box[:, 2] > 0)
        return torch.where(shows[:, None] & (window[:, None] < wide), inside, centre)

    def _warped(self, numbers: Tensor, matrices: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
        side = self.canvases.photos.shape[-1]
        places = torch.arange(size, device=self.device) + 0.5 - size / 2
        offsets = torch.stack(torch.meshgrid(places, places, indexing="xy"), -1).view(1, -1, 2)
        grid = offsets @ matrices[:, :, :2].transpose(1, 2) + matrices[:, None, :, 2]
        grid = (grid * (2 / side) - 1).view(-1, size, size, 2)
        photos = self.canvases.photos[numbers].float() / 255
        image = F.grid_sample(photos, grid, padding_mode="border", align_corners=False)
        reduced = F.grid_sample(F.avg_pool2d(photos, 2), grid, padding_mode="border", align_corners=False)
        zoom = torch.linalg.det(matrices[:, :, :2]).abs().rsqrt()
        image = torch.where((zoom < BLURRED_FROM).view(-1, 1, 1, 1), reduced, image)
        masks = self.canvases.masks[numbers]
        ignored = masks == IGNORE
        person = torch.where(ignored, 0, masks).float() / 255
        target = F.grid_sample(person, grid, align_corners=False)
        valid = F.grid_sample((~ignored).float(), grid, mode="nearest", align_corners=False)
        return image, target * valid, valid

    def _recomposed(
        self, numbers: Tensor, image: Tensor, target: Tensor, valid: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Copy-paste (Ghiasi et al. 2021): backgrounds changed first, then people added."""
        count, size = len(numbers), image.shape[-1]
        variety = self.variety
        moved = torch.where(self._may_move[numbers] & (self._uniform(count) < variety.new_background))[0]
        if len(moved) and len(self._scenes):
            scene, _, _ = self.look(self._among(self._scenes, len(moved)), size, zoom=(1.0, 2.5))
            alpha = self._soft(target[moved])
            image[moved] = scene + alpha * (self._relit(image[moved], scene, alpha) - scene)
            target[moved], valid[moved] = (alpha > 0.5).float(), torch.ones_like(alpha)
        more = torch.where(self._uniform(count) < variety.second_person)[0]
        if len(more) and len(self._pasteable):
            people = self._among(self._pasteable, len(more))
            person, alpha, _ = self.look(people, size, zoom=(0.35, 1.3))
            self._paste(more, person, self._soft(alpha), image, target, valid)
        more = torch.where(self._uniform(count) < variety.small_people)[0]
        if len(more) and len(self._small):
            people = self._among(self._small, len(more))
            person, alpha, _ = self.look(people, size, zoom=(0.12, 0.55))
            self._paste(more, person, alpha, image, target, valid)
        return image, target, valid

    def _paste(
        self, where: Tensor, person: Tensor, alpha: Tensor, image: Tensor, target: Tensor, valid: Tensor
    ) -> None:
        scene = image[where]
        image[where] = scene + alpha * (self._relit(person, scene, alpha) - scene)
        solid = (alpha > 0.5).float()
        target[where] = torch.maximum(target[where], solid)
        valid[where] = torch.maximum(valid[where], solid)

    def _soft(self, mask: Tensor) -> Tensor:
        """A mask eroded by a pixel, which would show the old background, and blurred a little."""
        solid = -F.max_pool2d(-(mask > 0.5).float(), 3, 1, 1)
        return F.avg_pool2d(F.avg_pool2d(solid, 3, 1, 1), 3, 1, 1)

    def _relit(self, person: Tensor, scene: Tensor, alpha: Tensor) -> Tensor:
        """Moves people's mean colour part of the way to the scene's, as shared light would."""
        mean = (person * alpha).sum((2, 3), keepdim=True) / alpha.sum((2, 3), keepdim=True).clamp_min(1)
        shift = (scene.mean((2, 3), keepdim=True) - mean) * self._uniform(len(person), 1, 1, 1, high=RELIT)
        return (person + shift).clamp(0, 1)


def _tiled(quarters: Tensor) -> Tensor:
    """(4N, C, S, S) -> (N, C, 2S, 2S)."""
    count, channels, side = len(quarters) // 4, quarters.shape[1], quarters.shape[2]
    tiles = quarters.view(count, 2, 2, channels, side, side)
    return tiles.permute(0, 3, 1, 4, 2, 5).reshape(count, channels, 2 * side, 2 * side)
