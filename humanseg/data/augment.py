"""Augments training photos: one random view in a single warp, copy-paste of people, photometric damage.

Arrays in, arrays out: photos are uint8 HxWx3 RGB, masks uint8 HxW of PERSON / IGNORE / BACKGROUND. All randomness
comes from the generator that is passed in, so that a sample is the same whenever its seed is.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

from humanseg.data.masks import BACKGROUND, IGNORE, PERSON, resize_mask

LOOSE_EDGE_PIXELS = 3  # to either side of an outline that was drawn by hand


def random_view(
    rgb: np.ndarray,
    mask: np.ndarray,
    size: int,
    rng: np.random.Generator,
    *,
    border: int = IGNORE,
    **view: Any,
) -> tuple[np.ndarray, np.ndarray]:
    """A size x size view: random zoom, place, slight turn and mirroring, resampled once.

    Parameters
    ----------
    border : the mask's value outside of the photo (whose edge is repeated there)
    view : zoom, max_degrees, at_people, as for `random_matrix`
    """
    matrix = random_matrix(mask, size, rng, **view)
    return warp_photo(rgb, matrix, size), warp_mask(mask, matrix, size, border)


def random_matrix(
    mask: np.ndarray,
    size: int,
    rng: np.random.Generator,
    *,
    zoom: tuple[float, float] = (0.85, 2.2),
    max_degrees: float = 15.0,
    at_people: float = 0.6,
) -> np.ndarray:
    """From a photo's pixels to those of a size x size view of it: float64 2x3.

    Parameters
    ----------
    zoom : range; at 1 the photo's long side fills the view, as it does in the first pass
    max_degrees : two and a half times the standard deviation of the turn
    at_people : how often a view that shows only a part of the photo is centred on somebody
    """
    height, width = mask.shape
    factor = math.exp(rng.uniform(math.log(zoom[0]), math.log(zoom[1])))
    scale = size / max(height, width) * factor
    centre = _view_centre(mask, size / scale, rng, at_people)
    angle = rng.normal(0, max_degrees / 2.5) if rng.random() < 0.5 else 0.0
    matrix = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), angle, scale)
    matrix[:, 2] += size / 2 - centre
    if rng.random() < 0.5:
        matrix = np.array([[-1, 0, size - 1], [0, 1, 0]], np.float64) @ np.vstack([matrix, [0, 0, 1]])
    return matrix


def _view_centre(mask: np.ndarray, window: float, rng: np.random.Generator, at_people: float) -> np.ndarray:
    """The view's centre (x, y), such that the window stays inside and, with probability `at_people`, shows somebody."""
    height, width = mask.shape
    centre = np.array([width / 2, height / 2])
    slack = np.array([abs(width - window), abs(height - window)]) / 2
    centre = centre + rng.uniform(-1, 1, 2) * slack
    if window < max(height, width) and rng.random() < at_people:
        rows, columns = np.flatnonzero((mask == PERSON).any(1)), np.flatnonzero((mask == PERSON).any(0))
        if len(rows):
            person = np.array([rng.uniform(columns[0], columns[-1]), rng.uniform(rows[0], rows[-1])])
            for axis, side in enumerate((width, height)):
                if window < side:
                    centre[axis] = np.clip(person[axis], window / 2, side - window / 2)
    return centre


