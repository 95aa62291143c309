"""Weights from the Hub: into its client's standard cache, of one commit, only the files that are needed, checked."""

from __future__ import annotations

import contextlib
import logging
import re
from pathlib import Path
from typing import Any

from humanseg.errors import DownloadError, HumanSegError, WeightsError
from humanseg.files import replacing
from humanseg.hub.check import PICKLES, checked, checksum, matches_its_name
from humanseg.hub.faults import explained, persistently
from humanseg.hub.progress import Listener, progress_bar, small_chunks
from humanseg.model.config import CONFIG_NAME, ONNX_NAME, WEIGHTS_NAME, read_config
from humanseg.model.onnx_file import OnnxFile, check_belongs

log = logging.getLogger(__name__)

_COMMIT = re.compile(r"[0-9a-f]{40}")


def fetch(repository: str, revision: str | None, needs: str, listener: Listener | None = None) -> Path:
    """The folder of a model's files in the Hub's cache.

    What was fetched before is used as it is: start-up waits for no network, and weights never change unasked. A
    branch or tag, which may have moved, is looked up again where it was asked for by name; where that fails, the
    copy that was fetched before serves.

    Parameters
    ----------
    revision : commit, branch or tag
    needs, listener : as for `find_weights`

    Raises
    ------
    WeightsError, DownloadError : as for `find_weights`
    """
    if revision and (".." in revision or revision.startswith("/")):
        raise WeightsError(f"{revision} can't be a revision: name a commit, tag or branch of {repository}.")
    settled = revision is None or _COMMIT.fullmatch(revision)
    commit, kept = _kept(repository, revision, needs)
    if settled and kept and ((kept / needs).is_file() or _has_none(repository, commit, needs)):
        return _announced(repository, revision, kept)
    try:
        # The commit that was fetched first stays in use, also where another of its files is needed now.
        folder = _fetched(repository, commit if settled and commit else revision, needs, listener)
    except HumanSegError as error:
        if kept is None:
            raise
        what_is_wrong = str(error).rpartition(": ")[0]
        sentence = f"{what_is_wrong}: the copy of {repository} that was fetched earlier serves."
        log.warning("%s", sentence)
        if listener:
            listener.instead(sentence)
        return kept
    return _announced(repository, revision, folder)


def _kept(repository: str, revision: str | None, needs: str) -> tuple[str | None, Path | None]:
    """The commit that something was fetched of earlier, and its folder where the network in it is whole."""
    config = _in_cache(repository, revision, CONFIG_NAME)
    if not isinstance(config, str):
        return None, None
    folder = Path(config).parent
    try:
        there = [name for name in (needs, WEIGHTS_NAME) if (folder / name).is_file()]
        if not there:
            return folder.name, None
        for name in (CONFIG_NAME, *there):
            if not matches_its_name(folder / name):
                raise WeightsError(f"{folder / name} hasn't the checksum that it should have.")
        return folder.name, checked(folder, needs)
    except (WeightsError, OSError) as error:
        log.warning("The cached copy of %s can't be used, so it's fetched again: %s", repository, error)
        return folder.name, None


def _in_cache(repository: str, revision: str | None, name: str) -> Any:
    """The path of a file in the Hub's cache; another object where it's known that there is none on the Hub."""
    # Imported only here: the page starts without it where the weights are on the disk.
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        return try_to_load_from_cache(repository, name, revision=revision or "main")
    except (HFValidationError, OSError):  # no name for a model; a cache that belongs to somebody else
        return None


def _has_none(repository: str, commit: str | None, name: str) -> bool:
    found = _in_cache(repository, commit, name)
    return found is not None and not isinstance(found, str)


