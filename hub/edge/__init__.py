"""What every request passes through before it reaches a page or the API: the outermost layers, in order."""
