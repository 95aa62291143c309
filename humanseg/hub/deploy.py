"""From weights on the Hub to a Space that shows them: pins them to a commit and uploads the page."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from humanseg.errors import HumanSegError, WeightsError
from humanseg.hub.faults import explained, not_uploaded, persistently
from humanseg.hub.find import REPOSITORY
from humanseg.hub.space import HUB, PinnedWeights, Space
from humanseg.model.config import CONFIG_NAME, ONNX_NAME, WEIGHTS_NAME

LIVE = "-live"  # how the webcam's weights are called beside those for photos


def check_name(repository: str) -> None:
    """Raises HumanSegError where this can't be the name of a Space."""
    if not REPOSITORY.fullmatch(repository):
        raise HumanSegError(f"{repository!r} can't be a Space: name it as user/space.")


def plan(photos: str, live: str | None = None, *, zero_gpu: bool = False) -> Space:
    """The Space that shows these weights, as of the commits that they are at now.

    Parameters
    ----------
    photos, live : user/name or user/name@revision on the Hub, for photos and for the webcam. Without `live` it's the
        repository of the photos' name with `-live` behind it, where there is one

    Raises
    ------
    WeightsError : there is no such model, or a Space can't load it
    DownloadError : the Hub can't be reached
    """
    name = photos.partition("@")[0]
    if live is None and REPOSITORY.fullmatch(name) and _is_there(f"{name}{LIVE}"):
        live = f"{name}{LIVE}"
    needs = [ONNX_NAME]
    if zero_gpu:  # the webcam runs on the CPU there, too
        needs = [WEIGHTS_NAME] if live else [WEIGHTS_NAME, ONNX_NAME]
    return Space(pin(photos, needs), pin(live) if live else None, zero_gpu)


def pin(model: str, needs: Sequence[str] = (ONNX_NAME,)) -> PinnedWeights:
    """Weights as of the commit that they are at now.

    Parameters
    ----------
    model : user/name or user/name@revision
    needs : the files that the engines read, besides the configuration

    Raises
    ------
    WeightsError, DownloadError : as for `plan`
    """
    name, _, revision = model.partition("@")
    if not REPOSITORY.fullmatch(name):
        raise WeightsError(f"{model!r} is no model on the Hub, where a Space takes its weights from: name user/name.")
    try:
        found = _ask(name, revision or None)
    except Exception as error:
        raise explained(error, name, revision or None) from error
    if found.private:
        raise WeightsError(f"{name} is private, so a Space can't load it while it's built: make it public.")
    sizes = {file.rfilename: file.size or 0 for file in found.siblings}
    files = (CONFIG_NAME, *needs)
    for file in files:
        if file not in sizes:
            raise WeightsError(f"{name} has no {file}: upload it with `python -m humanseg publish {name}` first.")
    card = found.card_data or {}
    licence = card.get("license") or ""
    return PinnedWeights(
        repository=name,
        commit=found.sha,
        files={file: sizes[file] for file in files},
        licence=licence if isinstance(licence, str) else "-and-".join(licence),
        licence_name=card.get("license_name") or "",
        licence_link=card.get("license_link") or "",
    )


def _ask(name: str, revision: str | None) -> Any:
    from huggingface_hub import HfApi

    return persistently(lambda: HfApi().model_info(name, revision=revision, files_metadata=True))


def _is_there(name: str) -> bool:
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        _ask(name, None)
    except RepositoryNotFoundError:
        return False
    except Exception as error:
        raise explained(error, name) from error
    return True


def write(files: Mapping[str, bytes | Path], folder: Path) -> None:
    """Writes files below a folder, by their paths in it; those of the disk are copied.

    Raises
    ------
    OSError : they can't be written
    """
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, Path):
            shutil.copyfile(data, path)
        else:
            path.write_bytes(data)


def upload(files: Mapping[str, bytes | Path], repository: str, *, zero_gpu: bool = False, static: bool = False) -> str:
    """Makes these files all that a Space holds, and the Space if there is none yet; gives its address.

    What is there already isn't uploaded again, and what isn't among them is removed.

    Parameters
    ----------
    zero_gpu, static : what kind of Space is made where there is none

    Raises
    ------
    DownloadError : the Hub can't be reached or refuses it
    """
    from huggingface_hub import HfApi, SpaceHardware

    api = HfApi()
    kind = {"repo_id": repository, "repo_type": "space"}
    sdk = "static" if static else "gradio"
    hardware = SpaceHardware.ZERO_A10G if zero_gpu else None
    message = "The page, by `python -m humanseg deploy`"
    try:
        persistently(lambda: api.create_repo(**kind, space_sdk=sdk, space_hardware=hardware, exist_ok=True))
        with tempfile.TemporaryDirectory() as folder:
            write(files, Path(folder))
            persistently(
                lambda: api.upload_folder(**kind, folder_path=folder, delete_patterns="*", commit_message=message)
            )
    except Exception as error:
        raise not_uploaded(error, f"the Space {repository}") from error
    return f"{HUB}/spaces/{repository}"
