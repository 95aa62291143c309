"""The Photo tab: one photo or a hundred in, cut-outs out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from html import escape
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np

from humanseg.backgrounds import COLOUR, PICTURE, Background
from humanseg.cutout import CutOut
from humanseg.errors import HumanSegError
from humanseg.media import photos
from humanseg.resize import shrink
from humanseg.ui import export, repair, text
from humanseg.ui.preview import checkerboard, failed_thumbnail, label
from humanseg.ui.sentences import sentence
from humanseg.ui.server.guard import plain
from humanseg.ui.uploads import Upload, photos_input
from humanseg.ui.visitor import Item, Visitor

SHOWN_ON = (text.CHECKERBOARD, text.WHITE, text.BLACK, text.COLOUR)
# Long side in pixels up to which before and after are shown as they are.
COMPARE_SIDE = 4096
THUMBNAIL_SIDE = 320
FORMATS = ("PNG", "WebP")


def build(house: SimpleNamespace, visitor: gr.State) -> SimpleNamespace:
    """Lays the tab out and ties its events; gives the components that other tabs refresh."""
    invitation = export.empty(text.EMPTY.format(photos=house.limits.photos))
    with gr.Row():
        with gr.Column(scale=2, min_width=240):
            drop = photos_input(label=text.DROP, file_types=["image", ".heic", ".heif"], elem_id="photos", height=190)
            examples = gr.Gallery(
                [(str(path), path.stem) for path in house.examples],
                label=text.EXAMPLES,
                columns=3,
                height="auto",
                allow_preview=False,
                buttons=[],
                interactive=False,
                object_fit="cover",
                elem_id="examples",
                elem_classes="places",
            )
            gallery = gr.Gallery(
                label=text.RESULTS,
                columns=3,
                height="auto",
                allow_preview=False,
                buttons=[],
                interactive=False,
                object_fit="contain",
                show_label=False,
                visible=False,
                elem_id="results",
            )
            with gr.Row(visible=False, elem_id="batch") as batch:
                download_all = export.download(house, text.DOWNLOAD_ALL, elem_id="download-all")
                clear = gr.Button(text.CLEAR, elem_id="clear")
        with gr.Column(scale=5, min_width=260):
            status = gr.HTML(invitation, elem_id="photo-status", elem_classes="say")
            compare = gr.ImageSlider(
                label=text.COMPARE,
                type="filepath",
                elem_id="compare",
                show_label=False,
                interactive=False,
                max_height=640,
                buttons=["fullscreen"],
                visible=False,
            )
            with gr.Column(visible=False, elem_id="finish") as finish:
                with gr.Row():
                    shown_on = gr.Radio(
                        list(SHOWN_ON), value=text.CHECKERBOARD, label=text.SHOWN_ON, elem_id="shown-on", scale=3
                    )
                    colour = gr.ColorPicker("#2f9e8f", label=text.COLOUR, visible=False, elem_id="shown-on-colour")
                    kind = gr.Radio(list(FORMATS), value="PNG", label=text.FORMAT, elem_id="format", min_width=140)
                download = export.download(house, text.DOWNLOAD, elem_id="download", variant="primary")
                mending = repair.build(house, visitor)

    view = [compare, finish, mending.section, mending.grow, mending.feather]

    def picture(state: Visitor, shown: str, tint: str) -> list[Any]:
        """Another photo is shown: its picture, and the repair section closed."""
        found = state.original is not None
        value = _before_after(house, state, shown, tint) if found else None
        closed, done = gr.Accordion(open=False), state.repair or repair.Repair()
        return [gr.ImageSlider(value=value, visible=found), gr.Column(visible=found), closed, done.grow, done.feather]

    def results(state: Visitor) -> list[Any]:
        state.drop_lost()
        shown = [(str(item.thumbnail), item.error or item.name) for item in state.items]
        return [
            gr.Gallery(value=shown, visible=bool(shown), selected_index=state.current),
            gr.Row(visible=bool(shown)),
        ]

    def work(uploads: list[Upload], state: Visitor, shown: str, tint: str) -> Iterator[list[Any]]:
        nothing, unchanged = [gr.skip()] * 2, [gr.skip()] * len(view)
        total, limit = len(uploads), house.limits.photos
        started = time.monotonic()
        if not house.model.ready:
            yield [None, export.busy(text.LOADING), state, *nothing, *unchanged]
        house.model.get()
        failed, newest, newest_cut = 0, unchanged, None
        for number, upload in enumerate(uploads[:limit]):
            yield [None, _progress(number, min(total, limit), started), state, *nothing, *unchanged]
            if time.monotonic() - started > house.limits.seconds:
                state.add(_refused(house, upload, text.OUT_OF_TIME.format(seconds=house.limits.seconds)), limit)
                failed += 1
                continue
            item, cut = cut_out(house, upload)
            settle(house, state)
            failed += bool(item.error)
            state.add(item, limit)
            if cut is not None:
                state.show(cut)
                newest, newest_cut = picture(state, shown, tint), cut
                yield [None, gr.skip(), state, *results(state), *newest]
            else:
                yield [None, gr.skip(), state, *results(state), *unchanged]
        last = state.items[-1]
        if total > limit:
            message = text.TOO_MANY.format(count=total, limit=limit)
        elif total > 1 and failed:
            message = text.SOME_FAILED.format(done=total - failed, total=total, failed=failed)
        elif total > 1:
            message = text.DONE_MANY.format(done=total)
        elif last.error:
            message = last.error
        else:
            message = describe(last)
        # All of it once more: where answers come in faster than the browser draws, Gradio leaves out all but the last.
        # Unless it's out of date: while the last photos failed, another may have been chosen, or this one repaired.
        if state.original is not newest_cut or state.repair is not None:
            newest = unchanged
        yield [None, export.say(message, bad=bool(failed)), state, *results(state), *newest]

    @plain
    def take(uploads: list[Upload], state: Visitor, shown: str, tint: str) -> Iterator[list[Any]]:
        if uploads:
            yield from work(uploads, state, shown, tint)

    @plain
    def take_example(state: Visitor, shown: str, tint: str, event: gr.SelectData) -> Iterator[list[Any]]:
        path = house.examples[event.index]
        yield from work([Upload(str(path), path.name)], state, shown, tint)

    @plain
    def choose(state: Visitor, shown: str, tint: str, event: gr.SelectData) -> list[Any]:
        settle(house, state)
        item = state.items[event.index]
        state.current = event.index
        if item.error:
            return [export.say(item.error, bad=True), *[gr.skip()] * len(view)]
        state.show(item.load(house.limits))
        return [export.say(describe(item)), *picture(state, shown, tint)]

    @plain
    def repaint(state: Visitor, shown: str, tint: str) -> list[Any]:
        value = _before_after(house, state, shown, tint) if state.original is not None else None
        return [value, gr.ColorPicker(visible=shown == text.COLOUR)]

    @plain
    def mend(value: dict[str, Any], grow: float, feather: float, state: Visitor, shown: str, tint: str) -> Any:
        if not repair.repaired(state, value, grow, feather):
            return gr.skip()
        return _before_after(house, state, shown, tint)

    @plain
    def start_over(state: Visitor) -> list[Any]:
        state.forget()
        return [invitation, state, *results(state), *picture(state, "", "")]

    outputs = [drop, status, visitor, gallery, batch, *view]
    options = {"trigger_mode": "multiple", "show_progress": "hidden", **house.runs_the_model}
    drop.upload(take, [drop, visitor, shown_on, colour], outputs, **options)
    examples.select(take_example, [visitor, shown_on, colour], outputs, **options)
    gallery.select(choose, [visitor, shown_on, colour], [status, *view], show_progress_on=compare, **house.quick)
    # One event for several controls: of two, the older one's picture may come last.
    last = {"trigger_mode": "always_last", "show_progress": "hidden"}
    backings = [shown_on.change, colour.change]
    gr.on(backings, repaint, [visitor, shown_on, colour], [compare, colour], **last, **house.quick)
    by_hand = [mending.editor, mending.grow, mending.feather]
    mends = [control.change for control in by_hand]
    gr.on(mends, mend, [*by_hand, visitor, shown_on, colour], compare, **last, **house.composes)
    clear.click(start_over, visitor, [status, visitor, gallery, batch, *view], show_progress="hidden", **house.quick)

    @plain
    def everything(state: Visitor) -> str:
        settle(house, state)
        return export.zip_file(house, state)

    def finished(state: Visitor, kind: str) -> str:
        return export.cut_out_file(house, state, kind.lower())

    download.click(finished, [visitor, kind])
    download_all.click(everything, [visitor])

    def refresh(state: Visitor, shown: str, tint: str) -> list[Any]:
        # Back from another tab: the same photo needs no new picture, and its repair goes on.
        return picture(state, shown, tint) if state.repair is None else [gr.skip()] * len(view)

    def restore(state: Visitor, shown: str, tint: str) -> list[Any]:
        # After a reload of the browser: what this visitor had before.
        gallery_and_batch, item = results(state), state.item
        if item is None:
            return [gr.skip(), *gallery_and_batch, *[gr.skip()] * len(view)]
        message = export.say(item.error or describe(item), bad=bool(item.error))
        return [message, *gallery_and_batch, *picture(state, shown, tint)]

    return SimpleNamespace(
        refresh=refresh,
        inputs=[visitor, shown_on, colour],
        outputs=view,
        restore=restore,
        restores_by=[shown_on, colour],
        restored=[status, gallery, batch, *view],
        choices=[shown_on, colour, kind],
    )


def cut_out(house: SimpleNamespace, upload: Upload) -> tuple[Item, CutOut | None]:
    """One photo through the network; a failure becomes the item's error, so that the others go on."""
    started = time.monotonic()
    try:
        cut = house.model.cut_out(upload, house.limits)
        result = house.shelf.put(photos.output_name(upload.name), export.encoded(cut))
        thumbnail = house.shelf.put("thumbnail.jpg", photos.encode(_thumbnail(cut), format="jpeg", quality=85))
    except Exception as error:
        return _refused(house, upload, sentence(error)), None
    height, width = cut.alpha.shape
    item = Item(
        upload=upload,
        name=upload.name,
        size=(width, height),
        person_found=cut.person_found,
        confidence=cut.confidence,
        seconds=time.monotonic() - started,
        result=result,
        thumbnail=thumbnail,
    )
    return item, cut


