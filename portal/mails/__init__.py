"""The notices on their way: what each kind says, to whom, whether it is still true, and the sending itself."""
