"""Repair by hand: a brush for what to keep and what to remove, and the edge moved or softened; no network needed."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import cv2
import gradio as gr
import numpy as np

from humanseg import compose
from humanseg.resize import shrink
from humanseg.ui import text
from humanseg.ui.server.guard import plain
from humanseg.ui.server.patches import limit_canvas
from humanseg.ui.visitor import Visitor

KEEP, REMOVE = "#16a34a", "#dc2626"
# Long side in pixels of the picture that's painted on.
CANVAS_SIDE = 1024


@dataclass(frozen=True)
class Repair:
    """What a visitor did by hand; applies to the cut-out at any scale.

    Attributes
    ----------
    keep, remove : float32 in [0, 1], coverage by the two brushes, of the photo's aspect at any size; None for none
    grow : pixels of the photo by which the outline moves outwards (inwards when negative)
    feather : pixels of the photo over which the outline fades
    """

    keep: np.ndarray | None = None
    remove: np.ndarray | None = None
    grow: int = 0
    feather: int = 0

    def __bool__(self) -> bool:
        return self.keep is not None or self.remove is not None or bool(self.grow or self.feather)

    def __call__(self, alpha: np.ndarray, scale: float = 1.0) -> np.ndarray:
        """The repaired alpha.

        Parameters
        ----------
        alpha : float32 HxW in [0, 1]
        scale : pixels of `alpha` per pixel of the photo

        Returns
        -------
        float32 HxW in [0, 1]
        """
        height, width = alpha.shape
        made = grown(alpha, round(self.grow * scale)) if self.grow else alpha
        if self.feather:
            made = cv2.GaussianBlur(made, (0, 0), max(0.3, self.feather * scale / 2))
        # The brush has the last word: what it marks stays, whatever the edge control does.
        for strokes, value in ((self.keep, 1.0), (self.remove, 0.0)):
            if strokes is not None:
                cover = cv2.resize(strokes, (width, height), interpolation=cv2.INTER_LINEAR)
                made = made + cover * (value - made)
        return np.clip(made, 0, 1).astype(np.float32)


def grown(alpha: np.ndarray, radius: int) -> np.ndarray:
    """The alpha with its outline moved by `radius` pixels, outwards when positive; soft edges keep their softness.

    An octagon stands for the disc: small steps cost far less than one large kernel.
    """
    change = cv2.dilate if radius > 0 else cv2.erode
    kernels = [cv2.getStructuringElement(shape, (3, 3)) for shape in (cv2.MORPH_CROSS, cv2.MORPH_RECT)]
    for step in range(abs(radius)):
        alpha = change(alpha, kernels[step % 2])
    return alpha


def strokes(value: dict[str, Any] | None) -> tuple[np.ndarray | None, np.ndarray | None]:
    """What was painted with the two brushes, as coverages in [0, 1] (None where nothing was).

    Parameters
    ----------
    value : of `gr.ImageEditor`: its layers are uint8 HxWx4; green keeps, red removes
    """
    keep = remove = None
    for layer in (value or {}).get("layers") or []:
        if layer.ndim != 3 or layer.shape[2] != 4:
            continue
        cover = layer[..., 3].astype(np.float32) / 255
        green = layer[..., 1].astype(np.int16) > layer[..., 0]
        for_keep, for_removal = np.where(green, cover, 0), np.where(green, 0, cover)
        keep = for_keep if keep is None else np.maximum(keep, for_keep)
        remove = for_removal if remove is None else np.maximum(remove, for_removal)
    return tuple(part.astype(np.float32) if part is not None and part.any() else None for part in (keep, remove))


def build(house: SimpleNamespace, visitor: gr.State) -> SimpleNamespace:
    """Lays out the section below the picture; the Photo tab ties `changed` to what it shows."""
    with gr.Accordion(text.REPAIR, open=False, elem_id="repair") as section:
        gr.Markdown(text.REPAIR_HELP)
        editor = gr.ImageEditor(
            label=text.REPAIR_CANVAS,
            show_label=False,
            type="numpy",
            image_mode="RGBA",
            format="png",
            sources=(),
            transforms=(),
            layers=False,
            eraser=gr.Eraser(default_size=24),
            brush=gr.Brush(default_size=24, colors=[KEEP, REMOVE], default_color=KEEP, color_mode="fixed"),
            buttons=["fullscreen"],
            canvas_size=(CANVAS_SIDE, CANVAS_SIDE),
            height=560,
            elem_id="repair-canvas",
        )
        limit_canvas(editor)
        with gr.Row():
            grow = gr.Slider(-20, 20, 0, step=1, label=text.GROW, info=text.GROW_HELP, min_width=200, elem_id="grow")
            feather = gr.Slider(
                0, 20, 0, step=1, label=text.FEATHER, info=text.FEATHER_HELP, min_width=200, elem_id="feather"
            )
        reset = gr.Button(text.UNDO_ALL, size="sm", elem_id="undo-all")

    def canvas(state: Visitor) -> Any:
        return _canvas(state)

    def fresh(state: Visitor) -> list[Any]:
        clean = _canvas(state)
        return [clean and clean | {"layers": []}, 0, 0]

    quiet = {"show_progress": "hidden", **house.quick}
    section.expand(plain(canvas), visitor, editor, **quiet)
    reset.click(plain(fresh), visitor, [editor, grow, feather], **quiet)
    return SimpleNamespace(section=section, editor=editor, grow=grow, feather=feather)


def repaired(state: Visitor, value: dict[str, Any] | None, grow: float, feather: float) -> bool:
    """Puts what was done by hand into the visitor's state; whether that changed anything."""
    if state.original is None:
        return False
    done = state.repair or Repair()
    # While nothing is on the canvas it can't be painted on: what was painted before stays.
    on_canvas = value is not None and value.get("background") is not None
    keep, remove = strokes(value) if on_canvas else (done.keep, done.remove)
    repair = Repair(keep, remove, int(grow), int(feather))
    if not repair and not done:
        return False
    state.repair = repair if repair else None
    return True


def _canvas(state: Visitor) -> dict[str, Any] | None:
    """The photo with what's cut away faded, to paint on; what was painted on it before is there again."""
    if state.original is None:
        return None
    image, alpha = (shrink(part, CANVAS_SIDE) for part in (state.original.image, state.original.alpha))
    weight = 0.35 + 0.65 * alpha[..., None]
    faded = (image * weight + 255 * (1 - weight)).astype(np.uint8)
    return {"background": faded, "layers": _layers(state.repair, faded.shape[:2]), "composite": faded}


def _layers(repair: Repair | None, shape: tuple[int, int]) -> list[np.ndarray]:
    """The strokes as a layer of the editor (uint8 HxWx4), none if there are none."""
    painted = np.zeros((*shape, 4), np.uint8)
    for cover, colour in ((repair and repair.keep, KEEP), (repair and repair.remove, REMOVE)):
        if cover is not None:
            cover = cv2.resize(cover, shape[::-1], interpolation=cv2.INTER_LINEAR)
            painted[cover > 0, :3] = compose.parse_colour(colour)
            painted[..., 3] = np.maximum(painted[..., 3], np.round(cover * 255))
    return [painted] if painted.any() else []
