"""How good the edges are: refinement against bilinear upsampling, estimated colours against naive ones, and the time.

    python benchmarks/edges.py DATA                  # mattes as they are, and composites at 3000x4000
    python benchmarks/edges.py DATA --segmenter      # with the network's own alpha rather than a simulated one
    python benchmarks/edges.py --times               # seconds at 1080p, 12 and 50 megapixels; needs no data

DATA is a folder with `halfbody-mattes` (images and masks, soft alpha) and `backgrounds` (places without people).
The simulated network is given the true alpha at a long side of 512 pixels: the outline is displaced by about a pixel,
blurred, and made uncertain in places.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from humanseg import compose, edges
from humanseg.evaluation.metrics import boundary_iou
from humanseg.foreground import foreground_colours
from humanseg.resize import resize_alpha

LONG_SIDE = 512
COMPOSITE = (4000, 3000)


def gradient_error(truth: np.ndarray, guess: np.ndarray, sigma: float = 1.4) -> float:
    """Sum of squared differences of gradient magnitude, in thousands (Rhemann et al. 2009)."""
    reach = int(np.ceil(3 * sigma))
    x = np.arange(-reach, reach + 1)
    smooth = np.exp(-(x**2) / (2 * sigma**2))
    slope = -x * smooth
    kernel = np.outer(smooth, slope)
    kernel /= np.sqrt((kernel**2).sum())
    smooth, slope = (v / np.sqrt((v**2).sum()) for v in (smooth, slope))

    def magnitude(alpha: np.ndarray) -> np.ndarray:
        across = cv2.sepFilter2D(alpha, cv2.CV_32F, slope, smooth)
        return cv2.magnitude(across, cv2.sepFilter2D(alpha, cv2.CV_32F, smooth, slope))

    return float(((magnitude(truth) - magnitude(guess)) ** 2).sum(dtype=np.float64) / 1000)


def simulated(alpha: np.ndarray, seed: int) -> np.ndarray:
    """What a network at a long side of 512 might make of a true alpha."""
    height, width = alpha.shape
    scale = LONG_SIDE / max(height, width)
    rows, columns = round(height * scale), round(width * scale)
    small = cv2.resize(alpha, (columns, rows), interpolation=cv2.INTER_AREA)
    random = np.random.default_rng(seed)

    def wave(sigma: float) -> np.ndarray:
        noise = cv2.GaussianBlur(random.standard_normal((rows, columns)).astype(np.float32), (0, 0), sigma)
        return noise / noise.std()

    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    small = cv2.remap(small, x + wave(6), y + wave(6), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    small = cv2.GaussianBlur(small, (0, 0), 1.0)
    unsure = small * (1 - small) * 4
    return np.clip(small + 0.08 * unsure * wave(4), 0, 1)


def mattes(data: Path, count: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, photo and true alpha."""
    for mask in sorted((data / "halfbody-mattes" / "masks").iterdir())[:count]:
        image = next((data / "halfbody-mattes" / "images").glob(f"{mask.stem}.*"))
        alpha = cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
        yield mask.stem, cv2.cvtColor(cv2.imread(str(image)), cv2.COLOR_BGR2RGB), alpha


