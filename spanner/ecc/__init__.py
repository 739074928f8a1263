"""Error correction inside an image: RS03 as dvdisaster adds it, checked and used for repair."""
