from __future__ import annotations

from dataclasses import replace

import pytest

from humanseg.ui.tabs import about
from tests.ui.fakes import segmenter


@pytest.fixture
def model():
    return segmenter()


def test_measured_figures_are_read_from_the_models_own_data(model):
    scores = {"test": {"iou": 0.912, "boundary_iou": 0.634, "mae": 0.021}, "mean": {"iou": 0.5}}
    model.engine.config = replace(model.engine.config, metrics={"evaluation": scores})
    shown = about.describe(model)
    assert "| test | 0.912 | 0.634 | 0.021 |" in shown
    assert "| mean |" not in shown


def test_without_figures_there_is_no_table(model):
    assert "IoU" not in about.describe(model)
