"""A plan's discs into a folder, or discs and copies over drives, read back and recorded."""
