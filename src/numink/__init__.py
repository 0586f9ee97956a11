"""numink: handwritten digits, recognised by neural networks written from scratch in NumPy."""

__version__ = "0.1.0"
