"""The photos that training draws from: decoded once, kept small in memory, augmented anew each time they are drawn.

A sample is a function of (seed, epoch, index) alone, so that a resumed run draws what an unbroken one would have drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import Dataset
from tqdm import tqdm

from humanseg.data.augment import camera_damage, loosened, paste, random_matrix, random_view, warp_mask, warp_photo
from humanseg.data.datasets import Pair, read_pair
from humanseg.data.masks import BACKGROUND, IGNORE, PERSON
from humanseg.data.photo_store import PhotoStore

CACHE_LONG_SIDE = 640
VIEWS_TRIED = 5  # views of a photo, to find one without people
MOSAIC_ZOOM = (1.0, 1.8)  # zoom of each quarter: less would leave much of it empty


@dataclass(frozen=True)
class Draw:
    """One sample to make: which photo, how large, and the seed of everything random about it."""

    index: int
    size: int
    seed: tuple[int, ...]


@dataclass(frozen=True)
class Source:
    """A data set's training pairs; each photo is drawn `weight` times an epoch on average.

    `loose` marks outlines drawn by hand: a band around them is ignored. `pasteable` people may be copy-pasted. In a
    `complete` set everybody is marked, so that the other parts of a photo can serve as negatives.
    """

    name: str
    pairs: Sequence[Pair]
    weight: float = 1.0
    loose: bool = False
    pasteable: bool = True
    complete: bool = False


@dataclass(frozen=True)
class Variation:
    """How samples are augmented; `plain` turns all of it off.

    `damage`, `new_background`, `second_person`, `nobody` and `mosaic` are shares of the samples that may get it.
    """

    plain: bool = False
    zoom: tuple[float, float] = (0.85, 2.2)
    damage: float = 1.0
    new_background: float = 0.15
    second_person: float = 0.2
    nobody: float = 0.5
    mosaic: float = 0.0


class TrainingSet(Dataset):
    """Indexed by `Draw`; gives image uint8 (3, S, S), target float32 (1, S, S), valid float32 (1, S, S), index."""

    def __init__(self, sources: Sequence[Source], variation: Variation | None = None, progress: bool = True):
        self.variation = variation or Variation()
        self.sources = list(sources)
        self.pairs: list[Pair] = []
        self.weights: list[float] = []
        self._photos = PhotoStore()
        self._pasteable: dict[int, None] = {}  # the keys, in order, serve as an ordered set
        self._complete: set[int] = set()
        self._scenery: list[int] = []
        total = sum(len(source.pairs) for source in sources)
        bar = tqdm(total=total, desc="reading photos", unit="photo", disable=not progress, leave=False)
        for source in sources:
            for pair in source.pairs:
                rgb, mask = read_pair(pair, CACHE_LONG_SIDE)
                if source.loose and pair.mask is not None:
                    mask = loosened(mask)
                if pair.mask is None:
                    self._scenery.append(len(self.pairs))
                elif source.pasteable and (mask == PERSON).mean() > 0.02:
                    self._pasteable[len(self.pairs)] = None
                if source.complete and pair.mask is not None:
                    self._complete.add(len(self.pairs))
                self.pairs.append(pair)
                self.weights.append(source.weight)
                self._photos.append(rgb, mask)
                bar.update()
        bar.close()
        self._damage = camera_damage()

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, draw: Draw) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, int]:
        rng = np.random.default_rng(draw.seed)
        variation = self.variation
        if variation.plain:
            rgb, mask = self._plain_view(draw)
        else:
            rgb, mask = self._mosaic(draw, rng) or self._without_people(draw, rng) or self._with_people(draw, rng)
            if rng.random() < variation.damage:
                self._damage.set_random_seed(int(rng.integers(2**31)))
                rgb = self._damage(image=rgb)["image"]
        image = torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))
        valid = torch.from_numpy((mask != IGNORE)[None].astype(np.float32))
        target = torch.from_numpy((np.where(mask == IGNORE, 0, mask).astype(np.float32) / 255)[None])
        return image, target, valid, draw.index

    def _plain_view(self, draw: Draw) -> tuple[np.ndarray, np.ndarray]:
        rgb, mask = self._photos[draw.index]
        fixed = _Middle()
        return random_view(rgb, mask, draw.size, fixed, zoom=(1.0, 1.0))

    def _with_people(self, draw: Draw, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        rgb, mask = random_view(*self._photos[draw.index], draw.size, rng, zoom=self.variation.zoom)
        return self._recomposed(rgb, mask, draw, rng)

    def _mosaic(self, draw: Draw, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray] | None:
        """A mosaic of four photos, in some samples: many small people (Bochkovskiy et al. 2020, YOLOv4)."""
        if not self.variation.mosaic or rng.random() >= self.variation.mosaic:
            return None
        chances = np.asarray(self.weights) / sum(self.weights)
        indices = rng.permutation([draw.index, *rng.choice(len(chances), 3, p=chances)])
        # Where the size is odd, one row and one column too many are made.
        views = [random_view(*self._photos[i], (draw.size + 1) // 2, rng, zoom=MOSAIC_ZOOM) for i in indices]
        rgb, mask = (
            np.concatenate([np.concatenate(v[:2], 1), np.concatenate(v[2:], 1)]) for v in zip(*views, strict=True)
        )
        return rgb[: draw.size, : draw.size], mask[: draw.size, : draw.size]

    def _without_people(self, draw: Draw, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray] | None:
        """A part of the photo without people, in some samples, if one is found."""
        if draw.index not in self._complete or rng.random() >= self.variation.nobody:
            return None
        rgb, mask = self._photos[draw.index]
        for _ in range(VIEWS_TRIED):
            matrix = random_matrix(mask, draw.size, rng, zoom=(1.2, 3.0), at_people=0.0)
            seen = warp_mask(mask, matrix, draw.size)
            if (seen == BACKGROUND).mean() > 0.9 and not (seen == PERSON).any():
                return warp_photo(rgb, matrix, draw.size), seen
        return None

    def _recomposed(
        self, rgb: np.ndarray, mask: np.ndarray, draw: Draw, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Copy-paste: some people get another background, some a second person beside them, often a smaller one."""
        chance = rng.random()
        variation = self.variation
        if chance < variation.new_background and self._scenery and draw.index in self._pasteable:
            scene = random_view(*self._photos[rng.choice(self._scenery)], draw.size, rng, border=BACKGROUND)
            return paste(*scene, rgb, mask, rng)
        if chance < variation.new_background + variation.second_person and self._pasteable:
            other = self._photos[list(self._pasteable)[rng.integers(len(self._pasteable))]]
            company = random_view(*other, draw.size, rng, zoom=(0.3, 1.3), border=BACKGROUND)
            return paste(rgb, mask, *company, rng)
        return rgb, mask


