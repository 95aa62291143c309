import pytest
import torch

from humanseg.data.pack import Row
from humanseg.evaluation import metrics
from humanseg.training.gpu.scores import score, summary


@pytest.fixture
def canvases(make_canvases):
    people = [Row("discs", str(n), "valid", masked=True) for n in range(5)]
    return make_canvases([*people, Row("nobody", "0", "negative-valid"), Row("discs", "t", "train", masked=True)])


def test_figures_are_those_of_the_metrics(canvases, bright):
    figures = score(canvases, bright, 48, batch=2)
    assert set(figures) == {"discs", "nobody"}
    expected = []
    for number in range(5):
        image = canvases.photos[number][None].float() / 255
        small = torch.nn.functional.interpolate(image, size=(48, 48), mode="bilinear", antialias=True)
        alpha = torch.nn.functional.interpolate(bright(small), size=(64, 64), mode="bilinear")[0, 0, :48].numpy()
        mask = canvases.masks[number, 0, :48].numpy()
        expected.append(metrics.iou(alpha >= 0.5, mask == 255))
    assert figures["discs"]["iou"] == pytest.approx(sum(expected) / 5, abs=1e-5)
    assert figures["discs"]["iou"] > 0.9 and figures["discs"]["found"] == 1
    assert figures["nobody"]["found"] == 0 and figures["nobody"]["iou"] == 1
    assert "discs" in summary(figures)


def test_haze_is_what_is_half_there_away_from_outlines(canvases):
    half = score(canvases, lambda image: torch.full_like(image[:, :1], 0.5), 64)
    none = score(canvases, lambda image: torch.zeros_like(image[:, :1]), 64)
    assert half["discs"]["haze"] > 1 and none["discs"]["haze"] == 0
    assert none["discs"]["found"] == 0 and none["discs"]["iou"] == 0
