"""From names to pictures: files, folders and PDFs, page by page, upright, none larger than it need be.

Nothing here raises on a file that is missing, damaged, foreign or far too large: it becomes a Failure, one line, and
the next file's turn comes. What a picture needs is known from its header before anything is decoded.
"""

import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from numink.data.picture import NoPictureError, NotReadableError
from numink.reader import frames, pdf
from numink.reader.pictures import Failure, Limits, Picture

IMAGE_SUFFIXES = (".avif", ".bmp", ".gif", ".heic", ".heif", ".hif", ".jpe", ".jpeg", ".jpg", ".png", ".webp")
SUFFIXES = {*IMAGE_SUFFIXES, ".pbm", ".pdf", ".pgm", ".pnm", ".ppm", ".tif", ".tiff"}
"""What is named so is a picture, or fails; other files of a folder are pictures where they begin like one."""
_BEGINNINGS = re.compile(
    rb"\xff\xd8\xff|\x89PNG|GIF8[79]a|II\*\0|MM\0\*|RIFF....WEBP|....ftyp(hei|avi|mif)|%PDF-", re.S
)
KINDS = "JPEG, PNG, TIFF, WebP, GIF, BMP, PPM, HEIC, AVIF or PDF"


def find_files(places: Sequence[str | Path]) -> list[Path | Failure]:
    """The files that places name, in their order; those of a folder by name, page2 before page10.

    Of a folder only what looks like a picture or a PDF is taken, nothing hidden and nothing of its sub-folders. A place
    that is not there, or a folder without pictures, is a Failure.
    """
    found: list[Path | Failure] = []
    for place in map(Path, places):
        try:
            found += _in_folder(place) if stat.S_ISDIR(place.stat().st_mode) else [place]
        except (OSError, ValueError) as error:
            found.append(Failure(str(place), _why(place, error)))
    return found


def pictures(file: str | Path, limits: Limits | None = None, pages: range | None = None) -> Iterator[Picture | Failure]:
    """The pages of one file, or some of them, each decoded as it is asked for. Never raises, but for MemoryError."""
    limits = limits or Limits()
    try:
        kind = _kind(Path(file))
        yield from kind.pages(Path(file), limits, range(limits.pages + 1) if pages is None else pages)
    except (NotReadableError, OSError, ValueError) as error:
        yield Failure(str(file), _why(Path(file), error))


def count_pages(file: str | Path, limits: Limits | None = None) -> int:
    """How many pages `pictures` has of a file, for sharing them out: 1 where it is no picture. Never raises.

    One more than the limit stands for all pages beyond it, which are one Failure.
    """
    try:
        return int(_kind(Path(file)).count(Path(file), limits or Limits()))
    except (NotReadableError, OSError, ValueError):
        return 1


def _kind(path: Path) -> ModuleType:
    """Who reads a file."""
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
        raise NotReadableError("no regular file (a folder, a pipe or a device); name a picture or a PDF")
    head = _head(path)
    if not head:
        raise NotReadableError("an empty file; copy it again or remove it")
    return pdf if b"%PDF-" in head else frames


def _in_folder(folder: Path) -> list[Path | Failure]:
    inside = [path for path in folder.iterdir() if not path.name.startswith(".")]
    found = sorted((path for path in inside if _looks_like_picture(path)), key=_natural)
    if found:
        return list(found)
    deeper = "; name its sub-folders one by one" if any(path.is_dir() for path in inside) else ""
    return [Failure(str(folder), f"a folder without pictures{deeper}; expected {KINDS}")]


def _looks_like_picture(path: Path) -> bool:
    if path.is_dir():
        return False
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        return path.is_file() and bool(_BEGINNINGS.match(_head(path)))
    except OSError:
        return False


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1024)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Numbers in a name by their value: page2 before page10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name.lower())]


def _why(path: Path, error: Exception) -> str:
    if isinstance(error, NoPictureError):
        return f"no picture; expected {KINDS}"
    if isinstance(error, NotReadableError):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return "a link that leads nowhere; remove it" if path.is_symlink() else "no such file; look at its name"
    if isinstance(error, PermissionError):
        return "a file that may not be read; allow it (chmod +r)"
    reason = getattr(error, "strerror", None) or str(error)
    return f"a file that cannot be read: {' '.join(reason.split()).lower()}"
