"""Where weights come from: a folder, the checkpoint that ships, or the Hub; never a pickle."""

from __future__ import annotations

import os
import re
from pathlib import Path

from humanseg.errors import WeightsError
from humanseg.hub.check import PICKLES, checked, not_a_folder
from humanseg.hub.fetch import fetch
from humanseg.hub.progress import Listener
from humanseg.model.config import CONFIG_NAME, WEIGHTS_NAME

MODEL_VARIABLE = "HUMANSEG_MODEL"
LIVE_VARIABLE = "HUMANSEG_LIVE_MODEL"
SHIPPED_NAME = "humansegnet"
LIVE_NAME = "humansegnet-live"  # a smaller network, for frames that can't wait

# `user/name` or `user/name@revision`, with the characters that the Hub allows.
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_HUB_ID = re.compile(rf"(?P<id>{REPOSITORY.pattern})(?:@(?P<revision>[\w./-]+))?")


def find_weights(
    model: str | Path | None = None,
    *,
    revision: str | None = None,
    needs: str = WEIGHTS_NAME,
    listener: Listener | None = None,
) -> Path:
    """A folder with `config.json` and the network that is needed, both whole.

    Parameters
    ----------
    model : a folder of weights, the name of some that ship with the project (`humansegnet`, `humansegnet-live`), or
        `user/name` or `user/name@revision` on the Hub. By default what the environment variable HUMANSEG_MODEL says,
        or else `humansegnet`. A folder goes before everything else of the same name.
    revision : commit, tag or branch on the Hub. A commit never changes and needs no network once it has been
        fetched. Without a revision the commit that was fetched first stays in use; the log names it.
    needs : the file that the engine reads, `model.safetensors` or `model.onnx`; alone with `config.json` it is
        fetched. `model.safetensors` serves where there is no `model.onnx`.
    listener : is told how far a download is, and what serves instead where the Hub can't be reached

    Raises
    ------
    WeightsError : there is no such folder or model, or what is there aren't our weights
    DownloadError : the Hub can't be reached, and the weights were never fetched

    Examples
    --------
    >>> find_weights("humansegnet").name
    'humansegnet'
    """
    model = model or os.environ.get(MODEL_VARIABLE) or SHIPPED_NAME
    folder = Path(model).expanduser()
    if folder.is_dir():
        return checked(folder, needs)
    if folder.exists():
        raise not_a_folder(folder)
    if model in (SHIPPED_NAME, LIVE_NAME):
        return _shipped(str(model), needs)
    named = _HUB_ID.fullmatch(model) if isinstance(model, str) else None
    if named is None or folder.suffix.lower() in PICKLES:
        raise WeightsError(f"There is no folder of weights {model}: name one with {CONFIG_NAME} and {WEIGHTS_NAME}.")
    if revision and named["revision"] and revision != named["revision"]:
        raise WeightsError(f"{model} names one revision and {revision} is another: name one.")
    return fetch(named["id"], revision or named["revision"], needs, listener)


def find_own(model: str | None = None) -> Path:
    """As `find_weights`, for what writes beside the weights or passes them on: not to those on the Hub.

    Raises
    ------
    WeightsError : a model on the Hub was named, or there are no such weights
    """
    model, _ = models_named(model)
    if is_on_hub(model):
        raise WeightsError(f"{model} is on the Hub, where nothing can be written beside it: name a folder of weights.")
    return find_weights(model)


def models_named(model: str | None = None, live_model: str | None = None) -> tuple[str, str]:
    """Which weights are for photos and which for the webcam, by argument, by the environment or as they ship.

    Weights that are named for photos alone serve the webcam too.

    Examples
    --------
    >>> models_named("somebody/cutter")
    ('somebody/cutter', 'somebody/cutter')
    """
    model = model or os.environ.get(MODEL_VARIABLE)
    live_model = live_model or os.environ.get(LIVE_VARIABLE) or model or LIVE_NAME
    return model or SHIPPED_NAME, live_model


def is_on_hub(model: str) -> bool:
    """Whether a name means a model on the Hub, rather than a folder or weights that ship."""
    return not Path(model).expanduser().exists() and _HUB_ID.fullmatch(model) is not None


def name_on_hub(folder: Path) -> str | None:
    """What a folder of the Hub's cache is called, as `user/name@commit`; None for other folders.

    Examples
    --------
    >>> name_on_hub(Path("hub/models--somebody--cutter/snapshots/0123"))
    'somebody/cutter@0123'
    """
    kind, *names = folder.parent.parent.name.split("--")
    if folder.parent.name != "snapshots" or kind != "models" or len(names) != 2:
        return None
    return f"{'/'.join(names)}@{folder.name}"


def check_here(model: str) -> None:
    """Checks a name that stands for a folder of weights on this computer; one on the Hub is left until it's needed.

    Raises
    ------
    WeightsError : there is no such folder, or what is there aren't our weights
    """
    if not is_on_hub(model):
        find_weights(model)


def _shipped(name: str, needs: str) -> Path:
    package = Path(__file__).resolve().parents[1]
    # In a clone the weights stand beside the package; a wheel carries them inside it.
    for folder in (package.parent / "checkpoints" / name, package / "_checkpoints" / name):
        if (folder / CONFIG_NAME).is_file():
            return checked(folder, needs)
    raise WeightsError(
        f"The weights that ship are missing from {package.parent / 'checkpoints' / name}: name a folder of "
        f"weights, set {MODEL_VARIABLE}, or train your own with train.py."
    )
