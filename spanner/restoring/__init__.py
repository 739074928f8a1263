"""From discs to files: reads images and folders, writes verified files."""
