"""Where the people of a photo were put by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from humanseg.errors import HumanSegError
from humanseg.placing import LARGEST, SMALLEST
from humanseg.ui.text import BAD_REQUEST

FARTHEST = 100.0  # sides of the picture; what is dragged further comes back into it anyway


@dataclass(frozen=True)
class Placed:
    """Scale and shift of people in a picture, see `Placement`."""

    scale: float = 1.0
    right: float = 0.0
    down: float = 0.0

    @classmethod
    def read(cls, value: Any) -> Placed:
        """What a page sent: a dictionary with the three numbers.

        Raises
        ------
        HumanSegError : it's none
        """
        try:
            scale, right, down = (float(value[name]) for name in ("scale", "right", "down"))
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            raise HumanSegError(BAD_REQUEST) from error
        if not all(map(math.isfinite, (scale, right, down))):
            raise HumanSegError(BAD_REQUEST)
        scale = min(LARGEST, max(SMALLEST, scale))
        return cls(scale, *(min(FARTHEST, max(-FARTHEST, shift)) for shift in (right, down)))
