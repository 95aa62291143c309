from __future__ import annotations

import subprocess
import sys

import pytest

import app
from humanseg.ui.server.limits import Limits


def test_limits_that_make_no_sense_are_a_sentence_and_not_a_stack_trace(monkeypatch, capsys):
    monkeypatch.setenv("HUMANSEG_MAX_PHOTOS", "lots")
    assert app.main([]) == 1
    assert "HUMANSEG_MAX_PHOTOS" in capsys.readouterr().err


def test_help_names_the_options(capsys):
    with pytest.raises(SystemExit) as ended:
        app.main(["--help"])
    assert ended.value.code == 0
    assert "--model" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "environment", "photos", "webcam"),
    [
        ([], {}, "humansegnet", "humansegnet-live"),
        (["--model", "mine"], {}, "mine", "mine"),
        ([], {"HUMANSEG_MODEL": "mine"}, "mine", "mine"),
        ([], {"HUMANSEG_LIVE_MODEL": "quick"}, "humansegnet", "quick"),
        ([], {"HUMANSEG_MODEL": "mine", "HUMANSEG_LIVE_MODEL": "quick"}, "mine", "quick"),
        (["--model", "mine", "--live-model", "quick"], {"HUMANSEG_LIVE_MODEL": "other"}, "mine", "quick"),
    ],
)
def test_the_webcam_has_its_own_network_unless_somebody_brings_theirs(
    monkeypatch, arguments, environment, photos, webcam
):
    import humanseg
    from humanseg.ui import model

    monkeypatch.setattr(humanseg.Segmenter, "from_pretrained", lambda model, engine, listener: [model])
    monkeypatch.setattr(model, "warm_up", lambda *_: None)
    monkeypatch.setattr(app, "check_here", lambda model: None)
    for name in ("HUMANSEG_MODEL", "HUMANSEG_LIVE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    built = []
    monkeypatch.setattr(app, "serve", lambda build, limits: built.append(build()))
    assert app.main(arguments) == 0
    ((demo, options),) = built
    assert demo.context.model.get() == [photos] and demo.context.live.get() == [webcam]
    assert (demo.context.live is demo.context.model) == (photos == webcam)
    assert options["inbrowser"] is False


def test_on_zero_gpu_photos_have_pytorch_and_the_webcam_the_processor(monkeypatch):
    import humanseg
    from humanseg.ui import model, zero_gpu

    monkeypatch.setattr(zero_gpu, "is_here", lambda: True)
    monkeypatch.setattr(zero_gpu, "prepare", lambda: None)
    monkeypatch.setattr(zero_gpu, "on_gpu", lambda function: function)
    monkeypatch.setattr(model, "warm_up", lambda *_: None)
    monkeypatch.setattr(humanseg.Segmenter, "from_pretrained", lambda model, engine, listener: [model, engine])
    demo, _ = app.build(Limits(), "somebody/cutter", "somebody/cutter", False)
    assert demo.context.model.get() == ["somebody/cutter", "torch"]
    assert demo.context.live.get() == ["somebody/cutter", "openvino"]


@pytest.mark.parametrize("option", ["--model", "--live-model"])
def test_a_folder_without_weights_is_a_sentence_before_the_page_is_opened(monkeypatch, capsys, tmp_path, option):
    monkeypatch.setattr(app, "serve", lambda *_: pytest.fail("the page was opened"))
    assert app.main([option, str(tmp_path)]) == 1
    assert app.main([option, str(tmp_path / "gone")]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2 and all(str(tmp_path) in line and "config.json" in line for line in errors)


@pytest.mark.parametrize("variable", ["HUMANSEG_MODEL", "HUMANSEG_LIVE_MODEL"])
def test_a_folder_without_weights_in_the_environment_is_a_sentence_too(monkeypatch, capsys, variable):
    monkeypatch.setattr(app, "serve", lambda *_: pytest.fail("the page was opened"))
    monkeypatch.setenv(variable, "/nowhere")
    assert app.main([]) == 1 and "/nowhere" in capsys.readouterr().err


def test_a_model_on_the_hub_is_fetched_while_the_page_is_open_already(monkeypatch):
    opened = []
    monkeypatch.setattr(app, "serve", lambda *arguments: opened.append(arguments))
    assert app.main(["--model", "somebody/something"]) == 0
    assert opened


def test_help_and_wrong_settings_are_said_without_waiting_for_gradio(repository):
    code = "import app, sys; app.main(['--model', '/nowhere']); sys.exit('gradio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr.count("\n") == 1 and "/nowhere" in done.stderr
