"""On a cluster: nothing is lost when a machine dies, and nothing done twice."""

import tarfile
from pathlib import Path

import pytest

from humanseg.bulk import records
from humanseg.bulk.items import Note, Outcome, Packed, Task
from humanseg.bulk.job import JobConfig
from humanseg.bulk.names import identity
from humanseg.bulk.places import LocalPlace
from humanseg.bulk.records import Index
from humanseg.bulk.run import Run
from humanseg.bulk.sources import Source
from humanseg.bulk.todo import Todo
from humanseg.errors import EngineError
from tests.bulk.workers import slow, write_photo, write_photos

ray = pytest.importorskip("ray", reason="Ray isn't installed: pip install -r requirements-bulk.txt.")
ROOT = Path(__file__).resolve().parents[2]


def shard(path: Path, count: int) -> Path:
    with tarfile.open(path, "w") as archive:
        for number in range(count):
            photo = write_photo(path.with_suffix(".png"), 1000 + number)
            archive.add(photo, f"{number}.png")
        photo.unlink()
    return path


@pytest.fixture
def cluster(monkeypatch):
    """Two machines with one core each, as processes of this one."""
    from ray.cluster_utils import Cluster

    # Workers find the tests' module there, and none is started before it's needed.
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("RAY_prestart_worker_first_driver", "0")
    monkeypatch.setenv("RAY_worker_niceness", "0")  # by default they wait for whatever else runs here
    quickly = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500, "health_check_failure_threshold": 4}
    small = {"num_cpus": 1, "object_store_memory": 100 << 20}
    made = Cluster(
        initialize_head=True, head_node_args={**small, "include_dashboard": False, "_system_config": quickly}
    )
    made.second = made.add_node(**small)
    ray.init(made.address, log_to_driver=False, logging_level="ERROR")
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_machine_that_dies_in_mid_run_loses_nothing(cluster, tmp_path):
    from humanseg.bulk.ray import RayEngine

    source, target = write_photos(tmp_path / "in", 24), tmp_path / "out"
    shard(source / "shard.tar", 6)
    (source / "bad.png").write_bytes(b"no photo")
    config = JobConfig(str(target), make=slow).checked()

    def kill_one(tally, outcome):
        if tally.worked == 4 and cluster.second:
            cluster.remove_node(cluster.second, allow_graceful=False)
            cluster.second = None

    run = Run(Source(str(source / "*")), LocalPlace(target), config, kill_one)
    tally = run.work(RayEngine(config, actors=(2, 2)))
    assert cluster.second is None and (tally.done, tally.failed, run.troubles) == (30, 1, [])
    rows = [
        row for name in records.parts(LocalPlace(target)) for row in records.read(LocalPlace(target), name).to_pylist()
    ]
    keys = [f"{number:03}.png" for number in range(24)] + [f"shard.tar/{number}.png" for number in range(6)]
    assert sorted(row["source"] for row in rows) == sorted([*keys, "bad.png"])
    errors = {row["source"]: row["error"] for row in rows if row["error"]}
    assert errors.keys() == {"bad.png"} and "isn't a picture" in errors["bad.png"]
    assert {path.name for path in target.rglob("*.png")} == {f"{Path(key).name}.png" for key in keys}
    # What this machine alone would list is the same, and done.
    todo = Todo(Index(LocalPlace(target), config.made_with), LocalPlace(target), ".png")
    left = [item.key for item in Source(str(source / "*")).items() if todo.before(item) is not None]
    assert left == ["bad.png"]


@pytest.fixture
def waiting(tmp_path):
    """Two files and an archive of three photos, none of them done."""
    from humanseg.bulk.ray_waiting import Waiting

    place = LocalPlace(tmp_path / "out")
    packed = Packed("s.tar", "1", str(shard(tmp_path / "s.tar", 3)), "s.tar/")
    todo = Todo(Index(place, "x"), place, ".png")
    return Waiting([Task("a.png", "1"), Task("b.png", "1"), packed], todo)


def test_what_came_back_twice_counts_once(waiting):
    archive = identity("s.tar")
    said = [(b"", Outcome("a.png", "1")), (archive, Outcome("s.tar/0.png", "1")), (archive, Note(photos=3, skipped=2))]
    assert list(waiting.answered(said + said)) == [answer for _, answer in said]
    assert list(waiting.tasks.values()) == [Task("b.png", "1")] and len(waiting.blocks(None, 16)) == 2


def test_what_never_came_back_is_named(waiting):
    archive = identity("s.tar")
    list(waiting.answered([(b"", Outcome("a.png", "1")), (archive, Outcome("s.tar/0.png", "1")), (archive, Note(3))]))
    assert [outcome.key for outcome in waiting.given_up()] == ["b.png", "s.tar/1.png", "s.tar/2.png"]


def test_a_photo_that_memory_was_short_for_is_left_for_another_try(waiting):
    short = (b"", Outcome("a.png", "1", error="too large", crashed=True))
    assert list(waiting.answered([short])) == [] and len(waiting.tasks) == 2
    assert list(waiting.answered([short], last=True)) == [short[1]]


def test_blocks_of_an_archive_leave_out_what_is_done_and_what_was_answered(waiting, monkeypatch, tmp_path):
    from humanseg.bulk import ray_tasks

    monkeypatch.setattr(ray_tasks.ray, "get", lambda known: known)
    todo = waiting._todo
    monkeypatch.setattr(todo, "before", lambda item: None if item.key == "s.tar/1.png" else "")
    archive = identity("s.tar")
    list(waiting.answered([(archive, Outcome("s.tar/0.png", "1"))]))
    *_, block = waiting.blocks(todo, 16)
    rows = list(block())
    tasks = [ray_tasks.pickle.loads(row["task"]) for row in rows if row["task"]]
    assert [task.key for task in tasks] == ["s.tar/2.png"] and tasks[0].data.startswith(b"\x89PNG")
    assert ray_tasks.pickle.loads(rows[-1]["said"]) == Note(photos=2, skipped=1)


def test_a_cluster_that_is_not_there_is_said_so(monkeypatch):
    from humanseg.bulk.ray import connect

    def none(*arguments, **options):
        raise ConnectionError("Could not find any running Ray instance.")

    monkeypatch.setattr(ray, "init", none)
    with pytest.raises(EngineError, match=r"There is no Ray cluster at auto \(Could not find.*ray start --head"):
        connect("auto")


class Given:
    """An engine with so many answers, and then perhaps an error."""

    def __init__(self, answers: int, error: str = "") -> None:
        self._answers, self._error = answers, error

    def outcomes(self, tasks, todo):
        for number in range(self._answers):
            yield Outcome(f"{number}.png", "1")
        if self._error:
            raise EngineError(self._error)


@pytest.mark.parametrize(("answers", "error"), [(0, ""), (3, ""), (2500, ""), (3, "No GPU here."), (0, "No GPU here.")])
def test_a_far_cluster_gives_all_answers_a_part_at_a_time(answers, error):
    from humanseg.bulk.ray_client import AT_MOST, Driver

    driver = Driver(lambda: Given(answers, error))
    driver.begin([], None)
    keys, more = [], True
    while more:
        some, more, trouble = driver.more()
        assert len(some) <= AT_MOST[1]
        keys += [outcome.key for outcome in some]
    assert keys == [f"{number}.png" for number in range(answers)] and trouble == error
