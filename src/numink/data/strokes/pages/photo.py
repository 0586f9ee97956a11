"""A photograph or a scan of a sheet: what the table, the light, the lens, the sensor and the file do to it."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from numink.data.strokes.pages.fields import Field, enlarged, smooth_noise
from numink.data.strokes.pages.view import View
from numink.data.strokes.pages.wanted import one_line, require_number
from numink.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

_LIGHT_CELL_PX = 8
"""Light is worked out at an eighth of the picture's resolution: its edges are no sharper than that."""
_DIMMEST = 0.4
"""The least mean of the light: cameras look longer where there is little."""

TABLES = {
    "oak": (176, 128, 82),
    "walnut": (92, 66, 50),
    "white": (222, 220, 214),
    "grey": (120, 122, 126),
    "black": (38, 38, 42),
    "cloth": (70, 96, 128),
}

_RANGES = {
    "lean_degrees": (-45, 45),
    "pan_degrees": (-45, 45),
    "turn_degrees": (-45, 45),
    "dimness": (0, 1 - _DIMMEST),
    "unevenness": (0, 1),
    "vignette": (0, 1),
    "shadow": (0, 0.9),  # it may fall on all of the picture
    "tint": (0, 1),
    "blur_px": (0, 20),
    "sharpening": (0, 5),
    "noise": (0, 100),
    "jpeg_quality": (1, 95),
}


