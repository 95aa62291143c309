"""As many processes as pay and memory allows."""

import pytest

from humanseg.bulk import sizing
from humanseg.bulk.sizing import AGAIN, PHOTOS, Sizer, free_memory

GB = 10**9


def settle(sizer: Sizer, rate: dict[int, float], photos: int = 100, free: int = 100 * GB) -> int:
    """Lets photos pass on a machine that does so many megapixels/s with so many processes."""
    for _ in range(photos):
        processes = sizer.wanted(free)
        sizer.observe(processes, processes * 12 / rate[processes], 12, GB)
    return sizer.wanted(free)


@pytest.mark.parametrize(
    ("rate", "processes"),
    [
        ({1: 10, 2: 19, 4: 35, 8: 60}, 8),
        ({1: 10, 2: 19, 4: 20}, 2),
        ({1: 10, 2: 10.5}, 1),
        ({1: 10, 2: 5}, 1),
    ],
)
def test_processes_double_for_as_long_as_that_pays(rate, processes):
    assert settle(Sizer(8), rate) == processes


def test_no_more_than_there_are_cores():
    assert settle(Sizer(3), {1: 10, 2: 20, 3: 30}) == 3
    assert settle(Sizer(1), {1: 10}) == 1


def test_a_step_that_another_job_spoilt_is_tried_again():
    sizer = Sizer(2)
    assert settle(sizer, {1: 10, 2: 10}, 20) == 1
    assert settle(sizer, {1: 10, 2: 19}, AGAIN + 4 * PHOTOS) == 2


def test_memory_sets_a_limit_whatever_was_asked_for():
    for sizer in (Sizer(8), Sizer(8, fixed=8)):
        sizer.observe(1, 1.0, 12, 2 * GB)
        sizer._wanted = 8
        assert sizer.wanted(free=5 * GB, running=1) == 3
        assert sizer.wanted(free=0, running=1) == 1


def test_a_number_that_was_asked_for_is_there_from_the_start():
    assert Sizer(2, fixed=4).wanted(free=GB) == 4


def test_photos_that_failed_say_nothing_of_speed():
    sizer = Sizer(2)
    for _ in range(20):
        sizer.observe(1, 0.1, 0.0, GB)
    assert sizer.wanted(100 * GB) == 1


@pytest.mark.parametrize(("limit", "free"), [("max", 3072), ("2048", 1548), ("100", 0)])
def test_free_memory_is_the_machine_s_or_the_container_s(tmp_path, monkeypatch, limit, free):
    for name, text in (
        ("MEMORY", "MemTotal: 9 kB\nMemAvailable: 3 kB\n"),
        ("LIMIT", limit),
        ("USED", "1000"),
        ("KINDS", "anon 9\ninactive_file 500\n"),
    ):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(sizing, name, tmp_path / name)
    assert free_memory() == free


def test_where_nothing_says_how_much_is_free_it_is_no_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(sizing, "MEMORY", tmp_path / "none")
    assert free_memory() > 10**14
