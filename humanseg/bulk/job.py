"""The job that one worker does, a process here or an actor on a cluster: made once, then given photo after photo."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from humanseg.bulk.addresses import read_photo
from humanseg.bulk.cut_out import Options, explained, finished, found_in, recorded
from humanseg.bulk.items import Outcome, Task
from humanseg.bulk.names import target_name
from humanseg.bulk.places import PlaceError, open_place
from humanseg.cutout import CutOut
from humanseg.engines import FILES, choose_engine
from humanseg.errors import printable
from humanseg.files import sha256
from humanseg.hub.find import find_weights
from humanseg.media import photos
from humanseg.model.config import CONFIG_NAME, ONNX_NAME, WEIGHTS_NAME
from humanseg.model.onnx_file import OnnxFile
from humanseg.segmenter import Segmenter


@dataclass(frozen=True)
class JobConfig:
    """All that a worker needs to know; it can be sent to another machine.

    Attributes
    ----------
    target : folder or address of the results
    options : how photos are cut out
    model, revision, runtime : as for `Segmenter.from_pretrained` (`runtime` is its `engine`)
    made_with : what `fingerprint` says of weights and options
    make : makes the segmenter in place of weights, for tests and measurements of everything but the network
    """

    target: str
    options: Options = field(default_factory=Options)
    model: str | None = None
    revision: str | None = None
    runtime: str | None = None
    made_with: str = ""
    make: Callable[[], Segmenter] | None = None

    def checked(self) -> JobConfig:
        """The same with its fingerprint, once the weights have been found.

        Raises
        ------
        HumanSegError : they can't be
        """
        folder = None
        if not self.make:
            needs = FILES[choose_engine(self.runtime)]
            folder = find_weights(self.model, revision=self.revision, needs=needs)
        return replace(self, made_with=fingerprint(folder, self.options))


def fingerprint(weights: Path | None, options: Options) -> str:
    """16 digits that stand for weights and options: a result made with others is made anew."""
    digest = hashlib.sha256()
    if weights:
        # Of a model on the Hub a machine may have only one of the two, and both tell which weights they are.
        truth = weights / WEIGHTS_NAME
        network = sha256(truth) if truth.is_file() else OnnxFile.read(weights / ONNX_NAME).weights_sha256
        digest.update(f"{sha256(weights / CONFIG_NAME)} {network}".encode())
    digest.update(json.dumps(asdict(options), default=_picture, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def _picture(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.shape} {hashlib.sha256(np.ascontiguousarray(value)).hexdigest()}"
    raise TypeError(f"an option can't be a {type(value).__name__}")


class Job:
    """Weights that are loaded and a target that is open.

    Parameters
    ----------
    threads : of the CPU, for the network

    Raises
    ------
    HumanSegError : weights, runtime or target can't be used here
    """

    def __init__(self, config: JobConfig, threads: int = 1) -> None:
        self._config = config
        self._place = open_place(config.target)
        self._place.attach()
        make = config.make or functools.partial(
            Segmenter.from_pretrained, config.model, revision=config.revision, engine=config.runtime, threads=threads
        )
        self._segmenter = make()

    def read(self, task: Task) -> bytes | Exception:
        """The photo's file, or why it can't be read: another thread than the one that works on photos may ask."""
        try:
            return read_photo(task.where) if task.data is None else task.data
        except Exception as error:
            return error

    def do(self, task: Task, data: bytes | Exception | None = None) -> Outcome:
        """Cuts out one photo and writes its result; never raises for what is wrong with either.

        Parameters
        ----------
        data : what `read` gave, where that has been asked already
        """
        if data is None:
            data = self.read(task)
        checksum = "" if isinstance(data, Exception) else hashlib.sha256(data).hexdigest()
        if checksum and checksum == task.before:
            return Outcome(task.key, task.version, task.where, checksum=checksum, unchanged=True)
        trouble: list[Exception] = []

        def work() -> tuple[CutOut, Path]:
            if isinstance(data, Exception):
                raise data
            return self._made(task.key, data)

        def explain(source: str, error: Exception) -> str:
            trouble.append(error)
            return explained(source, error)

        record, _ = recorded(printable(task.key), work, explain)
        return Outcome(
            task.key,
            task.version,
            task.where,
            record.target.as_posix() if record.target else "",
            checksum,
            *record.size,
            record.person_found,
            record.confidence,
            record.seconds,
            record.error,
            crashed=any(isinstance(error, MemoryError) for error in trouble),
            stopped=next((str(error) for error in trouble if isinstance(error, PlaceError)), ""),
        )

    def _made(self, key: str, data: bytes) -> tuple[CutOut, Path]:
        options = self._config.options
        photo = photos.read(data, name=key.rsplit("/", 1)[-1])
        cut = found_in(photo, self._segmenter, options)
        name = target_name(key, options.ending[1], folds=self._place.folds)
        self._place.put(name, finished(cut, options, photo.exif))
        return cut, Path(name)
