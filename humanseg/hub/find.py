"""Where weights come from: a folder, the checkpoint that ships, or the Hub; always safetensors, never a pickle."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
from pathlib import Path

from humanseg.errors import DownloadError, HumanSegError, WeightsError
from humanseg.model.config import CONFIG_NAME, WEIGHTS_NAME, read_config

log = logging.getLogger(__name__)

MODEL_VARIABLE = "HUMANSEG_MODEL"
SHIPPED_NAME = "humansegnet"
LIVE_NAME = "humansegnet-live"  # a smaller network, for frames that can't wait

# `user/name` or `user/name@revision`, with the characters that the Hub allows.
_HUB_ID = re.compile(r"(?P<id>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@(?P<revision>[\w./-]+))?")
_PICKLES = {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle"}
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Errors of a disk that can't be written.
_STORAGE = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
}


def find_weights(model: str | Path | None = None, *, revision: str | None = None) -> Path:
    """The folder with `config.json` and `model.safetensors` that was asked for.

    Parameters
    ----------
    model : a folder of weights, the name of some that ship with the project (`humansegnet`, `humansegnet-live`), or
        `user/name` or `user/name@revision` on the Hub. By default what the environment variable HUMANSEG_MODEL says,
        or else `humansegnet`. A folder goes before everything else of the same name.
    revision : commit, tag or branch on the Hub. A commit never changes and needs no network once it has been
        fetched. Without a revision the one that was fetched first stays in use; the log names it.

    Raises
    ------
    WeightsError : there is no such folder or model, or what is there aren't our weights
    DownloadError : the Hub can't be reached, and the weights were never fetched
    """
    model = model or os.environ.get(MODEL_VARIABLE) or SHIPPED_NAME
    folder = Path(model).expanduser()
    if folder.is_dir():
        return _checked(folder)
    if folder.exists():
        raise _not_a_folder(folder)
    if model in (SHIPPED_NAME, LIVE_NAME):
        return _shipped(str(model))
    named = _HUB_ID.fullmatch(model) if isinstance(model, str) else None
    if named is None or folder.suffix.lower() in _PICKLES:
        raise WeightsError(f"There is no folder of weights {model}: name one with {CONFIG_NAME} and {WEIGHTS_NAME}.")
    if revision and named["revision"] and revision != named["revision"]:
        raise WeightsError(f"{model} names one revision and {revision} is another: name one.")
    return _from_hub(named["id"], revision or named["revision"])


def check_here(model: str) -> None:
    """Checks a name that stands for a folder of weights on this computer; one on the Hub is left until it's needed.

    Raises
    ------
    WeightsError : there is no such folder, or what is there aren't our weights
    """
    if Path(model).expanduser().exists() or not _HUB_ID.fullmatch(model):
        find_weights(model)


def _shipped(name: str) -> Path:
    package = Path(__file__).resolve().parents[1]
    # In a clone the weights stand beside the package; a wheel carries them inside it.
    for folder in (package.parent / "checkpoints" / name, package / "_checkpoints" / name):
        if (folder / CONFIG_NAME).is_file():
            return _checked(folder)
    raise WeightsError(
        f"The weights that ship are missing from {package.parent / 'checkpoints' / name}: name a folder of "
        f"weights, set {MODEL_VARIABLE}, or train your own with train.py."
    )


def _checked(folder: Path) -> Path:
    """The folder, once it's sure that it holds both files and that they are whole."""
    from safetensors import SafetensorError, safe_open

    read_config(folder)
    weights = folder / WEIGHTS_NAME
    if not weights.is_file():
        pickles = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in _PICKLES)
        instead = f" ({pickles[0]} is a pickle, which can run any code and is never loaded)" if pickles else ""
        raise WeightsError(f"There is no {weights}{instead}: name a folder with {CONFIG_NAME} and {WEIGHTS_NAME}.")
    try:
        # Reads the header only, and compares it with the file's length.
        with safe_open(weights, framework="numpy"):
            pass
    except (SafetensorError, OSError) as error:
        pointer = _is_lfs_pointer(weights)
        remedy = "run `git lfs pull` in the clone" if pointer else "fetch the weights again"
        raise WeightsError(f"{weights} isn't a whole safetensors file ({error}): {remedy}.") from error
    return folder