@dataclass(frozen=True)
class Photo:
    """How a sheet is photographed or scanned. Each is the strength of one disturbance, and as it stands there is none.

    lean_degrees, pan_degrees: the camera looks from below or above, from the left or right.
    turn_degrees: the sheet lies askew.
    table: the whole sheet is seen, with the table around it.
    dimness: the light that is missing everywhere, 0 to 0.6.
    unevenness, vignette, shadow: the light that is missing at the darkest place because of each, 0 to 1; shadow to 0.9.
    tint: how far the three colours of the light lie apart, 0 to 1.
    blur_px: the deviation of the lens's blur, in pixels.
    sharpening: the camera's own, which leaves bright rims around ink; 1 doubles the contrast of edges.
    noise: the deviation of the sensor's noise, in levels of 0 to 255.
    jpeg_quality: 1 to 95, or None for no compression.
    """

    lean_degrees: float = 0.0
    pan_degrees: float = 0.0
    turn_degrees: float = 0.0
    table: bool = False
    dimness: float = 0.0
    unevenness: float = 0.0
    vignette: float = 0.0
    shadow: float = 0.0
    tint: float = 0.0
    blur_px: float = 0.0
    sharpening: float = 0.0
    noise: float = 0.0
    jpeg_quality: int | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            strength, whole = getattr(self, name), name == "jpeg_quality"
            if not (whole and strength is None):
                require_number(f"{name} of a photo", strength, low, high, whole)
        if not isinstance(self.table, bool | np.bool_):
            raise DataError(f"expected table of a photo as True or False, came {one_line(self.table)}")

    @classmethod
    def draw(cls, rng: np.random.Generator, roughness: float) -> "Photo":
        """A photograph at random: roughness 0 is a good scan, 0.5 a usual telephone's picture, 1 a bad one."""
        require_number("roughness of a photo", roughness, 0, 1)
        rough = float(roughness)
        lean, pan, turn = np.clip(rng.standard_normal(3), -2, 2).tolist()
        return cls(
            lean_degrees=10 * rough * lean,
            pan_degrees=7 * rough * pan,
            turn_degrees=(0.3 + 3.5 * rough) * turn,
            table=bool(rng.random() < 0.4 * rough),
            dimness=rough * rng.uniform(0, 0.45),
            unevenness=rough * rng.uniform(0, 0.5),
            vignette=rough * max(0.0, rng.uniform(-0.3, 0.5)),
            shadow=min(1.0, 2 * rough) * max(0.0, rng.uniform(-0.5, 0.5)),
            tint=rough * rng.uniform(0, 0.25),
            blur_px=rng.uniform(0.2, 0.5 + 0.8 * rough),
            sharpening=rough * max(0.0, rng.uniform(-1, 1.5)),
            noise=rng.uniform(0.3, 1.5 + 4.5 * rough),
            jpeg_quality=int(rng.integers(round(85 - 50 * rough), 96)),
        )

    def take(self, rng: np.random.Generator, sheet: NDArray[np.uint8], view: View) -> NDArray[np.uint8]:
        """The picture of a sheet, uint8 (h, w, 3), that lies as `view` says: uint8 (height, width, 3)."""
        from PIL import Image

        seen = view.look_at(Image.fromarray(sheet))
        if self.table:
            seen = on_table(rng, seen, view)
        seen = blurred(seen, self.blur_px)
        light = self._light(rng, view.height_px, view.width_px)
        seen = Image.fromarray(exposed(rng, np.asarray(seen), light, self.noise))
        return np.array(compressed(sharpened(seen, self.sharpening), self.jpeg_quality))

    def _light(self, rng: np.random.Generator, height_px: int, width_px: int) -> Field:
        """How much light falls where, at low resolution: float32 (3, rows, columns), 0 to 1 and a little above."""
        rows, columns = (max(4, -(-side // _LIGHT_CELL_PX)) for side in (height_px, width_px))
        shared = np.full((rows, columns), 1 - self.dimness, np.float32)
        for lit in (
            sloping_light(rng, rows, columns, self.unevenness),
            vignetted_light(rows, columns, self.vignette),
            shadowed_light(rng, rows, columns, self.shadow),
        ):
            shared *= lit
        shared *= max(1.0, _DIMMEST / float(shared.mean()))
        return shared * tinted_light(rng, rows, columns, self.tint)


def sloping_light(rng: np.random.Generator, rows: int, columns: int, strength: float) -> Field:
    """A lamp or a window at one side: light (rows, columns) that slopes down to 1 - strength, with soft clouds."""
    y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * x + np.sin(angle) * y + 0.3 * smooth_noise(rng, rows, columns, max(rows, columns) / 3)
    slope -= slope.min()
    return np.asarray(1 - strength * slope / slope.max(), np.float32)


def vignetted_light(rows: int, columns: int, strength: float) -> Field:
    """The lens's dark corners: light (rows, columns), 1 in the middle and 1 - strength in the corners."""
    y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    return np.asarray(1 - strength * ((x**2 + y**2) / 2) ** 1.5, np.float32)


def shadowed_light(rng: np.random.Generator, rows: int, columns: int, strength: float) -> Field:
    """The shadow of a hand or a telephone, from one edge: light (rows, columns), 1 - strength at its darkest."""
    from PIL import Image, ImageDraw, ImageFilter

    angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(-0.4, 0.6)
    ahead, aside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    bends = np.linspace(-3, 3, 13)
    edge = reach + np.cumsum(rng.normal(0, 0.12, 13))  # of a body, no straight line
    outline = [*(ahead * edge[:, None] + aside * bends[:, None]), *(ahead * 4 + aside * end for end in (4, -4))]
    middle = np.array([columns, rows]) / 2
    mask = Image.new("L", (columns, rows))
    ImageDraw.Draw(mask).polygon([tuple(middle + point * max(middle)) for point in outline], fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(rng.uniform(0.01, 0.08) * max(rows, columns)))
    return 1 - np.float32(strength / 255) * np.asarray(mask, np.float32)


def tinted_light(rng: np.random.Generator, rows: int, columns: int, strength: float) -> Field:
    """Light of a colour that changes a little from side to side: float32 (3, rows, columns), its mean 1."""
    warm = rng.uniform(-0.5, 0.5) * np.array([1, 0, -1]) + rng.uniform(-0.25, 0.25) * np.array([-0.5, 1, -0.5])
    drift = 1 + 0.5 * smooth_noise(rng, rows, columns, max(rows, columns) / 2)
    return (1 + strength * warm[:, None, None] * drift).astype(np.float32)


def on_table(rng: np.random.Generator, seen: "Image.Image", view: View) -> "Image.Image":
    """The sheet that is seen, put before a table with a grain, on which it throws a narrow shadow."""
    from PIL import Image, ImageChops, ImageFilter

    width_px, height_px = seen.size
    sheet = view.look_at(Image.new("L", (view.sheet_width_px, view.sheet_height_px), 255))
    colour = np.array(list(TABLES.values())[rng.integers(len(TABLES))], np.float32) * rng.uniform(0.85, 1.1)
    grain = 1 + rng.uniform(0.02, 0.1) * smooth_noise(rng, height_px, width_px, 3, long=rng.choice([1, 30]))
    table = np.clip(grain[..., None] * colour, 0, 255).astype(np.uint8)
    near_px = max(1.0, 0.008 * max(seen.size))
    below = ImageChops.offset(sheet, *(round(offset) for offset in rng.uniform(-near_px, near_px, 2)))
    shade = below.filter(ImageFilter.GaussianBlur(near_px)).point(lambda level: 255 - 0.5 * level)
    shaded = ImageChops.multiply(Image.fromarray(table), Image.merge("RGB", [shade] * 3))
    return Image.composite(seen, shaded, sheet)


def blurred(seen: "Image.Image", deviation_px: float) -> "Image.Image":
    """The picture out of focus by a Gaussian of this deviation."""
    from PIL import ImageFilter

    return seen.filter(ImageFilter.GaussianBlur(float(deviation_px))) if deviation_px else seen


def exposed(rng: np.random.Generator, seen: NDArray[np.uint8], light: Field, noise: float) -> NDArray[np.uint8]:
    """Light and the sensor's noise: uint8 (height, width, 3) times `light` (3, rows, columns) at any resolution.

    Of the noise one part is alike in all colours and one, in blotches, is each colour's own, as telephones leave it.
    """
    height_px, width_px, _ = seen.shape
    picture = np.empty_like(seen)
    grain = np.float32(noise) * rng.standard_normal((height_px, width_px), np.float32)
    for band in range(3):
        exposure = seen[..., band] * enlarged(light[band], height_px, width_px)
        exposure += grain
        exposure += np.float32(0.5 * noise) * smooth_noise(rng, height_px, width_px, 3)
        picture[..., band] = np.clip(exposure, 0, 255, out=exposure)
    return picture


def sharpened(seen: "Image.Image", strength: float) -> "Image.Image":
    """What cameras do to hide the blur: edges overdone, with bright rims around dark ink."""
    from PIL import ImageFilter

    return seen.filter(ImageFilter.UnsharpMask(1.5, round(100 * strength), 0)) if strength else seen


def compressed(seen: "Image.Image", quality: int | None) -> "Image.Image":
    """The picture as a JPEG of this quality (1 to 95) gives it back."""
    from PIL import Image

    if quality is None:
        return seen
    file = io.BytesIO()
    seen.save(file, "jpeg", quality=int(quality))
    return Image.open(file)
