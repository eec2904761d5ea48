"""The side-by-side benchmark: data of a given scale, four documents, contenders on loopback."""
