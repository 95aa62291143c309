from __future__ import annotations

import os
from pathlib import Path

from humanseg.ui import page
from humanseg.ui.server import sweep
from humanseg.ui.server.limits import Limits
from tests.ui.fakes import segmenter


def test_old_files_go_and_what_the_page_is_made_of_stays(monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", os.environ.get("GRADIO_TEMP_DIR", "/tmp"))
    folder = sweep.private_folder()
    demo = page.build(segmenter, Limits())
    own = set(folder.rglob("*.jpg"))
    assert len(own) > 8, "places and examples are copied there once"
    photo = demo.house.shelf.put("secret.png", b"photo")
    assert photo.is_relative_to(folder)
    assert sweep.sweep(demo, folder, age=60) == 0
    assert sweep.sweep(demo, folder, age=-1) >= 1
    assert not photo.exists()
    assert set(folder.rglob("*.jpg")) == own


def test_files_are_gone_within_the_promised_time():
    for seconds in (1, 60, 3600):
        assert sum(Limits(keep_seconds=seconds).cleaning) <= max(2, seconds)
    assert Path("humanseg/ui/page.py").read_text(encoding="utf-8").count("delete_cache=limits.cleaning") == 1


def test_a_folder_asked_for_that_is_not_there_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "not" / "yet"))
    folder = sweep.private_folder()
    assert folder.is_dir() and folder.parent == tmp_path / "not" / "yet"


def test_a_photo_sent_to_an_mcp_tool_lies_in_the_swept_folder_too(monkeypatch, tmp_path):
    import gradio.mcp

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    for name in ("mcp", "routes", "screen_recording_utils"):
        module = getattr(gradio, name)
        monkeypatch.setattr(module, "DEFAULT_TEMP_DIR", module.DEFAULT_TEMP_DIR)
    folder = sweep.private_folder()
    to_file = gradio.mcp.GradioMCPServer.convert_strings_to_filedata
    made = to_file(None, {"photo": "data:image/png;base64,aGVsbG8="}, [["photo"]])
    assert Path(made["photo"]["path"]).is_relative_to(folder)
