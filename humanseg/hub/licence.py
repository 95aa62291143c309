"""Under which terms weights can be passed on: what the sets that they were trained on allow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from humanseg.errors import HumanSegError
from humanseg.model.config import ModelConfig

LICENCE_NAME = "LICENSE"
LICENCE_TEXT = Path(__file__).with_name("weights-licence.txt")


@dataclass(frozen=True)
class Licence:
    """The terms of some weights.

    Attributes
    ----------
    metadata : what the model card's front matter says of them
    sentence : the same for people, as Markdown
    text : what the file LICENSE beside the weights says; None where there is none of ours
    """

    metadata: dict[str, str]
    sentence: str
    text: str | None = None


def licence_of(config: ModelConfig, chosen: str | None = None) -> Licence:
    """The licence that weights truly have.

    Parameters
    ----------
    chosen : the Hub's name of a licence, such as `mit` or `cc-by-4.0`, by whoever trained the weights on sets of
        their own

    Raises
    ------
    HumanSegError : one is chosen for weights that came about from sets which don't allow it
    """
    closed = [name for name in stages_sets(config) if not training_sets().get(Path(name).name, {}).get("open", True)]
    if closed and chosen:
        raise HumanSegError(
            f"These weights can't be under {chosen}, since {', '.join(closed)} had a part in them, whose terms allow "
            "research and demonstration alone: leave the licence out."
        )
    if closed:
        return Licence(
            {"license": "other", "license_name": "research-and-demonstration", "license_link": LICENCE_NAME},
            "For research and demonstration, since some of the training sets allow no more "
            f"([licence]({LICENCE_NAME})).",
            LICENCE_TEXT.read_text(encoding="utf-8"),
        )
    if chosen:
        return Licence({"license": chosen}, f"The weights are under the licence `{chosen}`.")
    return Licence({}, "Whoever trained these weights hasn't said under which licence they are.")


def stages_sets(config: ModelConfig) -> list[str]:
    """The sets that had a part in weights, in any stage of their training, the last stage's first."""
    stages = [config.training, *reversed(config.training.get("earlier", []))]
    return list(dict.fromkeys(name for stage in stages for name in stage.get("sources", {})))


@cache
def training_sets() -> dict[str, dict[str, Any]]:
    """What is known of the sets that weights may have been trained on, by folder name."""
    return json.loads(Path(__file__).with_name("training-sets.json").read_text(encoding="utf-8"))
