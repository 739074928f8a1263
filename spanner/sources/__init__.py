"""What to archive: walks the sources and returns what lies there, without reading file contents."""

from spanner.model.tree import Directory, File, SourceRoot, Symlink, Tree
from spanner.sources.walk import walk

__all__ = ["Directory", "File", "SourceRoot", "Symlink", "Tree", "walk"]
