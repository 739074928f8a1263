"""The version of spanner."""

VERSION = "0.1.0"
