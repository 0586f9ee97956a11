"""MNIST's four files from the network: several mirrors, checked by SHA-256, resumed where a transfer broke off."""

import hashlib
import http.client
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from numink.errors import DownloadError

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are there and the bytes that it will have."""

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)

