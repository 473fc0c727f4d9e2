"""A Jupyter kernel for nnsh, the shell for neural networks."""

__version__ = "0.1.0"