def warp_photo(rgb: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
    """The size x size view of a photo; outside of it its edge is repeated."""
    small, matrix = _shrunk_first(rgb.shape, matrix)
    if small is not None:
        rgb = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
    return cv2.warpAffine(rgb, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _shrunk_first(shape: tuple[int, ...], matrix: np.ndarray) -> tuple[tuple[int, int] | None, np.ndarray]:
    """The (width, height) to shrink to where the warp would skip pixels (cv2 has no area filter for warps), or None;
    and the matrix of the warp that follows.
    """
    scale = math.sqrt(abs(np.linalg.det(matrix[:, :2])))
    if scale >= 0.6:
        return None, matrix
    height, width = shape[:2]
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    return small, matrix @ np.diag([width / small[0], height / small[1], 1.0])


def warp_mask(mask: np.ndarray, matrix: np.ndarray, size: int, border: int = IGNORE) -> np.ndarray:
    """The size x size view of a mask; outside of it `border`."""
    small, matrix = _shrunk_first(mask.shape, matrix)
    if small is not None:
        mask = resize_mask(mask, *small)
    ignored = mask == IGNORE
    plain = np.where(ignored, np.uint8(BACKGROUND), mask) if ignored.any() else mask
    warped = cv2.warpAffine(plain, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    warped[warped == IGNORE] = IGNORE - 1
    outside = cv2.warpAffine(
        np.where(ignored, np.uint8(1), np.uint8(0)),
        matrix,
        (size, size),
        flags=cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=2,
    )
    warped[outside == 1] = IGNORE
    warped[outside == 2] = border
    return warped


def paste(
    rgb: np.ndarray, mask: np.ndarray, person: np.ndarray, person_mask: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Puts the person of one view on another view of the same size, with a soft edge; both people count.

    The pasted person is eroded by a pixel: otherwise a rim of the old background would give the network a cue that
    real photos don't have.
    """
    solid = cv2.erode((person_mask == PERSON).astype(np.float32), np.ones((3, 3), np.uint8))
    alpha = cv2.GaussianBlur(solid, (0, 0), rng.uniform(0.5, 1.5))
    left, top, width, height = cv2.boundingRect((alpha > 0).astype(np.uint8))
    box = np.s_[top : top + height, left : left + width]
    joined = rgb.copy()
    if width:
        source, weight = _relit(person[box], rgb, alpha[box], rng), alpha[box][..., None]
        joined[box] = (source * weight + rgb[box] * (1 - weight)).round().astype(np.uint8)
    return joined, np.where(alpha > 0.5, np.uint8(PERSON), mask)


def _relit(person: np.ndarray, scene: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Moves the person's mean colour part of the way to the scene's, as shared light would."""
    person = person.astype(np.float32)
    weight = float(alpha.sum())
    if weight < 1:
        return person
    mean = np.tensordot(alpha, person, 2) / weight
    shift = (np.float32(cv2.mean(scene)[:3]) - mean) * np.float32(rng.uniform(0, 0.4))
    return np.clip(person + shift, 0, 255)


def loosened(mask: np.ndarray, pixels: int = LOOSE_EDGE_PIXELS) -> np.ndarray:
    """The mask with a band of `pixels` to either side of its outline set to IGNORE, for outlines drawn by hand."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    person = (mask == PERSON).astype(np.uint8)
    band = cv2.dilate(person, kernel) != cv2.erode(person, kernel)
    return np.where(band, np.uint8(IGNORE), mask)


def camera_damage() -> Any:
    """Photometric augmentation: light, colour, focus, noise and compression as of phones and webcams.

    Call `set_random_seed` for each sample."""
    import albumentations as A

    return A.Compose(
        [
            A.RandomBrightnessContrast(brightness_limit=0.3, contrast_limit=0.3, p=0.5),
            A.RandomGamma(gamma_limit=(65, 150), p=0.2),
            A.HueSaturationValue(hue_shift_limit=8, sat_shift_limit=35, val_shift_limit=0, p=0.35),
            A.RGBShift(r_shift_limit=18, g_shift_limit=12, b_shift_limit=18, p=0.2),
            A.ToGray(p=0.04),
            A.OneOf(
                [
                    A.GaussianBlur(blur_limit=(3, 7), p=1),
                    A.MotionBlur(blur_limit=(3, 9), p=1),
                    A.Downscale(scale_range=(0.35, 0.8), p=1),
                ],
                p=0.2,
            ),
            A.OneOf([A.GaussNoise(std_range=(0.02, 0.08), p=1), A.ISONoise(p=1)], p=0.15),
            A.ImageCompression(quality_range=(25, 85), p=0.25),
        ]
    )
