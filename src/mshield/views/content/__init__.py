"""Content read strictly, as a tree that views look into: XML and JSON."""
