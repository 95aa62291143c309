import json
from dataclasses import fields, replace

import numpy as np
import pytest

from humanseg.errors import WeightsError
from humanseg.model.calibration import Calibration
from humanseg.model.config import ModelConfig
from humanseg.segmenter import Segmenter

NAMES = [known.name for known in fields(Calibration)]


def test_weights_without_a_calibration_have_the_default():
    content = ModelConfig().to_json()
    del content["humanseg"]["calibration"]
    assert ModelConfig.from_json(content).calibration == Calibration()


def test_what_is_missing_has_its_default_and_what_is_unknown_is_ignored():
    calibration = Calibration.from_json({"haze": 0.2, "from_the_future": "x"})
    assert calibration == Calibration(haze=0.2)


def test_a_calibration_is_stored_with_the_weights():
    config = ModelConfig(calibration=Calibration(least_confidence=0.8, trust_less=0))
    assert ModelConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), float("inf"), "0.5", None, True, [0.5], {}])
def test_what_is_no_number_in_bounds_is_refused_by_name(name, value):
    with pytest.raises(WeightsError, match=name):
        Calibration.from_json({name: value})


COEFFICIENTS = [1.0, 2, -3.5, 0, 900]


def test_coefficients_of_the_expected_iou_are_stored_with_the_weights():
    config = ModelConfig(calibration=Calibration(expected_iou=tuple(COEFFICIENTS)))
    assert ModelConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize(
    "bad", [COEFFICIENTS[:4], [*COEFFICIENTS, 1], [*COEFFICIENTS[:4], "x"], [float("nan")] * 5, [1e9] * 5]
)
def test_coefficients_that_can_not_be_meant_are_refused(bad):
    with pytest.raises(WeightsError, match="expected_iou"):
        Calibration.from_json({"expected_iou": bad})


class Doubtful:
    """An engine that gives everything bright an alpha of 0.95."""

    name = "doubtful"

    def __init__(self, **calibration):
        self.config = ModelConfig(size=64, live_size=64)
        self.config = replace(self.config, calibration=replace(self.config.calibration, **calibration))

    def __call__(self, image):
        return np.where(image[..., 0] > 127, np.float32(0.95), np.float32(0.05))


@pytest.fixture
def photo():
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[16:48, 16:48] = 255
    return photo


def test_weights_that_are_less_sure_find_somebody_once_their_calibration_says_so(photo):
    assert not Segmenter(Doubtful()).cut_out(photo).person_found
    assert Segmenter(Doubtful(least_confidence=0.9)).cut_out(photo).person_found


def test_haze_is_cleared_as_far_as_the_calibration_says(photo):
    kept, cleared, apart = (
        Segmenter(Doubtful(least_confidence=0.9, **values)).alpha(photo, refine=False)
        for values in ({"certain": 0, "outline": 1}, {"certain": 0.05, "outline": 1}, {"certain": 0})
    )
    assert 0 < kept[0, 0] <= 0.05 and 0.95 <= kept[32, 32] < 1
    for alpha in (cleared, apart):
        assert alpha[0, 0] == pytest.approx(0, abs=1e-6) and alpha[32, 32] == pytest.approx(1)


def test_the_second_pass_counts_as_much_as_the_calibration_says(photo):
    class Fickle(Doubtful):
        """Gives all of the photo less at every second call."""

        calls = 0

        def __call__(self, image):
            self.calls += 1
            return super().__call__(image) * np.float32(1 if self.calls % 2 else 0.8)

    for trust in (0, 0.5, 1):
        engine = Fickle(trust_less=trust, usual_inscribed_radius=0.25)
        alpha = Segmenter(engine).coarse_alpha(photo, 64, second_pass=True)
        assert alpha[alpha.shape[0] // 2, alpha.shape[1] // 2] == pytest.approx(0.95 * (1 - 0.2 * trust), abs=1e-3)
