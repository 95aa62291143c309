"""A bucket is read from and written to whole, however unreliable the server is; wrong rights are said at once."""

import io
import time
import urllib.request

import numpy as np
import pytest
from PIL import Image

from humanseg.bulk import addresses, records
from humanseg.bulk.job import JobConfig
from humanseg.bulk.local import LocalEngine
from humanseg.bulk.places import open_place
from humanseg.bulk.run import Run
from humanseg.bulk.sources import Source
from humanseg.cli import main
from humanseg.errors import HumanSegError
from tests.bulk.stores import s3_server
from tests.bulk.workers import write_photo
from tests.ui.fakes import segmenter

pytest.importorskip("moto", reason="moto isn't installed: pip install -r requirements-dev.txt.")
pytest.importorskip("s3fs", reason="s3fs isn't installed: pip install -r requirements-bulk.txt.")


@pytest.fixture
def s3(monkeypatch):
    """An unreliable server with the bucket `photos`; gives a client that goes round the trouble, and the server."""
    import boto3
    import s3fs

    with s3_server() as (address, unreliable):
        for name, value in {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        client = boto3.client("s3", config=boto3.session.Config(retries={"max_attempts": 10}))
        # What moto keeps is the process's, not the server's.
        urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/reset", method="POST")).close()
        client.create_bucket(Bucket="photos")
        yield client, unreliable
        s3fs.S3FileSystem.clear_instance_cache()


def fill(client, tmp_path, count: int) -> list[str]:
    keys = [f"in/{number % 3}/{number:03}.png" for number in range(count)]
    for number, key in enumerate(keys):
        client.put_object(Bucket="photos", Key=key, Body=write_photo(tmp_path / "a.png", number).read_bytes())
    return [key.removeprefix("in/") for key in keys]


def run(source: str, target: str, processes: int = 2):
    config = JobConfig(target, make=segmenter).checked()
    work = Run(Source(source, target), open_place(target), config)
    return work.work(LocalEngine(config, processes))


def test_a_bucket_that_answers_503_slowly_or_in_part_loses_nothing(s3, tmp_path):
    client, unreliable = s3
    keys = fill(client, tmp_path, 12)
    client.put_object(Bucket="photos", Key="in/notes.txt", Body=b"no photo")
    client.put_object(Bucket="photos", Key="in/empty/", Body=b"")
    unreliable.injected = dict.fromkeys(unreliable.injected, 0)
    tally = run("s3://photos/in", "s3://photos/out")
    assert (tally.done, tally.failed, tally.skipped) == (12, 0, 0)
    assert min(unreliable.injected.values()) >= 1, unreliable.injected
    place = open_place("s3://photos/out")
    rows = [row for name in records.parts(place) for row in records.read(place, name).to_pylist()]
    assert sorted(row["source"] for row in rows) == sorted(keys)
    for row in rows:
        assert np.asarray(Image.open(io.BytesIO(place.get(row["target"])))).shape == (24, 32, 4)
    assert place.get("report.html").startswith(b"<!doctype html>")
    # One is changed: its ETag says so.
    client.put_object(Bucket="photos", Key="in/0/000.png", Body=write_photo(tmp_path / "a.png", 99).read_bytes())
    tally = run("s3://photos/in", "s3://photos/out", 1)
    assert (tally.done, tally.skipped) == (1, 11)


def test_a_folder_of_more_objects_than_a_page_holds_is_listed_whole(s3, monkeypatch):
    client, _ = s3
    for number in range(5):
        client.put_object(Bucket="photos", Key=f"many/{number}.jpg", Body=b"x")
    client.put_object(Bucket="photos", Key="many.jpg", Body=b"beside it")
    system, _ = addresses.file_system("s3://photos/many")
    whole = system.call_s3

    monkeypatch.setattr(type(system), "call_s3", lambda self, *a, **more: whole(*a, **more, MaxKeys=2))
    items = list(Source("s3://photos/many").items())
    assert sorted(item.key for item in items) == [f"{number}.jpg" for number in range(5)]
    assert len({item.version for item in items}) == 1 and items[0].version.startswith("1-")


def test_patterns_and_single_objects_are_sources_too(s3, tmp_path):
    client, _ = s3
    fill(client, tmp_path, 4)
    assert sorted(item.key for item in Source("s3://photos/in/*/*.png").items()) == [
        "0/000.png", "0/003.png", "1/001.png", "2/002.png",
    ]  # fmt: skip
    assert [item.key for item in Source("s3://photos/in/0/000.png").items()] == ["000.png"]


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        ("s3://photos/none", "s3://photos/out", "There is no s3://photos/none"),
        ("s3://missing/in", "s3://photos/out", "There is no s3://missing/in"),
        ("s3://forbidden/in", "s3://photos/out", "credentials"),
        ("s3://photos/in", "s3://forbidden/out", "s3://forbidden/out/_records"),
        ("s3://photos/in", "s3://missing/out", "can't be written"),
        ("s3://photos/in", "s3://photos/in/out", "above or in the source"),
        ("s3://photos/in", "s3://photos/", "above or in the source"),
        ("nowhere://photos/in", "s3://photos/out", "nowhere"),
    ],
)
def test_what_cannot_be_reached_is_said_in_one_sentence_at_once(s3, tmp_path, capsys, source, target, says):
    fill(s3[0], tmp_path, 1)
    start = time.monotonic()
    assert main(["bulk", source, target]) == 1
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1 and time.monotonic() - start < 10


def test_without_credentials_it_says_so_at_once(s3, capsys, monkeypatch, tmp_path):
    import s3fs

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    s3fs.S3FileSystem.clear_instance_cache()
    start = time.monotonic()
    assert main(["bulk", "s3://photos/in", str(tmp_path / "out")]) == 1
    assert "redentials" in capsys.readouterr().err and time.monotonic() - start < 10


def test_what_may_pass_is_tried_again_and_what_stays_is_not(monkeypatch):
    monkeypatch.setattr(addresses, "PAUSES", (0, 0))
    for error, tries in (
        (OSError(16, "busy"), 3),
        (TimeoutError(), 3),
        (FileNotFoundError(), 1),
        (PermissionError(), 1),
    ):
        asked = []

        def ask(error=error, asked=asked):
            asked.append(1)
            raise error

        with pytest.raises(type(error)):
            addresses.patiently(ask)
        assert len(asked) == tries


def test_the_hub_is_a_source_alone(capsys, tmp_path):
    write_photo(tmp_path / "a.png", 1)
    assert main(["bulk", str(tmp_path), "hf://datasets/me/cut"]) == 1
    assert "hf upload-large-folder" in capsys.readouterr().err


def test_any_file_system_of_fsspec_serves(tmp_path):
    import fsspec

    system = fsspec.filesystem("memory")
    system.pipe_file("/here/a/b.png", write_photo(tmp_path / "a.png", 1).read_bytes())
    system.pipe_file("/here/.hidden/c.png", b"")
    (item,) = Source("memory://here").items()
    assert item.key == "a/b.png" and addresses.read_photo(item.where).startswith(b"\x89PNG")
    with pytest.raises(HumanSegError, match="can't be read"):
        addresses.read_photo("memory://here/none.png")
