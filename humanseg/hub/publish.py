"""Weights to the Hub: the network in both forms, its configuration, and the model card with the licence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humanseg.errors import HumanSegError
from humanseg.hub.card import CARD_NAME, model_card
from humanseg.hub.check import checked, checksum
from humanseg.hub.faults import explained, not_uploaded, persistently
from humanseg.hub.find import REPOSITORY
from humanseg.hub.licence import LICENCE_NAME, licence_of
from humanseg.model.config import CONFIG_NAME, ONNX_NAME, WEIGHTS_NAME, read_config
from humanseg.model.onnx_file import OnnxFile, check_belongs

_PICTURE = re.compile(r"!\[[^]]*\]\(([\w-][\w.-]*)\)")  # that the card shows from beside itself


@dataclass(frozen=True)
class Upload:
    """One file of a model.

    Attributes
    ----------
    name : in the repository
    path : on the disk
    state : new, changed or unchanged, compared with what the Hub has
    """

    name: str
    path: Path
    state: str

    @property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size


def check_name(repository: str) -> None:
    """Raises HumanSegError where this can't be the name of a model."""
    if not REPOSITORY.fullmatch(repository):
        raise HumanSegError(f"{repository!r} can't be the name of a model: name it as user/name.")


def gather(folder: Path, repository: str, scratch: Path, licence: str | None = None) -> dict[str, Path]:
    """The files that make up a model on the Hub, by their names there, once it's sure that they belong together.

    Parameters
    ----------
    folder : of weights; `model.onnx` is among them where it's there
    scratch : a folder where the card and the licence are written
    licence : as for `licence_of`

    Raises
    ------
    WeightsError : a file is missing or damaged, or not of the same weights as the others
    HumanSegError : the licence can't be that
    """
    checked(folder)
    own = {name: folder / name for name in (WEIGHTS_NAME, ONNX_NAME, CONFIG_NAME) if (folder / name).is_file()}
    if ONNX_NAME in own:
        check_belongs(OnnxFile.read(folder / ONNX_NAME), folder)
    config = read_config(folder)
    terms = licence_of(config, licence)
    written = {CARD_NAME: model_card(config, repository, terms)}
    if terms.text is not None:
        written[LICENCE_NAME] = terms.text
    for name, text in written.items():
        (scratch / name).write_text(text, encoding="utf-8")
    own |= {name: folder / name for name in _PICTURE.findall(written[CARD_NAME]) if (folder / name).is_file()}
    return own | {name: scratch / name for name in written}


def compare(repository: str, files: dict[str, Path]) -> tuple[list[Upload], str | None]:
    """What would be uploaded, and the commit that the Hub has now; None where there is no such model yet.

    Raises
    ------
    DownloadError : the Hub can't be reached
    WeightsError : it refuses to tell
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        about = persistently(lambda: HfApi().model_info(repository, files_metadata=True))
    except Exception as error:
        if isinstance(error, RepositoryNotFoundError) and not isinstance(error, GatedRepoError):
            return [Upload(name, path, "new") for name, path in files.items()], None
        raise explained(error, repository) from error
    there = {file.rfilename: file for file in about.siblings or []}
    return [Upload(name, path, _state(path, there.get(name))) for name, path in files.items()], about.sha


def _state(path: Path, there: Any) -> str:
    if there is None:
        return "new"
    stated = there.lfs.sha256 if there.lfs else there.blob_id
    return "unchanged" if stated and checksum(path, stated) == stated else "changed"


def publish(repository: str, uploads: Sequence[Upload], *, private: bool = False) -> str:
    """Uploads what is new or changed, in one commit, to a model that is made where there is none; gives the commit.

    Parameters
    ----------
    private : whether only its owners may see a model that is made; one that is there stays as it is

    Raises
    ------
    DownloadError : the Hub can't be reached, or doesn't take it
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi()

    def commit() -> str:
        additions = [CommitOperationAdd(upload.name, upload.path) for upload in uploads if upload.state != "unchanged"]
        message = "Weights, by `python -m humanseg publish`"
        return api.create_commit(repository, additions, commit_message=message).oid

    try:
        persistently(lambda: api.create_repo(repository, private=private or None, exist_ok=True))
        return persistently(commit)
    except Exception as error:
        raise not_uploaded(error, f"the model {repository}") from error
