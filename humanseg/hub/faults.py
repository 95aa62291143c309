"""What can go wrong between here and the Hub: what is tried again, and what is said of the rest."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable
from typing import TypeVar

from humanseg.errors import DownloadError, HumanSegError, WeightsError

log = logging.getLogger(__name__)

TRIES = 3
LONGEST_WAIT = 60  # seconds; a Hub that asks for more is given up
# Statuses of a server that may answer next time.
_PASSING = {408, 425, 429, 500, 502, 503, 504}
# Errors of a disk that can't be written.
STORAGE = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
}

Answer = TypeVar("Answer")


def persistently(action: Callable[[], Answer]) -> Answer:
    """What `action` gives, tried again where the Hub or the network may do better the next time.

    The Hub's client does so for some of its requests alone: neither for those that look a model up, nor for a
    download that the server resets or answers with status 500.
    """
    for number in range(1, TRIES + 1):
        try:
            return action()
        except Exception as error:
            wait = _pause_after(error, number)
            if number == TRIES or wait is None:
                raise
            log.warning("%s: trying again in %g s.", _reason(error), wait)
        time.sleep(wait)
    raise AssertionError("the last try returns or raises")


def _pause_after(error: Exception, number: int) -> float | None:
    """Seconds to wait after the `number`th failure; None where another try would fail in the same way."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled

    if isinstance(error, HfHubHTTPError):
        if error.response.status_code not in _PASSING:
            return None
        asked = error.response.headers.get("Retry-After", "")
        wait = int(asked) if asked.isdecimal() else 2 ** (number - 1)
        return wait if wait <= LONGEST_WAIT else None
    # Of a file that it can't ask for the client says that it isn't there, after several tries of its own.
    final = (HumanSegError, HFValidationError, OfflineModeIsEnabled, LocalEntryNotFoundError)
    if isinstance(error, final) or is_of_the_disk(error):
        return None
    return 2 ** (number - 1)


def is_of_the_disk(error: Exception) -> bool:
    """Whether it was the disk that couldn't be written."""
    return isinstance(error, OSError) and error.errno in STORAGE


def explained(error: Exception, repository: str, revision: str | None = None) -> HumanSegError:
    """An error of the Hub's client as a sentence for people.

    Returns
    -------
    DownloadError where the Hub can't be reached or fails; WeightsError where it answers that this can't be had
    """
    from huggingface_hub import errors

    if isinstance(error, HumanSegError):
        return error
    log.debug("The Hub's client failed at %s", repository, exc_info=error)
    at = f" at revision {revision}" if revision else ""
    if isinstance(error, errors.LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    if isinstance(error, errors.OfflineModeIsEnabled):
        return DownloadError(
            f"The Hub can't be reached, since HF_HUB_OFFLINE is set: unset it to fetch {repository}{at}, or name a "
            "folder of weights."
        )
    if isinstance(error, errors.HfHubHTTPError):
        return _refused(error, repository, revision, at)
    if isinstance(error, errors.HFValidationError):
        return _no_such_model(repository)
    if isinstance(error, errors.HTTPError | errors.LocalEntryNotFoundError):
        return DownloadError(
            f"The Hub can't be reached: connect to the internet to fetch {repository}{at}, or name a folder of weights."
        )
    if is_of_the_disk(error):
        return DownloadError(
            f"{repository}{at} can't be kept in the Hub's cache ({error.strerror or type(error).__name__}): make room "
            "there, or name another folder in HF_HOME."
        )
    return DownloadError(f"{repository}{at} couldn't be fetched from the Hub ({_reason(error)}): try again later.")


def _refused(error: Exception, repository: str, revision: str | None, at: str) -> HumanSegError:
    """What to say of an answer of the Hub that isn't what was asked for."""
    from huggingface_hub import errors

    status = error.response.status_code
    if isinstance(error, errors.GatedRepoError):
        return WeightsError(
            f"The model {repository} is gated: ask for access on its page, then log in with `hf auth login`."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return WeightsError(
            f"The model {repository} has no revision {revision or 'main'}: see its page for those it has."
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return _no_such_model(repository)
    if isinstance(error, errors.DisabledRepoError):
        return WeightsError(f"The Hub has closed access to {repository}: see its page, or name other weights.")
    if status == 401:
        return WeightsError(
            "The Hub doesn't know the access token: log in again with `hf auth login`, or mend or unset HF_TOKEN."
        )
    if status == 403:
        return WeightsError(
            f"The access token doesn't allow this with {repository}: take one that does, with `hf auth login`."
        )
    if status == 429:
        return DownloadError(
            f"The Hub has had too many requests from here: try {repository}{at} again later, or log in with "
            "`hf auth login`, which allows more."
        )
    return DownloadError(
        f"{repository}{at} couldn't be fetched: the Hub answered with status {status}: try again later."
    )


def _no_such_model(repository: str) -> WeightsError:
    return WeightsError(
        f"There is neither a folder {repository} here nor a public model of that name on the Hub: check the name, "
        "or log in with `hf auth login` if it's private."
    )


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def not_uploaded(error: Exception, what: str) -> HumanSegError:
    """An error of the Hub's client while something is uploaded, as a sentence for people.

    Parameters
    ----------
    what : is uploaded, such as "the model user/name"
    """
    from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled

    if isinstance(error, HumanSegError):
        return error
    log.debug("Uploading %s failed", what, exc_info=error)
    status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    if status in (401, 403):
        return DownloadError(
            f"The Hub doesn't let you write to {what}: log in with `hf auth login` and a token that may write, or name "
            "one of your own."
        )
    if status == 402:
        return DownloadError(f"The Hub wants a paid plan for {what}: see https://huggingface.co/pricing.")
    if isinstance(error, OfflineModeIsEnabled):
        return DownloadError(f"{what[0].upper()}{what[1:]} can't be uploaded, since HF_HUB_OFFLINE is set: unset it.")
    if isinstance(error, HTTPError) and status is None:
        return DownloadError(f"The Hub can't be reached to upload {what}: connect to the internet and try again.")
    return DownloadError(f"{what[0].upper()}{what[1:]} couldn't be uploaded ({_reason(error)}): try again later.")