class _Middle:
    """Replaces the random generator where nothing is to vary: always the middle of a range, never a rare event."""

    def uniform(self, low: float, high: float, size: int | None = None):
        middle = (low + high) / 2
        return middle if size is None else np.full(size, middle)

    def random(self) -> float:
        return 1.0

    def normal(self, mean: float, _: float) -> float:
        return mean


class EpochSampler:
    """Batches of `Draw` for one epoch, the same for every process but for the slice each one takes.

    Every process draws the same global batches and keeps its own part: nothing is drawn twice, none is left out, and
    the effective batch doesn't depend on how many processes there are.
    """

    def __init__(
        self,
        weights: Sequence[float],
        batch_size: int,
        sizes: Sequence[int],
        seed: int,
        rank: int = 0,
        world_size: int = 1,
    ):
        if batch_size % world_size:
            raise ValueError(f"a batch of {batch_size} can't be shared evenly by {world_size} processes")
        self.weights = np.asarray(weights, np.float64)
        self.batch_size, self.sizes, self.seed = batch_size, list(sizes), seed
        self.rank, self.world_size = rank, world_size
        self.epoch = 0

    def __len__(self) -> int:
        return max(1, int(self.weights.sum()) // self.batch_size)

    def __iter__(self) -> Iterator[list[Draw]]:
        rng = np.random.default_rng((self.seed, self.epoch))
        count = len(self) * self.batch_size
        # A photo is drawn as often as the whole part of its weight says, and once more with the rest as probability.
        copies = np.floor(self.weights + rng.random(len(self.weights))).astype(int)
        order = rng.permutation(np.repeat(np.arange(len(self.weights)), copies))
        order = np.resize(order, count) if len(order) else np.zeros(count, int)
        own = self.batch_size // self.world_size
        for b in range(len(self)):
            size = int(rng.choice(self.sizes))
            batch = order[b * self.batch_size : (b + 1) * self.batch_size]
            yield [
                Draw(int(index), size, (self.seed, self.epoch, b * self.batch_size + place))
                for place, index in enumerate(batch)
                if self.rank * own <= place < (self.rank + 1) * own
            ]
