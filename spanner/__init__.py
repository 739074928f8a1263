"""spanner plans, writes, checks and restores sets of optical discs for finished audio sessions."""

__version__ = "0.1.0"
