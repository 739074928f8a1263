"""What several tests use: trees that break archivers, and how to compare them."""
