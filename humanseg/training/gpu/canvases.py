"""Photos on the device: each at the top left of a square canvas, its edge repeated over the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from humanseg.data.augment import loosened
from humanseg.data.masks import BACKGROUND, IGNORE, PERSON
from humanseg.data.pack import LONG_SIDE, Row, read_packs
from humanseg.errors import DataError


@dataclass
class Canvases:
    """Photos and masks of one side length, on one device.

    Attributes
    ----------
    rows : what each photo is
    photos : uint8 (N, 3, S, S)
    masks : uint8 (N, 1, S, S) of PERSON, IGNORE and BACKGROUND (of pasted people: alpha); IGNORE beyond the photo
    sides : float32 (N, 2), height and width in pixels
    people : float32 (N, 4), the box (x0, y0, x1, y1) around everybody, in pixels; all 0 where nobody is
    known : by number, bool (S, S): what a partial mask says is person, for photos that are to be labelled
    """

    rows: list[Row]
    photos: Tensor
    masks: Tensor
    sides: Tensor
    people: Tensor
    known: dict[int, Tensor]

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, *roles: str) -> list[int]:
        """Numbers of the photos with these roles."""
        return [i for i, row in enumerate(self.rows) if row.role in roles]

    def set_mask(self, index: int, mask: Tensor) -> None:
        """Gives a photo another mask (uint8 (S, S), on the device), as for one that has been labelled."""
        self.masks[index, 0] = mask
        self.people[index] = _box(mask == PERSON)


def load(files: Sequence[Path], device: torch.device, side: int = LONG_SIDE) -> Canvases:
    """All photos of some packs on a device.

    Raises
    ------
    DataError : a file isn't a pack, or none has photos
    """
    rows, photos, masks, sides, people = [], [], [], [], []
    for row, rgb, mask in read_packs(files):
        height, width = rgb.shape[:2]
        if mask is None:
            unknown = row.role == "unlabelled"
            mask = np.full((height, width), IGNORE if unknown else BACKGROUND, np.uint8)
        if row.loose and row.role == "train":
            mask = loosened(mask)
        rgb = cv2.copyMakeBorder(rgb, 0, side - height, 0, side - width, cv2.BORDER_REPLICATE)
        beyond = 0 if row.role == "pasted" else IGNORE
        mask = cv2.copyMakeBorder(mask, 0, side - height, 0, side - width, cv2.BORDER_CONSTANT, value=beyond)
        rows.append(row)
        photos.append(torch.from_numpy(rgb).permute(2, 0, 1).contiguous())
        masks.append(torch.from_numpy(mask)[None])
        sides.append((height, width))
        people.append(_box(masks[-1][0] > IGNORE if row.role == "pasted" else masks[-1][0] == PERSON))
    if not rows:
        raise DataError("There are no photos in these packs.")
    on_device = torch.stack(masks).to(device)
    partial = [number for number, row in enumerate(rows) if row.role == "unlabelled" and row.masked]
    return Canvases(
        rows,
        torch.stack(photos).to(device),
        on_device,
        torch.tensor(sides, dtype=torch.float32, device=device),
        torch.stack(people).to(device),
        {number: on_device[number, 0] == PERSON for number in partial},
    )


def _box(person: Tensor) -> Tensor:
    """The box (x0, y0, x1, y1) around a mask (bool (S, S)), float32; zeros where it is empty."""
    rows, columns = torch.where(person.any(1))[0], torch.where(person.any(0))[0]
    if not len(rows):
        return torch.zeros(4, device=person.device)
    return torch.stack([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]).float()
