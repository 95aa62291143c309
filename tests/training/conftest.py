import pytest

from humanseg.data.datasets import find_pairs
from humanseg.data.training_set import Source
from humanseg.training import session
from tests.training.discs import write_discs


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve photos of bright discs, which are the people, on dark noise."""
    return write_discs(tmp_path_factory.mktemp("discs"), 12, width=96, across=(30, 66), held_back=2)


@pytest.fixture
def data(folder, monkeypatch):
    # A fifth of these short runs' time would go into drawing them; test_report.py does that.
    monkeypatch.setattr(session.report, "curves", lambda run: run / "curves.png")
    pairs = find_pairs(folder)
    return [Source("discs", pairs[:10], 2.0)], {"discs": pairs[10:]}
