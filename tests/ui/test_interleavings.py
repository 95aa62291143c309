"""Whatever the order in which a batch, clicks, repairs, downloads and answers come: the photo that the page shows is
the one that is repaired and downloaded, and in the ZIP every photo is itself.

Each photo has a colour of its own, by which a picture tells whose it is. Threads take turns at every lock, file and
answer, in an order that the seed alone decides.
"""

from __future__ import annotations

import gzip
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio.context import LocalContext

from humanseg.errors import HumanSegError
from humanseg.media import photos
from humanseg.retouch import Repair
from humanseg.ui import page, text
from humanseg.ui.item import Item, named
from humanseg.ui.server.limits import Limits
from humanseg.ui.server.repairs import answered
from humanseg.ui.upload import Upload
from tests.ui.fakes import segmenter
from tests.ui.turns import Lock, Turns
from tests.ui.visits import photo_of

COLOURS = [(220, 40, 40), (40, 200, 40), (40, 60, 220), (200, 190, 30), (30, 190, 190), (190, 30, 190)]
GROWTHS = (-6, -3, 3, 6)
TICKET = "0123456789abcdef" * 2
SEEDS = range(240)


@pytest.fixture(scope="module")
def demo() -> gr.Blocks:
    return page.build(segmenter, Limits(photos=5))


@pytest.fixture(scope="module")
def uploads(tmp_path_factory) -> list[Upload]:
    folder = tmp_path_factory.mktemp("photos")
    return [photo_of(folder / f"{number}.png", colour) for number, colour in enumerate(COLOURS)]


@pytest.fixture(scope="module")
def cuts(uploads) -> dict[str, Any]:
    """The network's cut-out of each, so that it needn't run hundreds of times."""
    return {upload.name: segmenter().cut_out(upload.source) for upload in uploads}


@pytest.fixture
def ready(demo, cuts, monkeypatch) -> None:
    monkeypatch.setattr(demo.context.model, "cut_out", lambda upload, limits: cuts[upload.name])


@pytest.mark.parametrize("start", range(0, len(SEEDS), 40))
def test_the_photo_shown_is_the_one_acted_on_in_every_order(demo, uploads, cuts, ready, monkeypatch, start):
    for seed in SEEDS[start : start + 40]:
        with monkeypatch.context() as patch:
            visit = Visit(demo, uploads, cuts, seed, patch)
            visit.turns.run(*visit.parts())
            visit.check_at_rest()


@pytest.fixture(autouse=True)
def leaves_gradio_as_it_was() -> Iterator[None]:
    """What `ask` says to Gradio, that an event is being answered, must not last: no other test could build a page."""
    before = LocalContext.in_event_listener.set(False)
    yield
    LocalContext.in_event_listener.reset(before)


