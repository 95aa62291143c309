"""What the weights' alphas mean: thresholds that fit one network and no other, so they are stored beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any

from humanseg.errors import WeightsError

COEFFICIENTS = 5  # a bias, and one for each of `humanseg.confidence.FEATURES`


def is_number(value: Any, low: float, high: float) -> bool:
    """Whether a value from JSON is a finite number within these bounds; true and false aren't."""
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and low <= value <= high
    )


def _within(default: float, low: float, high: float) -> Any:
    return field(default=default, metadata={"bounds": (low, high)})


@dataclass(frozen=True)
class Calibration:
    """How far the network's alphas can be trusted. The defaults are those of the weights that ship.

    They were chosen on the validation photos: those of confidence on people against `no-people`, the rest by the IoU.
    Weights whose alphas are higher or lower on the whole need other values.

    Attributes
    ----------
    surest_share : share of a person's, or of a connected part's, surest pixels, whose alpha counts as its confidence:
        the network is sure of some part of a real person. Above 0, up to 1
    least_confidence : of the whole photo, below which nobody is there, 0 to 1
    least_evidence : of the whole photo (`humanseg.confidence.evidence`), up to which nobody is there either, 0 to 1
    least_part_confidence : of a connected part once somebody is there, below which the part is left out, 0 to 1
    small_part_share : share of the pixels inside its rim of which a small part has to be that sure, 0 to 1
    haze : alpha from which haze can be seen over a new background; such parts are judged too, 0 to 1
    outline : how far from the 0.5 contour a photo's alpha may be other than 0 or 1, as a share of the diagonal; above
        0, up to 1
    certain : alphas this close to 0 or 1 become 0 or 1, and those between are stretched, 0 to 0.49
    trust_more, trust_less : weight of the second pass against the first where it gives more alpha, and where it gives
        less, since a crop lacks the surroundings that tell an arm at its edge from the background; 0 to 1
    usual_inscribed_radius : radius of the largest circle in a person, by the long side of the box around the person, at
        which the second pass keeps the first one's scale; slimmer figures are shown larger. Above 0, up to 1
    expected_iou : of the logistic regression that expects a cut-out's IoU (`humanseg.confidence`): the bias, then a
        coefficient for each feature, -1000 to 1000 each. Without them (the default) there is no such regression
    """

    surest_share: float = _within(0.1, 1e-3, 1)
    least_confidence: float = _within(0.975, 0, 1)
    least_evidence: float = _within(0, 0, 1)
    least_part_confidence: float = _within(0.9, 0, 1)
    small_part_share: float = _within(7 / 8, 0, 1)
    haze: float = _within(0.1, 0, 1)
    outline: float = _within(0.005, 1e-4, 1)
    certain: float = _within(0.01, 0, 0.49)
    trust_more: float = _within(0.5, 0, 1)
    trust_less: float = _within(0.4, 0, 1)
    usual_inscribed_radius: float = _within(0.15, 1e-3, 1)
    expected_iou: tuple[float, ...] = ()

    @classmethod
    def from_json(cls, content: Any) -> Calibration:
        """From the configuration's JSON: missing values have their defaults, unknown ones are ignored.

        Raises
        ------
        WeightsError : a value isn't a number within its bounds
        """
        if not isinstance(content, dict):
            raise WeightsError("The weights' calibration isn't a table of numbers: fetch the weights again.")
        values = {}
        for known in fields(cls):
            if known.name not in content:
                continue
            value = content[known.name]
            if known.name == "expected_iou":
                value, expected = _coefficients(value), f"{COEFFICIENTS} numbers from -1000 to 1000, or none,"
            else:
                low, high = known.metadata["bounds"]
                value, expected = value if is_number(value, low, high) else None, f"a number from {low:g} to {high:g}"
            if value is None:
                raise WeightsError(
                    f"The weights' calibration has {known.name} {content[known.name]!r:.60}, where {expected} should "
                    "be: fetch the weights again."
                )
            values[known.name] = value
        return cls(**values)


def _coefficients(value: Any) -> tuple[float, ...] | None:
    """Those of `expected_iou` from JSON; None where they can't be meant."""
    if not isinstance(value, list | tuple) or len(value) not in (0, COEFFICIENTS):
        return None
    return tuple(value) if all(is_number(one, -1000, 1000) for one in value) else None
