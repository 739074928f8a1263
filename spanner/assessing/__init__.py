"""What the library's records mean: copies that count, what is complete, what may be deleted."""