def _is_lfs_pointer(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(24) == b"version https://git-lfs."
    except OSError:
        return False


def _not_a_folder(path: Path) -> WeightsError:
    if path.suffix.lower() in _PICKLES:
        return WeightsError(
            f"{path} is a pickle, which can run any code and is never loaded: name a folder with {CONFIG_NAME} and "
            f"{WEIGHTS_NAME}."
        )
    return WeightsError(f"{path} is a file: name the folder that holds {CONFIG_NAME} and {WEIGHTS_NAME}.")


def _from_hub(repository: str, revision: str | None) -> Path:
    # Weights that were fetched before are used as they are: start-up waits for no network, and weights never change
    # unasked. A branch or tag, which may have moved, is looked up again where it was asked for by name.
    settled = revision is None or _COMMIT.fullmatch(revision)
    if settled:
        try:
            return _announced(repository, revision, _snapshot(repository, revision, local_files_only=True))
        except OSError as error:  # nothing was fetched yet, or the cache belongs to another user
            log.debug("Nothing of %s in the Hub's cache: %s", repository, error)
        except WeightsError as error:
            log.warning("The cached copy of %s is damaged, so it's fetched again: %s", repository, error)
            return _announced(repository, revision, _fetched(repository, revision, force_download=True))
    return _announced(repository, revision, _fetched(repository, revision))


def _snapshot(repository: str, revision: str | None, **options: bool) -> Path:
    # Loaded only here: the page starts without it where the weights are on the disk.
    from huggingface_hub import snapshot_download

    folder = snapshot_download(repository, revision=revision, allow_patterns=[CONFIG_NAME, WEIGHTS_NAME], **options)
    for name in (CONFIG_NAME, WEIGHTS_NAME):
        if not (Path(folder) / name).is_file():
            raise WeightsError(f"The model {repository} on the Hub has no {name}, so it isn't one of HumanSegNet's.")
    if not options.get("local_files_only"):
        _verify_checksum(Path(folder) / WEIGHTS_NAME)
    return _checked(Path(folder))


def _fetched(repository: str, revision: str | None, **options: bool) -> Path:
    from huggingface_hub import errors

    at = f" at revision {revision}" if revision else ""
    try:
        return _snapshot(repository, revision, **options)
    except errors.GatedRepoError as error:
        raise WeightsError(
            f"The model {repository} is gated: ask for access on its page, then log in with `hf auth login`."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise WeightsError(
            f"The model {repository} has no revision {revision}: see its page for those it has."
        ) from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise WeightsError(
            f"There is neither a folder {repository} here nor a public model of that name on the Hub: check the name, "
            "or log in with `hf auth login` if it's private."
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise DownloadError(
            f"The Hub can't be reached and {repository}{at} was never fetched on this machine: connect to the "
            "internet, or name a folder of weights."
        ) from error
    except HumanSegError:
        raise
    except OSError as error:
        if error.errno not in _STORAGE:
            raise _not_fetched(repository, at, error) from error
        return _kept_earlier(repository, revision, at, error)
    # The Hub's client passes on all exceptions of its HTTP library, of the disk and of its own checks.
    except Exception as error:
        raise _not_fetched(repository, at, error) from error


def _not_fetched(repository: str, at: str, error: Exception) -> DownloadError:
    log.debug("Fetching %s%s failed", repository, at, exc_info=error)
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return DownloadError(f"{repository}{at} couldn't be fetched from the Hub ({reason}): try again later.")


def _kept_earlier(repository: str, revision: str | None, at: str, error: OSError) -> Path:
    """The copy in the Hub's cache, where the cache can't be written.

    Raises
    ------
    DownloadError : there is none
    """
    reason = error.strerror or type(error).__name__
    try:
        folder = _snapshot(repository, revision, local_files_only=True)
    except OSError:
        raise DownloadError(
            f"{repository}{at} can't be kept in the Hub's cache ({reason}): make room there, or name another folder in "
            "HF_HOME."
        ) from error
    log.warning("The Hub's cache can't be written (%s): using the copy of %s%s that is there.", reason, repository, at)
    return folder


def _verify_checksum(weights: Path) -> None:
    # The Hub's client checks lengths only; its cache names a large file by the SHA-256 that the Hub promised.
    blob = weights.resolve()
    if not _SHA256.fullmatch(blob.name):
        return
    digest = hashlib.sha256()
    with blob.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != blob.name:
        blob.unlink()
        raise DownloadError(f"{weights} arrived damaged (its checksum is wrong): run the same command again.")


def _announced(repository: str, revision: str | None, folder: Path) -> Path:
    if revision is None:
        log.info("Using %s as of commit %s; to pin it, say %s@%s.", repository, folder.name, repository, folder.name)
    return folder