class Visit:
    """A browser tab: what it shows, and a visitor with several hands."""

    def __init__(self, demo: gr.Blocks, uploads: list[Upload], cuts: dict, seed: int, patch: pytest.MonkeyPatch):
        self.context, self.uploads, self.cuts, self.seed = demo.context, uploads, cuts, seed
        self.random, self.turns = random.Random(seed), Turns(seed)
        self.events: dict[str, list[Callable]] = {}
        for fn in demo.fns.values():
            # By their class, too, where several are called the same.
            for name in {getattr(fn.fn, "__name__", ""), getattr(fn.fn, "__qualname__", "")}:
                self.events.setdefault(name, []).append(fn.fn)
        self.loads = 0
        self.token, self.listed, self.newest, self.behind, self.canvas = "", [], 0, None, ""
        self.acts = 0
        self.picture: str | None = None
        self.load = f"{seed}-0"
        self.session = self.context.sessions.enter(f"{seed:032x}", self.load)
        patch.setattr(self.session, "_lock", Lock(self.turns))
        place, current = self.context.shelf.place, self.session.is_current

        def placed(name: str) -> Path:
            self.turns.point()
            return place(name)

        def is_current(view: Any) -> bool:
            found = current(view)
            self.turns.point()
            return found

        finish = self.session.finish
        self.names: dict[str, str] = {}  # of every photo that there has been, by its id

        def finished(item: Item, *arguments: Any) -> Any:
            self.names[item.id] = item.name
            return finish(item, *arguments)

        patch.setattr(self.session, "finish", finished)
        patch.setattr(self.context.shelf, "place", placed)
        patch.setattr(self.session, "is_current", is_current)

    # What the visitor does

    def parts(self) -> list[Callable[[], None]]:
        shuffled = self.random.sample(self.uploads, len(self.uploads))
        batches = [shuffled[:3], shuffled[3:]] if self.seed % 3 else [shuffled[:4]]
        hands = [self.hand(random.Random(f"{self.seed} {number}")) for number in range(2)]
        return [*(lambda photos=photos: self.drop(photos) for photos in batches), *hands]

    def hand(self, dice: random.Random) -> Callable[[], None]:
        acts = [
            self.choose,
            self.repair,
            self.repair,
            self.undo,
            self.open,
            self.leave,
            self.download,
            self.zip,
            self.repaint,
            self.tab,
        ]
        acts += [self.background, self.background_download, self.run_out_of_memory]
        acts += [self.start_over] if self.seed % 4 == 0 else []
        acts += [self.reload] if self.seed % 5 == 0 else []

        def go() -> None:
            for act in dice.choices(acts, k=7):
                self.turns.point()
                act(dice)

        return go

    def ask(self, name: str, *inputs: Any, which: int = 0, first: bool = False) -> Any:
        LocalContext.in_event_listener.set(True)
        asking = gr.Request(session_hash=self.load)
        function = self.events[name][which]
        return function(asking, *inputs) if first else function(*inputs, asking)

    def drop(self, uploads: list[Upload]) -> None:
        load = self.load
        for _, _, *answer in self.ask("take", uploads, text.WHITE, "#ffffff"):
            self.receive(load, answer[:4], answer[4:])

    def choose(self, dice: random.Random) -> None:
        if self.listed:
            load, index = self.load, dice.randrange(len(self.listed))
            event = SimpleNamespace(index=index)
            answer = self.try_to(lambda: self.ask("choose", " ".join(self.listed), text.WHITE, "#ffffff", event))
            if answer:
                self.receive(load, None, answer[1:])

    def open(self, dice: random.Random) -> None:
        load = self.load
        answer = self.try_to(lambda: self.ask("begin_repair", self.token))
        if answer:
            self.receive_canvas(load, *answer)

    def leave(self, dice: random.Random) -> None:
        load = self.load
        *_, token, picture, _, canvas = self.ask("end_repair", self.token, text.WHITE, "#ffffff")
        self.receive(load, None, [token, picture, None, canvas])

    def repair(self, dice: random.Random) -> None:
        self.act({"do": "edge", "grow": dice.choice(GROWTHS), "feather": 0})

    def undo(self, dice: random.Random) -> None:
        self.act({"do": dice.choice(["undo", "redo", "clear"])})

    def act(self, act: dict[str, Any]) -> None:
        """On the canvas, which names the photo that is on it."""
        if not self.canvas:
            return
        self.acts += 1
        asked = {"load": self.load, "photo": self.canvas, "have": None, "acts": [act | {"name": str(self.acts)}]}
        try:
            answer = gzip.decompress(answered(self.context.sessions, json.dumps(asked).encode()))
        except HumanSegError as error:
            assert "isn't here any more" in str(error)
            return
        head, _, alpha = answer.partition(b"\n")
        assert json.loads(head)["photo"] == asked["photo"]
        found = np.frombuffer(alpha, np.uint8).reshape(48, 64) / 255
        assert self.is_a_state(self.names[asked["photo"]], found), "the canvas shows an alpha of another photo"

    def repaint(self, dice: random.Random) -> None:
        load = self.load
        answer = self.try_to(lambda: self.ask("repaint", self.token, text.WHITE, "#ffffff"))
        if answer:
            self.receive(load, None, answer[1:])

    def tab(self, dice: random.Random) -> None:
        load = self.load
        answer = self.ask("refresh", self.token, text.WHITE, "#ffffff")
        self.receive(load, answer[:4], answer[4:])

    def start_over(self, dice: random.Random) -> None:
        load = self.load
        _, *answer = self.ask("start_over")
        self.receive(load, answer[:4], answer[4:])

    def reload(self, dice: random.Random) -> None:
        self.loads += 1
        self.load = load = f"{self.seed}-{self.loads}"
        self.token, self.listed, self.newest, self.picture, self.behind, self.canvas = "", [], 0, None, None, ""
        answer = self.ask("enter", f"{self.seed:032x}", text.WHITE, "#ffffff")
        self.receive(load, answer[1:5], answer[5:9])

    def download(self, dice: random.Random) -> None:
        id = named(self.token)
        path = self.try_to(lambda: self.ask("download", self.token, "PNG"))
        if path:
            assert self.whose(photos.read(path).rgb) == self.names[id]
            assert Path(path).name == f"{Path(self.names[id]).stem}-cutout.png"
            assert self.is_a_state(self.names[id], photos.read(path).alpha)

    def zip(self, dice: random.Random) -> None:
        path = self.try_to(lambda: self.ask("download_all"))
        if path:
            self.check_zip(Path(path))

    def run_out_of_memory(self, dice: random.Random) -> None:
        """Others have come, and what is kept of this one's pictures has made room."""
        self.session.pictures.rest()

    def background(self, dice: random.Random) -> None:
        load = self.load
        act = dice.choice(["show", "draw"])
        answer = self.try_to(lambda: self.ask(f"BackgroundTab.{act}", self.behind, *BLACK, first=True))
        self.turns.point()
        if answer and load == self.load:
            self.behind = answer[1]
            if self.behind:
                shown = self.whose(photos.read(self.behind["picture"]).rgb)
                assert shown == self.names[named(self.behind["token"])], "the tab names another photo than it shows"

    def background_download(self, dice: random.Random) -> None:
        id = named(self.behind["token"]) if self.behind else ""
        path = self.try_to(lambda: self.ask("finished", self.behind, "PNG", *BLACK, first=True))
        if path:
            assert self.whose(photos.read(path).rgb) == self.names[id]

    def try_to(self, ask: Callable[[], Any]) -> Any:
        """Allows a refusal with a sentence, which is right when the photo has just been removed."""
        try:
            return ask()
        except gr.Error as error:
            assert "isn't here any more" in str(error) or "photo first" in str(error), error
            return None

    # What the page does with answers

    def receive(self, load: str, listing: list | None, screen: list) -> None:
        """An answer arrives, possibly later than one that was given after it."""
        self.turns.point()
        if load != self.load:
            return  # to a page that isn't there any more
        if listing is not None and isinstance(listing[1], str):
            self.listed = listing[1].split()
        if isinstance(screen[0], str):
            self.token = screen[0]
            value = screen[1].constructor_args["value"]
            self.picture = None if value is None else self.whose(photos.read(value[1]).rgb)
            shown = named(self.token)
            assert self.picture == (self.names[shown] if shown else None), "the page names another photo than it shows"
            self.check_newest()
        if len(screen) > 3 and screen[3] is None:
            self.canvas = ""

    def receive_canvas(self, load: str, token: str, canvas: dict[str, Any]) -> None:
        """The answer to the click that opens the repair arrives."""
        self.turns.point()
        if load == self.load:
            assert canvas["photo"] == named(token), "the page names another photo than the one on its canvas"
            self.token, self.canvas = token, canvas["photo"]
            self.check_newest()

    def check_newest(self) -> None:
        """As the page does whenever its token changes."""
        load, number = self.load, int(self.token.partition(".")[2])
        if number < self.newest:
            answer = self.ask("redraw", self.token, text.WHITE, "#ffffff")
            self.receive(load, answer[:4], answer[4:])
        self.newest = max(self.newest, number)

    # What is true of it

    def whose(self, picture: np.ndarray) -> str:
        """The name of the photo whose colour is in the middle of a picture."""
        height, width = picture.shape[:2]
        middle = picture[height // 2, width // 2].astype(int)
        distances = [np.abs(middle - colour).sum() for colour in COLOURS]
        assert min(distances) < 40, f"{middle} is nobody's colour"
        return f"{int(np.argmin(distances))}.png"

    def alpha_of(self, name: str, repair: Repair) -> np.ndarray:
        cut = self.cuts[name]
        bare = np.round(cut.rgba[..., 3] / np.float32(255) * 255).astype(np.float32) / 255
        return cut.rgba[..., 3] if not repair else cut.with_alpha(repair(bare, cut.image)).rgba[..., 3]

    def is_a_state(self, name: str, alpha: np.ndarray) -> bool:
        states = [Repair(), *(Repair(grow=growth) for growth in GROWTHS)]
        return any(np.array_equal(np.round(alpha * 255), self.alpha_of(name, repair)) for repair in states)

    def check_zip(self, path: Path) -> None:
        archive = zipfile.ZipFile(path)
        for name in archive.namelist():
            if name.endswith(".png"):
                photo = f"{name.partition('-')[0]}.png"
                read = photos.read(archive.read(name))
                assert self.whose(read.rgb) == photo, "a photo is in another one's place"
                assert self.is_a_state(photo, read.alpha)

    def check_at_rest(self) -> None:
        """When everything has come to its end, page, download, ZIP and session say the same."""
        if self.loads:
            # Photos of a batch that was at work when the page was loaded anew come up with the next event.
            self.tab(self.random)
        view = self.session.view
        assert named(self.token) == (view.item.id if view.item else ""), f"seed {self.seed}: an older photo is shown"
        for item in self.session.items:
            self.check_file(item, photos.read(self.session.pictures.png(item)))
        if view.item is not None:
            self.check_file(view.item, photos.read(self.ask("download", self.token, "PNG")))
            answer = self.ask("BackgroundTab.show", self.behind, *BLACK, first=True)
            assert answer[1]["token"] == view.token
        if self.session.items:
            archive = zipfile.ZipFile(self.ask("download_all"))
            for item in self.session.items:
                self.check_file(item, photos.read(archive.read(f"{Path(item.name).stem}-cutout.png")))

    def check_file(self, item: Item, read: Any) -> None:
        assert self.whose(read.rgb) == item.name
        assert np.array_equal(np.round(read.alpha * 255), self.alpha_of(item.name, item.repair))


BLACK = ("as-is", 0.05, 0, text.FILL, 0.5, 0.5, 0, 0, "colour", "#000000", 2, 0, None, "#ffffff..#000000@90")
