"""numink: handwritten digits, recognised by neural networks written from scratch in NumPy."""

from numink.blas import choose_kernels

choose_kernels()  # before NumPy is loaded

__version__ = "0.1.0"
