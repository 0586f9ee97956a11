"""Self-contained HTML pages: one look, for a run's report and for all that explains.

A page asks nothing of any network: styles, figures (SVG) and pictures (PNG) are inside it, and its content
security policy forbids the rest. It follows the reader's light or dark setting, and fits a telephone. A template
extends page.html.jinja and fills its blocks title, kind, nav (items of a list) and main (sections), and style where it
needs more than page.css.
"""

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from numink.evaluate.look import svg

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.figure import Figure


def page(template: str, room: str = "evaluate", **values: Any) -> str:
    """The HTML text of a template in a package of numink, such as "understand.tune".

    All values are escaped, but for those that `figure` made.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(f"numink.{name}", ".") for name in dict.fromkeys((room, "evaluate"))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, sure=sure, listed=listed, digit=digit_word)
    return environment.get_template(template).render(**values)


def figure(made: "Figure", name: str, description: str) -> "Markup":
    """A figure of matplotlib's for a page. `name` differs from those of others there; `description` is read aloud."""
    from markupsafe import Markup

    return Markup(svg(made, name, description))


def picture(image: NDArray[np.uint8]) -> str:
    """An image, uint8 (height, width) or with 3 or 4 channels behind, as the address that an <img> takes."""
    from PIL import Image

    file = BytesIO()
    Image.fromarray(image).save(file, format="png")
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()


def percent(share: float, decimals: int = 2) -> str:
    """A share as a person reads it.

    >>> percent(0.9841)
    '98.41\xa0%'
    """
    return f"{share:.{decimals}%}".replace("%", "\xa0%")


def sure(probability: float) -> str:
    """A probability in percent that never claims certainty.

    >>> sure(0.99996), sure(0.731), sure(0.00002)
    ('>\xa099.9\xa0%', '73.1\xa0%', '<\xa00.1\xa0%')
    """
    if probability > 0.999:
        return ">\xa099.9\xa0%"
    return "<\xa00.1\xa0%" if probability < 0.001 else percent(probability, 1)


def digit_word(digit: int) -> str:
    """The digit with its article.

    >>> digit_word(8), digit_word(7)
    ('an 8', 'a 7')
    """
    return f"{'an' if digit == 8 else 'a'} {digit}"


def listed(words: Sequence[str]) -> str:
    """The words as one enumeration.

    >>> listed(["this", "that", "more"])
    'this, that and more'
    """
    return " and ".join([*filter(None, [", ".join(words[:-1])]), *words[-1:]])


def counted(number: int, what: str) -> str:
    """How many there are of something that takes an s.

    >>> counted(1, "error"), counted(2300, "image")
    ('1 error', '2,300 images')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"