def composite(
    photo: np.ndarray, alpha: np.ndarray, background: np.ndarray, seed: int, shape: tuple[int, int] = COMPOSITE
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A large photo of known alpha and foreground, with an edge about as sharp as a phone's, and grain.

    Returns
    -------
    photo (uint8), alpha (float32), foreground (uint8)
    """
    from pymatting import estimate_foreground_ml

    height, width = shape
    clean = estimate_foreground_ml(photo / 255.0, alpha.astype(np.float64)).astype(np.float32)
    foreground = cv2.resize(clean, (width, height), interpolation=cv2.INTER_CUBIC)
    alpha = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_CUBIC)
    alpha = np.clip((alpha - 0.5) * 2 + 0.5, 0, 1).astype(np.float32)
    place = compose.fitted(background, width, height, "fill", (0.5, 0.5)).astype(np.float32) / 255
    grain = np.random.default_rng(seed).standard_normal((height, width, 1), np.float32) * 0.012
    foreground = np.clip(foreground + grain, 0, 1)
    mixed = alpha[..., None] * foreground + (1 - alpha[..., None]) * np.clip(place + grain, 0, 1)
    return (mixed * 255 + 0.5).astype(np.uint8), alpha, (foreground * 255 + 0.5).astype(np.uint8)


def alpha_row(truth: np.ndarray, guess: np.ndarray) -> list[float]:
    return [
        100 * boundary_iou(guess >= 0.5, truth >= 0.5),
        100 * boundary_iou(guess >= 0.5, truth >= 0.5, ratio=0.004),
        1000 * float(np.abs(truth - guess).mean()),
        gradient_error(truth, guess),
    ]


def colour_error(truth: np.ndarray, guess: np.ndarray, alpha: np.ndarray) -> float:
    """Mean absolute error of what shows of the foreground (alpha times colour, of 255) where 0.02 < alpha < 0.98."""
    band = (alpha > 0.02) & (alpha < 0.98)
    error = np.abs(truth[band].astype(np.float32) - guess[band]).mean(-1)
    return float((error * alpha[band]).sum() / alpha[band].sum())


def compare(title: str, cases: Iterator[tuple], coarse_alpha, *, colours: bool) -> None:
    bilinear, refined = [], []
    # Which alpha the colours are estimated from, and in which alpha's band they are compared.
    errors = {"true alpha": ([], []), "refined alpha, true band": ([], []), "refined alpha, its band": ([], [])}
    for seed, (photo, truth, foreground) in enumerate(cases):
        coarse = coarse_alpha(photo, truth, seed)
        guess = edges.refine_alpha(photo, coarse)
        bilinear.append(alpha_row(truth, resize_alpha(coarse, truth.shape[1], truth.shape[0])))
        refined.append(alpha_row(truth, guess))
        if colours:
            own, own_refined = (foreground_colours(photo, alpha) for alpha in (truth, guess))
            cases_of = ((own, truth), (own_refined, truth), (own_refined, guess))
            for (naive, estimated), (colour, band) in zip(errors.values(), cases_of, strict=True):
                naive.append(colour_error(foreground, photo, band))
                estimated.append(colour_error(foreground, colour, band))
    before, after = np.array(bilinear), np.array(refined)
    print(f"\n{title}: {len(before)} photos")
    print(f"{'':24}{'bilinear':>10}{'refined':>10}{'better in':>11}")
    names = ("boundary IoU 2 % (%)", "boundary IoU 0.4 % (%)", "MAE (1/1000)", "gradient error (1000)")
    for i, (name, sign) in enumerate(zip(names, (1, 1, -1, -1), strict=True)):
        wins = int((sign * (after[:, i] - before[:, i]) > 0).sum())
        print(f"{name:24}{before[:, i].mean():10.2f}{after[:, i].mean():10.2f}{wins:8d}/{len(before)}")
    if colours:
        print(f"{'colours':24}{'naive':>10}{'estimated':>10}{'ratio':>11}")
        for name, (a, b) in errors.items():
            print(f"{name:24}{np.mean(a):10.2f}{np.mean(b):10.2f}{np.mean(b) / np.mean(a):11.2f}")


def times() -> None:
    """Seconds on a smooth-edged, textured figure; the best of three."""
    print(f"{'size':>12}{'refine':>10}{'colours':>10}{'blur':>10}{'colour':>10}{'picture':>10}{'RGBA':>10}   seconds")
    for width, height in ((1920, 1080), (3000, 4000), (6120, 8160)):
        y, x = np.mgrid[:height:8, :width:8].astype(np.float32)
        distance = np.hypot((x / width - 0.5) * 2.4, y / height - 0.62) - 0.33 + 0.02 * np.sin(x / width * 60)
        coarse = np.clip(0.5 - distance * 40, 0, 1)
        coarse = cv2.resize(coarse, (round(512 * width / max(width, height)), round(512 * height / max(width, height))))
        coarse = np.ascontiguousarray(coarse, np.float32)
        noise = np.random.default_rng(0).integers(0, 40, (height, width, 3), dtype=np.uint8)
        photo = noise + cv2.resize((coarse * 120 + 40).astype(np.uint8), (width, height))[..., None]
        alpha = edges.refine_alpha(photo, coarse)
        foreground = foreground_colours(photo, alpha)
        jobs = (
            lambda photo=photo, coarse=coarse: edges.refine_alpha(photo, coarse),
            lambda photo=photo, alpha=alpha: foreground_colours(photo, alpha),
            lambda photo=photo, f=foreground, a=alpha: compose.blurred(photo, f, a),
            lambda f=foreground, a=alpha: compose.on_colour(f, a, (30, 160, 90)),
            lambda f=foreground, a=alpha, p=noise: compose.on_picture(f, a, p, light_wrap=0.3, match_colours=0.3),
            lambda f=foreground, a=alpha: compose.transparent(f, a),
        )
        print(f"{f'{width}x{height}':>12}" + "".join(f"{_seconds(job):10.3f}" for job in jobs), flush=True)


def _seconds(job) -> float:
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        job()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", help="folder with halfbody-mattes and backgrounds")
    parser.add_argument("--segmenter", action="store_true", help="use the network, not a simulation")
    parser.add_argument("--photos", type=int, default=47, help="at most so many mattes as they are")
    parser.add_argument("--composites", type=int, default=12, help="how many composites at 3000x4000")
    parser.add_argument("--times", action="store_true", help="only time it; on two threads")
    options = parser.parse_args()
    if options.times:
        cv2.setNumThreads(2)
        return times()
    if options.data is None:
        parser.error("name the folder of data, or ask for --times")

    if options.segmenter:
        from humanseg import Segmenter

        segmenter = Segmenter.from_pretrained()

        def coarse_alpha(photo: np.ndarray, truth: np.ndarray, seed: int) -> np.ndarray:
            return segmenter.coarse_alpha(photo, segmenter.config.size, second_pass=True)

    else:

        def coarse_alpha(photo: np.ndarray, truth: np.ndarray, seed: int) -> np.ndarray:
            return simulated(truth, seed)

    print(f"The network's alpha is {'its own' if options.segmenter else 'simulated'}.")
    if options.photos:
        cases = ((photo, alpha, None) for _, photo, alpha in mattes(options.data, options.photos))
        compare("halfbody-mattes as they are", cases, coarse_alpha, colours=False)
    places = sorted(p for p in (options.data / "backgrounds").rglob("*") if p.suffix.lower() in (".jpg", ".png"))
    chosen = list(mattes(options.data, 10_000))[:: max(1, 47 // max(1, options.composites))][: options.composites]
    if chosen:
        backgrounds = (cv2.cvtColor(cv2.imread(str(places[i % len(places)])), cv2.COLOR_BGR2RGB) for i in range(10_000))
        cases = (
            composite(photo, alpha, place, i)
            for i, ((_, photo, alpha), place) in enumerate(zip(chosen, backgrounds, strict=False))
        )
        compare("composites at 3000x4000", cases, coarse_alpha, colours=True)


if __name__ == "__main__":
    main()
