"""Digits that anything learns within a second: ten patterns of blocks, each image one of them under noise."""

import gzip
import struct
from pathlib import Path

import numpy as np

TRAIN, TEST = 600, 100


def images_and_labels(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """uint8 (count, 28, 28) and uint8 (count,), the ten patterns in turn."""
    patterns = 200.0 * (np.random.default_rng(0).random((10, 7, 7)) < 0.4).repeat(4, axis=1).repeat(4, axis=2)
    labels = np.resize(np.arange(10, dtype=np.uint8), count)
    noise = np.random.default_rng([1, seed]).normal(0, 60, (count, 28, 28))
    return (patterns[labels] + noise).clip(0, 255).astype(np.uint8), labels


def write_idx(folder: Path, seed: int = 0) -> Path:
    """MNIST's four files, gzipped, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, count, part in (("train", TRAIN, 2 * seed), ("t10k", TEST, 2 * seed + 1)):
        for what, array in zip(("images-idx3", "labels-idx1"), images_and_labels(count, part), strict=True):
            head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
            (folder / f"{name}-{what}-ubyte.gz").write_bytes(gzip.compress(head + array.tobytes(), mtime=0))
    return folder


def write_csv(path: Path, images: np.ndarray, labels: np.ndarray | None = None) -> Path:
    """A table as Kaggle writes it: train.csv with labels, test.csv without."""
    names = [f"pixel{number}" for number in range(784)]
    rows = images.reshape(len(images), 784)
    if labels is not None:
        names, rows = ["label", *names], np.column_stack([labels, rows])
    path.write_text("\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path
