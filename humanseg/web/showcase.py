"""Six photos and what the network makes of them, for About on both pages: what it does well, and what it doesn't.

They lie in `page/showcase`, each with its cut-out beside it; `python -m benchmarks.showcase` makes the cut-outs anew
when the weights change.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent / "page" / "showcase"
STYLE = FOLDER.parent / "showcase.css"


@dataclass(frozen=True)
class Sample:
    """One photo.

    Attributes
    ----------
    name : of its file
    photo, cut_out : what is seen on the photo and on its cut-out, for those who don't see it
    says : the sentence beneath
    """

    name: str
    photo: str
    cut_out: str
    says: str

    @property
    def source(self) -> Path:
        return FOLDER / f"{self.name}.jpg"

    @property
    def target(self) -> Path:
        """The cut-out: no file where nobody is found."""
        return FOLDER / f"{self.name}-cutout.webp"


WELL = (
    Sample(
        "portrait",
        "An admiral in uniform, with cap and glasses, in front of a flag",
        "The admiral alone, with her cap",
        "Portraits, whatever is behind them.",
    ),
    Sample(
        "walking",
        "A woman in a coat walks through a room, seen from behind",
        "The woman alone, from her hair to her shoes",
        "People from head to shoe, from behind, in motion.",
    ),
    Sample(
        "cat",
        "The face of a cat",
        "Nothing: nobody is found",
        "Photos without anybody: it says so, and makes nobody up.",
    ),
)
BADLY = (
    Sample(
        "helmet",
        "An astronaut with her helmet in front of her",
        "The astronaut alone, with a gap where her helmet was",
        "What people hold or carry is left out. Repair brings it back: paint over it with Keep.",
    ),
    Sample(
        "chair",
        "A woman in a yellow sweater, and the back of a black chair at the edge",
        "The woman, and with her the back of the chair",
        "Dark things at the edge may come along. Such photos are marked “worth a look”.",
    ),
    Sample(
        "picture",
        "A room with a framed portrait on its wall",
        "The portrait's head and shoulders",
        "Pictures of people, dolls and statues are taken for people.",
    ),
)
ALSO = (
    "Hard, too: loose hair and see-through cloth, people who are small, half hidden or in the dark. It finds people, "
    "never who they are."
)
CREDITS = (
    "Photos: US Navy and NASA (public domain), Stéfan van der Walt (the cat, CC0 1.0), Intel (CC BY 4.0; smaller and "
    "cropped, one with the portrait hung on its wall). The cut-outs are as the network made them."
)


def html(base: str) -> str:
    """The six photos as HTML.

    Parameters
    ----------
    base : the address of the folder `showcase`, ending in a slash
    """
    parts = [f"<h2>What it does well</h2>{_row(WELL, base)}", f"<h2>What it doesn't</h2>{_row(BADLY, base)}"]
    return f'<div class="showcase">{"".join(parts)}<p>{escape(ALSO)}</p><p class="fine">{escape(CREDITS)}</p></div>'


def _row(samples: tuple[Sample, ...], base: str) -> str:
    return f'<div class="samples">{"".join(_figure(sample, base) for sample in samples)}</div>'


def _figure(sample: Sample, base: str) -> str:
    cut_out = '<span class="nobody">Nobody found</span>'
    if sample.target.exists():
        cut_out = _picture(base + sample.target.name, sample.cut_out)
    pair = _picture(base + sample.source.name, sample.photo) + cut_out
    return f"<figure><div>{pair}</div><figcaption>{escape(sample.says)}</figcaption></figure>"


def _picture(address: str, alt: str) -> str:
    return f'<img src="{address}" alt="{escape(alt)}" width="384" height="384" loading="lazy" />'


def files() -> list[Path]:
    """The pictures."""
    return sorted([*FOLDER.glob("*.jpg"), *FOLDER.glob("*.webp")])
