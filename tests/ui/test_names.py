"""Whatever a photo or a folder is called, it goes up, its cut-out comes back, and both can be fetched."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
import requests

from humanseg.ui.server.limits import Limits
from humanseg.ui.upload import NAME_BYTES, file_name
from tests.ui.fakes import segmenter
from tests.ui.serving import served

# Names like those of shut addresses, like links, and names that nobody would give to a file.
NAMES = [
    "vibe-check.jpg",
    "undo-vibe-1.png",
    "deep_link.jpg",
    "process_recording.jpg",
    "monitoring",
    "monitoring.png",
    "runs.jpg",
    "run-history.png",
    "proxy=https:x.jpg",
    "file=http:example.org.jpg",
    "file=.jpg",
    "https.jpg",
    "two words.jpg",
    "  spaces around  .jpg",
    'it\'s "quoted".jpg',
    "100%.jpg",
    "%2e%2e%2f.jpg",
    "what?.jpg",
    "no#1.jpg",
    "1+1.jpg",
    "a&b;c=d.jpg",
    "Müller-Łódź.jpg",
    "写真.jpg",
    "🏖️👩‍👧.jpg",
    "right\u202eto left.jpg",
    "\u05d0\u05d1.jpg",
    ".hidden.jpg",
    "..jpg",
    "-rf.jpg",
    "--help",
    "a\nb.jpg",
    "tab\there.jpg",
    "semi;colon.jpg",
    "x" * 240 + ".jpg",
    "写" * 80 + ".jpg",
    "CON.jpg",
    "~.jpg",
    "$HOME.jpg",
    "`id`.jpg",
    "<b>.jpg",
    "{}.jpg",
    "no ending",
]


def through(server: str, photo: Path, name: str) -> list[requests.Response]:
    """The photo under this name, as uploaded and as cut out, fetched from the page."""
    files = {"files": (name, photo.read_bytes(), "image/png")}
    sent = requests.post(f"{server}gradio_api/upload", files=files, timeout=20)
    assert sent.status_code == 200, sent.text
    (path,) = sent.json()
    own = requests.get(f"{server}gradio_api/file={requests.utils.quote(path, safe='')}", timeout=20)
    file = {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
    called = requests.post(f"{server}gradio_api/call/cut_out", json={"data": [file, "png"]}, timeout=20)
    address = f"{server}gradio_api/call/cut_out/{called.json()['event_id']}"
    answer = requests.get(address, timeout=60)
    answer.encoding = "utf-8"
    assert "event: complete" in answer.text, answer.text
    (result,) = json.loads(answer.text.partition("event: complete\ndata: ")[2].partition("\n")[0])
    return [own, requests.get(result["url"], timeout=20)]


@pytest.mark.parametrize("name", NAMES)
def test_a_photo_of_any_name_goes_through(server, photo, name):
    own, result = through(server, photo, name)
    assert own.status_code == 200 and own.content == photo.read_bytes()
    assert result.status_code == 200 and result.content.startswith(b"\x89PNG")
    shown = Path(file_name(name)).stem + "-cutout.png"
    assert unquote(result.url).rpartition("/")[2] == shown


@pytest.mark.parametrize(
    "folder",
    ["vibe-/runs", "monitoring", "deep_link", "file=http:/x", "proxy=http:", "a b%41#?+&", ".hidden/写真", "it's", "~"],
)
def test_the_pages_files_may_lie_below_a_folder_of_any_name(photo, tmp_path, monkeypatch, folder):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / folder))
    with served(segmenter, Limits()) as server:
        own, result = through(server, photo, "holiday.jpg")
    assert own.status_code == result.status_code == 200
    assert (tmp_path / folder).is_dir()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("photo.jpg", "photo.jpg"),
        ("C:\\Users\\me\\photo.jpg", "photo.jpg"),
        ("/etc/photo.jpg", "photo.jpg"),
        ("folder/", "folder"),
        ("a\nb\x00c\u2028d.jpg", "abcd.jpg"),
        ("half\ud83d.jpg", "half.jpg"),
        ("👩‍👧.jpg", "👩‍👧.jpg"),
        (".hidden", ".hidden"),
        *((nothing, "photo") for nothing in ("", " ", ".", "..", "/", "\\", "../..", "\n")),
    ],
)
def test_a_files_name_keeps_what_can_be_written_and_printed(name, kept):
    assert file_name(name) == kept


@pytest.mark.parametrize("name", ["x" * 1000 + ".jpeg", "写" * 300 + ".png", "👩‍👧" * 99, "x." + "y" * 1000])
def test_a_long_name_is_shortened_in_the_middle_of_no_character_and_keeps_its_ending(name):
    kept = file_name(name)
    assert NAME_BYTES - 4 < len(kept.encode()) <= NAME_BYTES
    assert name.endswith(Path(kept).suffix) or len(Path(kept).suffix) > 20
    assert name.startswith(kept[:40])
