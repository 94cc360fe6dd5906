"""A draft is played through for every customer before it is published: what each would gain, lose, pay, be told."""
