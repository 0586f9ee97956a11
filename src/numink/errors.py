"""What can go wrong, and whose turn it is to mend it.

NuminkError             anything that the user can mend; its text is one line: what was expected, what came,
│                       what to do. The commands print that line and end with exit status 2.
├── DataError           a file or a folder of digits that cannot be used as it is
│   └── DownloadError   a data set that could not be fetched
├── RecipeError         a recipe with an unknown key, an impossible value or layers that do not fit together
├── ModelError          a model file that is truncated, foreign, newer or hostile; images it cannot take
├── RunError            a run's folder that cannot be written, resumed or understood
└── TrainingError       training that cannot go on, such as a loss that is no longer finite

Anything else that is raised is a fault of numink's own (exit status 1).
"""


class NuminkError(Exception):
    """The parent of all errors that a user of numink can mend."""

    def __str__(self) -> str:
        # Names of files and keys, which are part of many texts, may hold anything at all.
        return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in super().__str__())


class DataError(NuminkError):
    """A file or a folder of digits that cannot be used as it is."""


class DownloadError(DataError):
    """A data set that could not be fetched from any of its mirrors."""


class RecipeError(NuminkError):
    """A recipe with an unknown key, an impossible value or layers that do not fit together."""


class ModelError(NuminkError):
    """A model file that is truncated, foreign, newer or hostile, or images that a model cannot take."""


class RunError(NuminkError):
    """A run's folder that cannot be written, resumed or understood."""


class TrainingError(NuminkError):
    """Training that cannot go on."""
