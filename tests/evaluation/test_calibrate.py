"""Fitting when somebody is there, and what IoU a cut-out can be expected to have."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from humanseg import confidence
from humanseg.data.datasets import Pair, find_negatives, find_pairs
from humanseg.errors import DataError
from humanseg.evaluation import calibrate
from humanseg.evaluation.calibrate import Measurement
from humanseg.model.calibration import Calibration
from tests.bright import Bright, disc

COUNT = 300


def measurements(seed=0, nobody=60):
    """Photos whose IoU depends on two features of four, and photos of nobody, of which some look like somebody."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(COUNT, len(confidence.FEATURES)))
    ious = 1 / (1 + np.exp(-(2 + features[:, 0] - 0.5 * features[:, 2] + random.normal(size=COUNT) * 0.2)))
    people = [
        Measurement("people", str(n), True, 0.99 + 0.0099 * random.random(), features[n], float(ious[n]))
        for n in range(COUNT)
    ]
    rooms = [Measurement("rooms", str(n), False, 0.6 * random.random(), features[n], 0.0) for n in range(nobody)]
    return people, rooms


def test_the_regression_finds_what_the_iou_depends_on():
    people, rooms = measurements()
    calibration, _ = calibrate.fitted(people + rooms, Calibration())
    bias, *slopes = calibration.expected_iou
    assert [bias, *slopes] == pytest.approx([2, 1, 0, -0.5, 0], abs=0.1)


def test_the_figures_are_of_photos_that_the_fit_had_not_seen():
    people, rooms = measurements()
    _, report = calibrate.fitted(people + rooms, Calibration())
    assert report["n"] == COUNT and report["rank_correlation"] > 0.9 and report["calibration_error"] < 0.03
    shuffled = np.random.default_rng(1).permutation([row.iou for row in people])
    noise = [replace(row, iou=float(iou)) for row, iou in zip(people, shuffled, strict=True)]
    _, report = calibrate.fitted(noise + rooms, Calibration())
    assert abs(report["rank_correlation"]) < 0.2, "nothing can be expected of noise"


def test_the_threshold_lies_between_people_and_rooms_where_they_are_apart():
    people, rooms = measurements()
    calibration, report = calibrate.fitted(people + rooms, Calibration())
    assert 0.6 <= calibration.least_evidence <= 0.99
    assert report["people"]["missed"] == 0 and report["nobody"]["somebody"] == 0


def test_where_they_are_not_apart_what_is_asked_of_either_side_weighs_in():
    people, rooms = measurements()
    rooms[0] = replace(rooms[0], evidence=1.0)  # one of sixty: 1.7 %, less than is allowed
    people[0] = replace(people[0], evidence=0.55)  # one of three hundred
    _, report = calibrate.fitted(people + rooms, Calibration())
    assert report["nobody"]["somebody"] == 1 and report["people"]["missed"] <= 1


def test_somebody_found_where_nobody_is_counts_as_a_failure():
    people, rooms = measurements()
    rooms[0] = replace(rooms[0], evidence=1.0)
    _, report = calibrate.fitted(people + rooms, Calibration())
    without = calibrate.fitted(people + rooms[1:], Calibration())[1]
    assert report["failures"] == without["failures"] + 1


def test_the_rest_of_the_calibration_stays():
    people, rooms = measurements()
    assert calibrate.fitted(people + rooms, Calibration(outline=0.02))[0].outline == 0.02


@pytest.mark.parametrize("keep", [(0, 60), (5, 60), (COUNT, 0)])
def test_too_few_photos_are_refused(keep):
    people, rooms = measurements()
    with pytest.raises(DataError, match="name more sets"):
        calibrate.fitted(people[: keep[0]] + rooms[: keep[1]], Calibration())


def test_a_feature_that_never_varies_has_no_weight():
    features = np.random.default_rng(0).normal(size=(50, 2))
    features[:, 1] = 3
    assert calibrate.logistic_regression(features, np.full(50, 0.5))[2] == 0


def test_ranks_and_calibration_by_hand():
    perfect = calibrate.agreement(np.linspace(0, 1, 40), np.linspace(0, 1, 40))
    assert perfect["rank_correlation"] == pytest.approx(1) and perfect["calibration_error"] == pytest.approx(0)
    off = calibrate.agreement(np.full(40, 0.8), np.linspace(0.5, 0.7, 40))
    assert off["calibration_error"] == pytest.approx(0.2)
    assert calibrate.agreement(np.linspace(0, 1, 40), np.linspace(1, 0, 40))["rank_correlation"] == pytest.approx(-1)


@pytest.fixture
def photos(tmp_path):
    for kind in ("set/images", "set/masks", "rooms"):
        (tmp_path / kind).mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "set/images/a.png"), disc(120, 160, 40))
    cv2.imwrite(str(tmp_path / "set/masks/a.png"), disc(120, 160, 40)[..., 0])
    for name, picture in (("dark", np.zeros((60, 80, 3), np.uint8)), ("lamp", disc(60, 80, 20))):
        cv2.imwrite(str(tmp_path / "rooms" / f"{name}.png"), picture)
    return [*find_pairs(tmp_path / "set"), *find_negatives(tmp_path / "rooms")]


def test_photos_are_measured_and_a_cache_saves_the_network(photos, tmp_path):
    engine = Bright()
    first = calibrate.measure(engine, photos, cache=tmp_path / "cache", progress=False)
    assert [(row.somebody, row.iou is None) for row in first] == [(True, False), (False, True), (False, False)]
    assert first[0].iou > 0.9 and first[2].iou == 0 and first[1].evidence == 0
    engine.seen.clear()
    again = calibrate.measure(engine, photos, cache=tmp_path / "cache", progress=False)
    assert not engine.seen
    assert again[0].iou == pytest.approx(first[0].iou, abs=1e-3)
    assert again[0].features == pytest.approx(first[0].features, abs=0.05)


def test_a_mask_of_another_frame_is_named(photos, tmp_path):
    cv2.imwrite(str(tmp_path / "wide.png"), np.full((10, 90), 255, np.uint8))
    pair = Pair(photos[0].image, tmp_path / "wide.png", "set")
    with pytest.raises(DataError, match="wide"):
        calibrate.measure(Bright(), [pair], progress=False)
