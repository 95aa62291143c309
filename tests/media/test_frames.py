import numpy as np
import pytest

from humanseg.errors import VideoError
from humanseg.media.video import Clip
from tests.media import clips

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 150, 120), (128, 128, 128), (255, 255, 255), (0, 0, 0)]


def _read(path, frame, **tags):
    names = {"matrix": "colorspace", "range": "color_range", "primaries": "color_primaries", "curve": "color_trc"}
    pixels = frame.format.name
    for name, value in tags.items():
        setattr(frame, names[name], value)
    clips.write(path, [frame], pixels=pixels, tags={names[name]: value for name, value in tags.items()})
    return next(Clip(path).frames()).rgb


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [1, 5, 6, 9])
def test_every_matrix_and_range_gives_the_right_colours(tmp_path, matrix, full, bits):
    frame = clips.patches(np.array(COLOURS) / 255, matrix, full=full, bits=bits)
    rgb = _read(tmp_path / "a.mp4", frame, matrix=matrix, range=2 if full else 1)
    assert np.abs(clips.colours_of(rgb, len(COLOURS)).astype(int) - COLOURS).max() <= 4


@pytest.mark.parametrize(("side", "matrix"), [(64, 6), (200, 1)])
def test_a_clip_that_names_no_matrix_is_taken_by_its_size_as_players_do(tmp_path, side, matrix):
    frame = clips.patches(np.array(COLOURS) / 255, matrix, full=False, side=side)
    rgb = _read(tmp_path / "a.mp4", frame, matrix=2, range=1)
    assert np.abs(clips.colours_of(rgb, len(COLOURS)).astype(int) - COLOURS).max() <= 4


def _pq(nits):
    power = (np.asarray(nits) / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def _hlg(light):
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    light = np.asarray(light, float)
    return np.where(light <= 1 / 12, np.sqrt(3 * light), a * np.log(np.maximum(12 * light - b, 1e-9)) + c)


@pytest.mark.parametrize(
    ("levels", "curve"),
    [(_pq([0, 1, 10, 50, 100, 203, 400, 1000, 4000]), 16), (_hlg([0, 0.01, 0.03, 0.1, 0.2, 0.265, 0.5, 0.8, 1]), 18)],
    ids=["PQ", "HLG"],
)
def test_a_high_dynamic_range_is_compressed_and_greys_stay_grey(tmp_path, levels, curve):
    frame = clips.patches(np.repeat(levels[:, None], 3, 1), 9, full=False, bits=10)
    rgb = _read(tmp_path / "a.mp4", frame, matrix=9, range=1, primaries=9, curve=curve)
    greys = clips.colours_of(rgb, len(levels)).astype(int)
    assert np.ptp(greys, axis=1).max() <= 2
    seen = greys[:, 1]
    assert (np.diff(seen) >= 0).all() and (np.diff(seen[:6]) > 10).all()
    assert seen[0] == 0 and 235 <= seen[5] <= 250 and seen[-1] >= 253  # white, of 203 cd/m², leaves room above it


def test_colours_of_a_wide_gamut_are_brought_to_srgb(tmp_path):
    # sRGB's own red and its middle grey, written with BT.2020's primaries (ITU-R BT.2087) and BT.1886's curve.
    red, grey = np.array([0.627404, 0.069097, 0.016391]), np.full(3, (128 / 255) ** 2.2)
    frame = clips.patches(np.array([red, grey]) ** (1 / 2.4), 9, full=False, bits=10)
    rgb = _read(tmp_path / "a.mp4", frame, matrix=9, range=1, primaries=9, curve=14)
    assert np.abs(clips.colours_of(rgb, 2).astype(int) - [(255, 0, 0), (128, 128, 128)]).max() <= 6


def test_colours_that_cannot_be_understood_are_refused_with_a_sentence(tmp_path):
    frame = clips.patches([(1, 0, 0)], 9, full=False, bits=10)
    with pytest.raises(VideoError, match=r"a\.mp4 has colours in a form that can't be read"):
        _read(tmp_path / "a.mp4", frame, matrix=14, range=1)


CORNERS = np.zeros((32, 48, 3), np.uint8)
CORNERS[:16, :24], CORNERS[:16, 24:], CORNERS[16:, :24] = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.mark.parametrize(
    ("degrees", "flips", "expected"),
    [
        (0, (False, False), CORNERS),
        (90, (False, False), np.rot90(CORNERS)),
        (180, (False, False), np.rot90(CORNERS, 2)),
        (270, (False, False), np.rot90(CORNERS, 3)),
        (0, (True, False), CORNERS[:, ::-1]),
        (0, (False, True), CORNERS[::-1]),
    ],
)
def test_turned_and_mirrored_clips_come_out_upright(tmp_path, degrees, flips, expected):
    path = clips.write(tmp_path / "a.mp4", [CORNERS], turn=lambda s: s.set_display_rotation(degrees, *flips))
    clip = Clip(path)
    rgb = next(clip.frames()).rgb
    assert (clip.height, clip.width) == rgb.shape[:2] == expected.shape[:2]
    assert np.abs(rgb.astype(int) - expected).max() <= 4
