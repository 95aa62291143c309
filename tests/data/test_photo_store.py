import multiprocessing
import pickle
from multiprocessing import resource_sharer

import numpy as np
import pytest

from humanseg.data import photo_store
from humanseg.data.photo_store import PhotoStore
from humanseg.errors import DataError


@pytest.fixture
def pictures():
    rng = np.random.default_rng(0)
    shapes = [(40, 60), (1, 1), (37, 23)]
    return [(rng.integers(0, 256, (*shape, 3), np.uint8), rng.integers(0, 256, shape, np.uint8)) for shape in shapes]


@pytest.fixture
def store(pictures):
    store = PhotoStore()
    for rgb, mask in pictures:
        store.append(rgb, mask)
    return store


def same(found, expected):
    return all(np.array_equal(ours, theirs) for ours, theirs in zip(found, expected, strict=True))


def test_what_goes_in_comes_out(store, pictures):
    assert len(store) == 3
    assert all(same(store[n], picture) for n, picture in enumerate(pictures))


def test_views_of_arrays_go_in_as_they_look(pictures):
    store = PhotoStore()
    rgb, mask = pictures[0]
    store.append(rgb[::2, ::-1], mask[::2, ::-1])
    assert same(store[0], (rgb[::2, ::-1], mask[::2, ::-1]))


def test_more_may_come_after_a_look(store, pictures):
    seen = store[0]
    store.append(*pictures[2])
    assert same(store[3], pictures[2]) and same(seen, pictures[0])


def test_nobody_changes_what_is_in_it_by_mistake(store):
    with pytest.raises(ValueError, match="read-only"):
        store[0][0][:] = 0


def _sums(store, answers):
    answers.put([int(part.sum()) for n in range(len(store)) for part in store[n]])


@pytest.mark.parametrize("way", multiprocessing.get_all_start_methods())
def test_other_processes_look_into_the_same_photos_however_they_are_started(store, pictures, way):
    context = multiprocessing.get_context(way)
    answers = context.Queue()
    process = context.Process(target=_sums, args=(store, answers))
    process.start()
    assert answers.get(timeout=240) == [int(part.sum()) for picture in pictures for part in picture]
    process.join()


def test_what_travels_to_another_process_does_not_grow_with_the_photos(store):
    before = len(pickle.dumps(store))
    store.append(np.zeros((500, 500, 3), np.uint8), np.zeros((500, 500), np.uint8))
    assert len(pickle.dumps(store)) < before + 100
    resource_sharer.stop(timeout=60)  # it waits for somebody to fetch the file


def test_where_open_files_cannot_be_handed_on_the_bytes_are(store, pictures, monkeypatch):
    monkeypatch.delattr(photo_store.reduction, "DupFd")
    copy = pickle.loads(pickle.dumps(store))
    assert all(same(copy[n], picture) for n, picture in enumerate(pictures))


def test_a_full_disk_says_what_to_do(store, monkeypatch, pictures):
    class Full:
        def seek(self, _):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_file", Full())
    with pytest.raises(DataError, match=r"No space left.*TMPDIR"):
        store.append(*pictures[0])


def test_no_place_for_temporary_files_says_what_to_do(monkeypatch):
    def nowhere():
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(photo_store.tempfile, "TemporaryFile", nowhere)
    with pytest.raises(DataError, match="TMPDIR"):
        PhotoStore()
