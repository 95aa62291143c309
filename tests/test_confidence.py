"""The confidence says how good a cut-out can be expected to be; whether somebody is there is another question."""

from dataclasses import replace

import numpy as np
import pytest

from humanseg import confidence
from humanseg.model.calibration import COEFFICIENTS, Calibration
from humanseg.model.config import ModelConfig
from humanseg.segmenter import Segmenter
from tests.bright import Bright, disc

# As fitted ones are: more of what is decided and of agreement is better, more haze and a longer outline are worse.
FITTED = (2.0, 0.5, 0.5, -0.3, -0.2)


def config(**calibration):
    return ModelConfig(calibration=Calibration(**{"expected_iou": FITTED} | calibration))


def person(value=1.0, haze=0.0):
    alpha = disc(200, 200, 60)[..., 0].astype(np.float32) / 255 * np.float32(value)
    alpha[:40, :120] = haze
    return alpha


def test_there_is_a_coefficient_for_each_feature_and_a_bias():
    assert len(confidence.FEATURES) + 1 == COEFFICIENTS
    assert len(confidence.features([person()], config())) == len(confidence.FEATURES)


def test_a_hazy_cut_out_deserves_less_confidence_than_a_decided_one():
    sure, hazy, hazier = (
        confidence.confidence([alpha] * 2, config()) for alpha in (person(), person(haze=0.3), person(haze=0.45))
    )
    assert 1 >= sure > hazy > hazier > 0


def test_passes_that_disagree_deserve_less_confidence():
    same = confidence.confidence([person(), person()], config())
    half = person()
    half[:, :100] = 0
    assert confidence.confidence([half, person()], config()) < same


def test_one_pass_is_taken_to_agree_as_passes_usually_do():
    name = list(confidence.FEATURES).index("agreement")
    assert confidence.features([person()], config())[name] == 0
    assert 0 < confidence.confidence([person()], config()) < confidence.confidence([person(), person()], config())


def test_what_is_sure_in_places_and_undecided_elsewhere_is_little_evidence_of_somebody():
    sure, doubtful = person(), person(0.6)
    doubtful[90:110] = person()[90:110]
    both = [confidence.evidence([alpha], config()) for alpha in (sure, doubtful)]
    assert 1 > both[0] > both[1] > 0 and confidence.evidence([np.zeros((50, 50), np.float32)], config()) == 0
    fitted = config(least_evidence=sum(both) / 2)
    found = [confidence.confidence([alpha], fitted) > 0 for alpha in (sure, doubtful)]
    assert found == [True, False]


@pytest.mark.parametrize("coefficients", [FITTED, ()])
def test_nobody_has_no_confidence_and_somebody_has_some(coefficients):
    fitted = config(expected_iou=coefficients, least_confidence=0.9)
    assert confidence.confidence([np.zeros((50, 50), np.float32)], fitted) == 0
    assert confidence.confidence([person(0.85)], fitted) == 0
    assert confidence.confidence([person(0.95)], fitted) > 0


def test_however_doubtful_somebody_who_was_found_is_not_reported_as_nobody():
    engine = Bright()
    engine.config = replace(engine.config, calibration=Calibration(expected_iou=(-900.0, 0, 0, 0, 0)))
    result = Segmenter(engine).cut_out(disc(200, 200, 60))
    assert result.person_found and 0 < result.confidence < 0.01


def test_weights_without_coefficients_give_the_alpha_of_their_surest_pixels():
    assert confidence.confidence([person(0.98)], config(expected_iou=())) == pytest.approx(0.98)


@pytest.mark.parametrize("alpha", [np.ones((40, 60)), np.full((2, 2), 0.99), np.full((40, 60), 0.7)])
def test_any_alpha_in_which_somebody_is_has_a_confidence(alpha):
    value = confidence.confidence([alpha.astype(np.float32)] * 2, config(least_confidence=0.5))
    assert 0 < value <= 1
