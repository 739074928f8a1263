"""From discs to verified files: what is to be restored, which discs it takes, how it is written."""
