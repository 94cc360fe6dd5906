"""Others' software of the same kind, in an environment of its own, measured beside ours."""
