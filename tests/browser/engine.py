"""Drives the browser's engine on our page: arrays in, arrays out."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Request

from tests.browser.actions import PATIENCE

OPEN = """async (options) => {
  const {Engine} = await import("./web/js/engine.js");
  const onProgress = (...now) => window.loaded = now;
  window.engine = await Engine.open({base: "web/", onProgress, ...options});
}"""
# JSON would take a second for each photo, so arrays travel as base64.
ANSWER = """
  const written = (data) => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(new Blob([data]));
  });
"""
PHOTO = f"""async ([file, options]) => {{
  {ANSWER}
  const blob = await (await fetch(file)).blob();
  const {{width, height, cutout, alpha, personFound, confidence}} = await window.engine.photo(blob, options);
  const same = cutout.data.every((value, i) => i % 4 < 3 || value === alpha[(i - 3) / 4]);
  if (!same) throw new Error("the cut-out's fourth channel isn't the alpha");
  return [width, height, await written(cutout.data), personFound, confidence];
}}"""
FRAME = f"""async ([file, options]) => {{
  {ANSWER}
  const bitmap = await createImageBitmap(await (await fetch(file)).blob());
  const {{width, height, alpha}} = await window.engine.frame(bitmap, options);
  return [width, height, await written(alpha)];
}}"""


@dataclass
class Cut:
    """rgba: uint8 HxWx4, the people's own colours and the alpha."""

    rgba: np.ndarray
    person_found: bool
    confidence: float

    @property
    def alpha(self) -> np.ndarray:
        """float32 HxW in [0, 1]"""
        return self.rgba[..., 3].astype(np.float32) / 255


class Cutter:
    """A tab in which the engine is open; `options` are those of `Engine.open`, `asked` is what it has asked for."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.page = browser.new_page()
        self.asked: list[Request] = []
        self.page.on("request", lambda request: self.asked.append(request))
        self.page.set_default_timeout(PATIENCE)
        self._address, self._options, self._open = address, options, False

    def __enter__(self) -> Cutter:
        self.page.goto(self._address)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.page.close()

    def open(self) -> None:
        if not self._open:
            self.page.evaluate(OPEN, self._options)
            self._open = True

    def photo(self, photo: np.ndarray | bytes, **options: Any) -> Cut:
        """What the engine makes of a photo: uint8 HxWx3, or a file's bytes."""
        self.open()
        width, height, data, found, confidence = self.page.evaluate(PHOTO, [as_link(photo), options])
        return Cut(_decoded(data, (height, width, 4)), found, confidence)

    def frame(self, frame: np.ndarray, **options: Any) -> np.ndarray:
        """The network's own alpha of a frame (uint8 HxWx3), at its size: float32 in [0, 1]."""
        self.open()
        width, height, data = self.page.evaluate(FRAME, [as_link(frame), options])
        return _decoded(data, (height, width)).astype(np.float32) / 255


def as_link(photo: np.ndarray | bytes) -> str:
    """A photo as an address that holds it, without loss."""
    if isinstance(photo, np.ndarray):
        file = io.BytesIO()
        Image.fromarray(photo).save(file, "PNG", compress_level=1)
        photo = file.getvalue()
    return f"data:application/octet-stream;base64,{base64.b64encode(photo).decode()}"


def _decoded(data: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(shape)