def cut_out_into(house: SimpleNamespace, state: Visitor, upload: Upload) -> None:
    """One photo through the network and into the visitor's session.

    Raises
    ------
    HumanSegError : it didn't work
    """
    item, cut = cut_out(house, upload)
    if cut is None:
        raise HumanSegError(item.error)
    settle(house, state)
    state.add(item, house.limits.photos)
    state.show(cut)


def settle(house: SimpleNamespace, state: Visitor) -> None:
    """Writes what was repaired by hand into the batch, so that the ZIP and the gallery have it."""
    item = state.item
    if item is None or state.repair is None or item.error:
        return
    cut = state.cut
    item.result = house.shelf.put(photos.output_name(item.name), export.encoded(cut))
    item.thumbnail = house.shelf.put("thumbnail.jpg", photos.encode(_thumbnail(cut), format="jpeg", quality=85))
    item.person_found = cut.person_found
    state.show(cut)


def describe(item: Item) -> str:
    """What the page says of a photo that went through."""
    if not item.person_found:
        return text.NOBODY.format(name=item.name)
    width, height = item.size
    return text.DONE_ONE.format(name=item.name, width=width, height=height, seconds=item.seconds)


def _refused(house: SimpleNamespace, upload: Upload, error: str) -> Item:
    thumbnail = house.shelf.put("thumbnail.png", photos.encode(failed_thumbnail()))
    return Item(upload=upload, name=upload.name, error=error, thumbnail=thumbnail)


