"""The version of this package; apart, so that any layer may name it without importing the public names."""

__version__ = "0.1.0"
