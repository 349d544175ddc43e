"""Data sets: the embedded digits, folders of images, preprocessing and loading."""
