import subprocess
import sys

import pytest

import humanseg


def test_the_public_names_are_there():
    for name in humanseg.__all__:
        assert getattr(humanseg, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError):
        humanseg.no_such_name  # noqa: B018


def _modules_after(statement):
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


def test_importing_the_package_costs_nothing():
    assert not _modules_after("import humanseg") & {"torch", "numpy", "cv2", "gradio", "PIL"}


def test_compose_edges_and_photos_need_no_torch():
    assert "torch" not in _modules_after("from humanseg import compose, edges; from humanseg.media import photos")


def test_the_page_starts_without_what_only_training_needs():
    loaded = _modules_after("from humanseg.ui import page")
    assert not loaded & {"albumentations", "accelerate", "matplotlib", "segmentation_models_pytorch"}
    assert "humanseg.training" not in loaded


def test_pictures_are_read_and_written_under_a_short_name():
    from humanseg import images
    from humanseg.media import photos

    assert images is photos
