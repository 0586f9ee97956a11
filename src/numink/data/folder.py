"""A folder with one sub-folder of images for each digit: 0 to 9, or zero to nine. One called no-digit shows none.

A folder train/ and a folder test/ so divided give both parts. What is an image is found out by looking
inside; other files are passed over. The order is that of the digits, then of the file names.
"""

from pathlib import Path

import numpy as np

from numink.data.digits import NO_DIGIT, SIDE_PX, Bytes, Part
from numink.data.labels import digit_from_text
from numink.data.picture import read_grey
from numink.errors import DataError

_TRAIN_NAMES = ("train", "training")
_TEST_NAMES = ("test", "testing")
NO_DIGIT_NAME = "no-digit"
"""The sub-folder of images that show no digit, from which a network learns not to take such shapes for one."""
_IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"}


def is_divided(path: Path) -> bool:
    """Whether `path` has sub-folders for digits, or a training folder that has them."""
    train = _sub_folder(path, _TRAIN_NAMES)
    return bool(_class_folders(path)) or (train is not None and bool(_class_folders(train)))


def read(path: Path) -> tuple[Part, Part | None]:
    """Read the training part and, where there is one, the test part of a folder that `is_divided`.

    Images are 28 x 28; colour becomes grey, and what is transparent becomes white. Digits may be absent.
    Raises DataError, which names the file, for an image of another size or one that is damaged.
    """
    if _class_folders(path):
        return _read_classes(path), None
    train, test = _sub_folder(path, _TRAIN_NAMES), _sub_folder(path, _TEST_NAMES)
    return _read_classes(train or path), _read_classes(test) if test is not None else None


def has_images(path: Path) -> bool:
    """Whether image files lie in `path` itself."""
    return any(file.suffix.lower() in _IMAGE_SUFFIXES for file in path.iterdir())


def read_flat(path: Path) -> Part:
    """Read the images that lie in `path` itself, in the order of their names, without labels. Raises as `read`."""
    images = [image for file in sorted(path.iterdir()) if (image := read_image(file)) is not None]
    return Part(np.stack(images))


def _sub_folder(path: Path, names: tuple[str, ...]) -> Path | None:
    return next((sub for sub in sorted(path.iterdir()) if sub.is_dir() and sub.name.lower() in names), None)


def _class_folders(path: Path) -> list[tuple[int, Path]]:
    folders = ((_label(sub.name), sub) for sub in path.iterdir() if sub.is_dir())
    return sorted((label, sub) for label, sub in folders if label is not None)


def _label(name: str) -> int | None:
    return NO_DIGIT if name.lower() == NO_DIGIT_NAME else digit_from_text(name)


def _read_classes(path: Path) -> Part:
    images: list[Bytes] = []
    labels: list[int] = []
    for digit, folder in _class_folders(path):
        for file in sorted(folder.iterdir()):
            image = read_image(file)
            if image is not None:
                images.append(image)
                labels.append(digit)
    if not images:
        raise DataError(f"{path}: expected images in sub-folders named 0 to 9, or zero to nine; came none")
    return Part(np.stack(images), np.array(labels, np.uint8))


def read_image(path: Path) -> Bytes | None:
    """The pixels, uint8 (28, 28), or None where `path` is no image."""
    if path.name.startswith(".") or not path.is_file():
        return None

    def allow(width_px: int, height_px: int) -> None:
        if (width_px, height_px) != (SIDE_PX, SIDE_PX):
            raise DataError(
                f"{path}: expected an image of 28 x 28, came {width_px} x {height_px}; "
                "numink explain MODEL PICTURE reads one picture of any size"
            )

    image = read_grey(path, allow)
    if image is None and path.suffix.lower() in _IMAGE_SUFFIXES:
        raise DataError(f"{path} is named like an image and is none; copy it again or remove it")
    return image