def _fetched(repository: str, revision: str | None, needs: str, listener: Listener | None) -> Path:
    """Fetches what is needed of a model, and makes sure that it is what the Hub says it is."""
    from huggingface_hub import HfApi, constants

    try:
        about = persistently(
            lambda: HfApi().model_info(
                repository, revision=revision, files_metadata=True, timeout=constants.HF_HUB_ETAG_TIMEOUT
            )
        )
        stated = {file.rfilename: file for file in about.siblings or []}
        network = _network_of(repository, stated, needs)
        folder = _file(repository, about.sha, stated[CONFIG_NAME]).parent
        read_config(folder)  # before megabytes of somebody else's model are fetched
        _file(repository, about.sha, stated[network], listener)
        checked(folder, needs)
        if network == ONNX_NAME:
            _check_belongs(repository, folder, stated.get(WEIGHTS_NAME))
        if network != needs:
            _note_absence(repository, about.sha, needs)
        _remember(folder, revision)
    except Exception as error:
        # The Hub's client passes on all exceptions of its HTTP library, of the disk and of its own checks.
        raise explained(error, repository, revision) from error
    return folder


def _network_of(repository: str, stated: dict[str, Any], needs: str) -> str:
    """Which of a model's files is fetched besides the configuration."""
    network = needs if needs in stated else WEIGHTS_NAME
    for name in (CONFIG_NAME, network):
        if name not in stated:
            pickles = sorted(name for name in stated if Path(name).suffix.lower() in PICKLES)
            instead = f" ({pickles[0]} is a pickle, which can run any code and is never loaded)" if pickles else ""
            raise WeightsError(
                f"The model {repository} on the Hub has no {name}{instead}: name one with {CONFIG_NAME} and "
                f"{WEIGHTS_NAME}."
            )
    return network


def _check_belongs(repository: str, folder: Path, weights: Any) -> None:
    """Checks that `model.onnx` was made from the configuration and the weights beside it on the Hub."""
    try:
        file = OnnxFile.read(folder / ONNX_NAME)
        check_belongs(file, folder)
        if weights and weights.lfs and weights.lfs.sha256 != file.weights_sha256:
            raise WeightsError(
                f"{ONNX_NAME} of {repository} was made from other weights than its {WEIGHTS_NAME}: have it published "
                "anew, or use the engine torch."
            )
    except WeightsError:
        (folder / ONNX_NAME).unlink()  # or it would be taken for whole from now on
        raise


def _file(repository: str, commit: str, stated: Any, listener: Listener | None = None) -> Path:
    """One file in the cache, with the size and the checksum that the Hub states of it."""
    from huggingface_hub import hf_hub_download

    name, bar = stated.rfilename, progress_bar(listener, stated.size or 0)
    for _ in range(2):
        with small_chunks():
            path = Path(persistently(lambda: hf_hub_download(repository, name, revision=commit, tqdm_class=bar)))
        if _is_as_stated(path, stated):
            return path
        log.warning("%s of %s isn't what the Hub says it is (size or checksum).", name, repository)
        # Not left to the client's `force_download`, which doesn't replace it on a disk without links.
        for part in (path.parent / path.readlink(), path) if path.is_symlink() else (path,):
            part.unlink(missing_ok=True)
    raise DownloadError(f"{name} of {repository} arrived damaged twice (size or checksum are wrong): try again later.")


def _is_as_stated(path: Path, stated: Any) -> bool:
    promised = stated.lfs.sha256 if stated.lfs else stated.blob_id
    if promised is None:  # a mirror that says less
        return matches_its_name(path)
    return path.stat().st_size == stated.size and checksum(path, promised) == promised


def _note_absence(repository: str, commit: str, name: str) -> None:
    """Lets the Hub's client note in its cache that there is no such file, so that nobody asks for it again."""
    from huggingface_hub import hf_hub_download

    with contextlib.suppress(Exception):
        hf_hub_download(repository, name, revision=commit)


def _remember(folder: Path, revision: str | None) -> None:
    """Notes which commit a branch or tag stood for, as the Hub's client does, once all files of it are there."""
    if revision and _COMMIT.fullmatch(revision):
        return
    note = folder.parents[1] / "refs" / (revision or "main")
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        with replacing(note) as path:
            path.write_text(folder.name, encoding="ascii")
    except OSError as error:
        log.debug("What %s stands for can't be noted: %s", revision, error)


def _announced(repository: str, revision: str | None, folder: Path) -> Path:
    if revision is None:
        log.info("Using %s as of commit %s; to pin it, say %s@%s.", repository, folder.name, repository, folder.name)
    return folder