def _thumbnail(cut: CutOut) -> np.ndarray:
    foreground, alpha = shrink(cut.foreground, THUMBNAIL_SIDE), shrink(cut.alpha, THUMBNAIL_SIDE)
    if not cut.person_found:
        return label(shrink(cut.image, THUMBNAIL_SIDE), text.NOBODY_SHORT)
    return _on(foreground, alpha, text.CHECKERBOARD, "")


def _on(foreground: np.ndarray, alpha: np.ndarray, shown: str, tint: str) -> np.ndarray:
    """The cut-out on a plain ground, to be looked at."""
    if shown == text.CHECKERBOARD:
        board = Background(PICTURE, picture=checkerboard(*alpha.shape))
        return board.behind(foreground, foreground, alpha)
    colour = {text.WHITE: "#ffffff", text.BLACK: "#000000"}.get(shown, tint)
    return Background(COLOUR, colour=colour).behind(foreground, foreground, alpha)


def _before_after(house: SimpleNamespace, state: Visitor, shown: str, tint: str) -> tuple[str, str]:
    """Paths of two pictures of equal size; while it's being repaired a smaller one, to keep up with the brush."""
    cut = state.original if state.repair is None else state.preview
    image, foreground, alpha = (shrink(part, COMPARE_SIDE) for part in (cut.image, cut.foreground, cut.alpha))
    after = _on(foreground, alpha, shown, tint)
    if not cut.person_found:
        after = label(after, text.NOBODY_SHORT)
    files = (("before.jpg", image), ("after.jpg", after))
    return tuple(str(house.shelf.put(name, photos.encode(part, format="jpeg", quality=90))) for name, part in files)


def _progress(done: int, total: int, started: float) -> str:
    if total == 1:
        return export.busy(text.WORKING_ONE)
    left = "…" if not done else _duration((time.monotonic() - started) / done * (total - done))
    message = text.WORKING.format(done=done, total=total, left=left)
    return f'<p role="status">{escape(message)}</p><progress value="{done}" max="{total}"></progress>'


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"
