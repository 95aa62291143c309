"""Errors for people: every message is one plain sentence that says what is wrong and what to do next."""


class HumanSegError(Exception):
    """Whatever goes wrong in a way that the person at the keyboard can mend; the message says how."""


class ImageError(HumanSegError):
    """A picture that can't be read or is refused."""


class DataError(HumanSegError):
    """A data set with an orphan, an unreadable or a wrongly shaped pair, or with nothing in it."""


class WeightsError(HumanSegError):
    """Weights that can't be found, or that aren't what they say they are."""


class DownloadError(HumanSegError):
    """Something that had to come over the network and didn't arrive whole."""


class EngineError(HumanSegError):
    """A runtime that was asked for and can't be used on this machine."""


class TrainingError(HumanSegError):
    """A training run that can't start or go on."""
